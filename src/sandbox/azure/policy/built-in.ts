import type { PolicyDefinition } from '../state/schema-policy.ts';

const builtIn = (name: string, more: Omit<PolicyDefinition, 'id' | 'description'>): PolicyDefinition => ({
  id: `/providers/Microsoft.Authorization/policyDefinitions/${name}`,
  description: more.displayName,
  ...more,
});

const effect = (defaultValue: string) => ({ effect: { type: 'String', defaultValue } });

/** Some that every subscription has, by Microsoft's ids and rules (Azure/azure-policy; the locations' one is recalled). */
export const builtInDefinitions: readonly PolicyDefinition[] = [
  builtIn('4d080fa5-a6d2-4f98-ba9c-f482d0d335c0', {
    displayName: 'Azure Health Bots should use customer-managed keys to encrypt data at rest',
    mode: 'Indexed',
    parameters: effect('Audit'),
    policyRule: {
      if: {
        allOf: [
          { field: 'type', equals: 'Microsoft.HealthBot/healthBots' },
          { field: 'Microsoft.HealthBot/healthBots/keyVaultProperties.keyVaultUri', exists: false },
        ],
      },
      // biome-ignore lint/suspicious/noThenProperty: the language's own word
      then: { effect: "[parameters('effect')]" },
    },
  }),
  builtIn('e56962a6-4747-49cd-b67b-bf8b01975c4c', {
    displayName: 'Allowed locations',
    mode: 'Indexed',
    parameters: { listOfAllowedLocations: { type: 'Array' } },
    policyRule: {
      if: {
        allOf: [
          { field: 'location', notIn: "[parameters('listOfAllowedLocations')]" },
          { field: 'location', notEquals: 'global' },
        ],
      },
      // biome-ignore lint/suspicious/noThenProperty: the language's own word
      then: { effect: 'deny' },
    },
  }),
];
