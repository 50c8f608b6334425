import { subscriptionScope } from '../arm/ids.ts';
import type { SimulatorState } from '../state/schema.ts';
import type { Circumstances, Scenario } from './scenario.ts';

const prefix = 'scenario-approved-keys';

/** Denies any key at all, in every subscription; with a reason of the administrators' own, or without. */
const denied = (name: string, reasons: readonly string[]): Circumstances => ({
  on: (state: SimulatorState) => {
    for (const scope of state.subscriptions.map(({ id }) => subscriptionScope(id))) {
      const id = `${scope}/providers/Microsoft.Authorization/policyDefinitions/${name}`;
      state.policyDefinitions.push({
        id,
        displayName: 'Keys of healthcare agents come from approved vaults',
        description: '',
        mode: 'Indexed',
        parameters: {},
        policyRule: {
          if: { field: 'Microsoft.HealthBot/healthBots/keyVaultProperties.keyVaultUri', exists: true },
          // biome-ignore lint/suspicious/noThenProperty: the language's own word
          then: { effect: 'deny' },
        },
      });
      state.policyAssignments.push({
        name,
        scope,
        displayName: 'Hospital key rules',
        description: '',
        policyDefinitionId: id,
        parameters: {},
        notScopes: [],
        enforcementMode: 'Default',
        nonComplianceMessages: reasons.map((message) => ({ message })),
      });
    }
  },
  off: (state: SimulatorState) => {
    state.policyDefinitions = state.policyDefinitions.filter(({ id }) => !id.endsWith(`/${name}`));
    state.policyAssignments = state.policyAssignments.filter((one) => one.name !== name);
  },
});

export const policies: readonly Scenario[] = [
  {
    name: 'policy-denies',
    title: 'A policy denies the key',
    does: 'A policy denies agents a key; the refusal names it in its message.',
    circumstances: denied(prefix, []),
  },
  {
    name: 'policy-denies-in-details',
    title: 'A policy denies, only details name it',
    does: 'A policy denies agents a key; only the details of the refusal name it.',
    circumstances: denied(`${prefix}-with-reason`, ['Ask the key office for an approved vault first.']),
  },
];
