import { type LatencyName, reached } from './latency.ts';
import type { SimulatorState } from './schema.ts';

/** From now on Azure takes this long. With `instant` what is under way ends now too; an operation that never ends stays. */
export const changeLatency = (state: SimulatorState, latency: LatencyName, now: Date): void => {
  state.latency = latency;
  if (latency === 'instant') hurry(state, now);
};

const hurry = (state: SimulatorState, now: Date): void => {
  const atLast = (time: string): string => (reached(time, now) ? time : now.toISOString());
  for (const operation of state.operations) {
    if (operation.status === 'Working' && operation.dueAt !== null) operation.dueAt = atLast(operation.dueAt);
  }
  for (const principal of state.principals) principal.replicatedAt = atLast(principal.replicatedAt);
  for (const grant of [...state.roleAssignments, ...state.vaults.flatMap((vault) => vault.accessPolicies)]) {
    grant.effectiveAt = atLast(grant.effectiveAt);
  }
};
