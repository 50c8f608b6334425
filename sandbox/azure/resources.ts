/** All resources of the state, for what treats types alike: lists, Resource Graph, policies, records of changes. */
import { agentBody, identityBody } from './agents/agent-body.ts';
import { agentId, agentType, type InGroup, vaultId, vaultType } from './arm/ids.ts';
import { vaultBody } from './key-vault/vault-body.ts';
import type { OtherResource, SimulatorState } from './state/schema.ts';

export type Row = Readonly<Record<string, unknown>>;

export interface Resource extends InGroup {
  readonly id: string;
  /** As its provider spells it. */
  readonly type: string;
  readonly location: string;
  /** Made on demand: there can be thousands. */
  readonly body: () => Row;
  /** Another text whenever the body is another one. */
  readonly version: () => string;
}

/** The answer of Azure Resource Manager. */
export const otherBody = (state: SimulatorState, one: OtherResource) => {
  const { subscriptionId: _, resourceGroup: _group, identity, properties, ...more } = one;
  return {
    ...more,
    ...(identity == null ? {} : { identity: identityBody(state, identity) }),
    properties: { provisioningState: 'Succeeded', ...properties },
  };
};

/** `from`: the agents and vaults as of an earlier time. */
export const resourcesIn = (
  state: SimulatorState,
  from: Pick<SimulatorState, 'agents' | 'vaults'> = state,
): readonly Resource[] => [
  ...from.agents.map((agent) => {
    const { etag, provisioningState, lostKey, content } = agent;
    const version = () => [etag, provisioningState, lostKey?.message, content.identity?.principalId].join(' ');
    return { ...agent, id: agentId(agent), type: agentType, body: () => agentBody(state, agent), version };
  }),
  ...from.vaults.map((vault) => {
    const { keys: _, secrets: _secrets, ...own } = vault;
    const version = () => JSON.stringify(own);
    return { ...vault, id: vaultId(vault), type: vaultType, body: () => vaultBody(vault), version };
  }),
  ...state.otherResources.map((one) => {
    const more = { body: () => otherBody(state, one), version: () => JSON.stringify(one) };
    return { ...one, ...more };
  }),
];
