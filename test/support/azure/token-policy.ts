/** Azure policies as an administrator assigns them. */
import denyStrip from '../../../infra/guard/deny-strip.json' with { type: 'json' };
import { PolicyDefinition } from '../../../sandbox/azure/state/policies.ts';
import type { AzureState, Change } from './azure-state.ts';

const idOf = (scope: string, name: string): string =>
  `${scope}/providers/Microsoft.Authorization/policyDefinitions/${name}`;

type Assignment = AzureState['policyAssignments'][number];
const assign = (
  state: AzureState,
  own: Pick<Assignment, 'name' | 'scope' | 'policyDefinitionId' | 'displayName' | 'parameters'>,
): void => {
  const usual = { description: '', enforcementMode: 'Default' } as const;
  state.policyAssignments.push({ ...own, ...usual, notScopes: [], nonComplianceMessages: [] });
};

/** A definition of infra/guard, which usually only reports. */
export const guardPolicy =
  (scope: string, parameters: Assignment['parameters'] = { agents: { value: [] } }): Change =>
  (state) => {
    const { name, properties } = denyStrip;
    const policyDefinitionId = idOf(scope, name);
    state.policyDefinitions.push(PolicyDefinition.parse({ ...properties, id: policyDefinitionId }));
    const { displayName } = properties;
    assign(state, { name, scope, policyDefinitionId, displayName, parameters });
  };

/** External evaluation: writes of a type need a token. */

export const tokenPolicy =
  (
    scope: string,
    type: string,
    details: { readonly successProbability: 0 | 1; readonly changeReferenceRequired?: boolean },
    resultLifespan = 'PT1M',
  ): Change =>
  (state) => {
    const id = idOf(scope, 'reviewed-writes');
    const names = { displayName: 'Reviewed writes', description: '' };
    state.policyDefinitions.push({
      id,
      ...names,
      mode: 'Indexed',
      parameters: {},
      // biome-ignore lint/suspicious/noThenProperty: the language's own word
      policyRule: { if: { field: 'type', equals: type }, then: { effect: 'deny' } },
      externalEvaluationEnforcementSettings: {
        endpointSettings: { kind: 'CoinFlip', details: { changeReferenceRequired: false, ...details } },
        missingTokenAction: 'deny',
        resultLifespan,
      },
    });
    const { displayName } = names;
    assign(state, { name: 'reviewed-writes', scope, policyDefinitionId: id, displayName, parameters: {} });
  };
