/** The guard definitions and their assignments in one subscription, as an Azure Resource Manager template. */
import type { ArmId } from '../../domain/ids.ts';

export interface GuardParameters {
  readonly agents: readonly ArmId[];
  readonly vaults: readonly ArmId[];
  /** Addresses of all vaults that a key can lie in. */
  readonly vaultUris: readonly string[];
}

/** In a template, text in brackets is an expression unless it begins with two. */
const literal = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, one) => (typeof one === 'string' && one.startsWith('[') ? `[${one}` : one)));

/** Azure Policy compares whole texts, and clients write an address with and without the slash at its end. */
const bothForms = (uris: readonly string[]): readonly string[] =>
  uris.map((uri) => uri.replace(/\/$/, '')).flatMap((uri) => [uri, `${uri}/`]);

const effects = {
  stripping: "[parameters('effect')]",
  anotherKey: "[parameters('effect')]",
  deletion: "[if(equals(parameters('effect'), 'Deny'), 'DenyAction', 'Disabled')]",
};

const message = 'Changes of customer-managed keys go through the bot: type /enable-cmk or /rotate-cmk in its channel.';

export function guardTemplate({ agents, vaults, vaultUris }: GuardParameters): object {
  const values = {
    stripping: { agents: { value: agents } },
    anotherKey: { vaultUris: { value: bothForms(vaultUris) } },
    deletion: { resources: { value: [...agents, ...vaults] } },
  };
  const apiVersion = '2023-04-01';
  const idOf = (name: string) => `subscriptionResourceId('Microsoft.Authorization/policyDefinitions', '${name}')`;
  const resources = (['stripping', 'anotherKey', 'deletion'] as const).flatMap((kind) => {
    const { name, properties } = guardDefinitions[kind];
    const definition = { policyType: 'Custom', ...(literal(properties) as object) };
    const assignment = {
      displayName: properties.displayName,
      description: properties.description,
      policyDefinitionId: `[${idOf(name)}]`,
      parameters: { effect: { value: effects[kind] }, ...values[kind] },
      notScopes: "[parameters('excluded')]",
      nonComplianceMessages: [{ message }],
    };
    return [
      { type: 'Microsoft.Authorization/policyDefinitions', apiVersion, name, properties: definition },
      {
        type: 'Microsoft.Authorization/policyAssignments',
        apiVersion,
        name,
        dependsOn: [`[${idOf(name)}]`],
        properties: assignment,
      },
    ];
  });
  return {
    $schema: 'https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#',
    contentVersion: '1.0.0.0',
    parameters: {
      effect: { type: 'string', defaultValue: 'Audit', allowedValues: ['Audit', 'Deny'] },
      excluded: { type: 'array', defaultValue: [] },
    },
    resources,
  };
}

/** The Azure Policy definitions of `infra/guard`, which refuse changes of keys that go around the bot. */
import denyDelete from '../../../infra/guard/deny-delete.json' with { type: 'json' };
import denyForeignVault from '../../../infra/guard/deny-foreign-vault.json' with { type: 'json' };
import denyStrip from '../../../infra/guard/deny-strip.json' with { type: 'json' };

/** By what each refuses. `list`: the parameter with the resources it is for; null: for every agent. */
export const guardDefinitions = {
  stripping: { ...denyStrip, list: 'agents' },
  anotherKey: { ...denyForeignVault, list: null },
  deletion: { ...denyDelete, list: 'resources' },
} as const;
export type GuardDefinition = keyof typeof guardDefinitions;

export const guardNames: readonly string[] = Object.values(guardDefinitions).map(({ name }) => name);
