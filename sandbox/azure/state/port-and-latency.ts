/** Changes of the whole state: another main port, another latency. */

import { vaultUri } from '../key-vault/vault-body.ts';
import { type LatencyName, reached } from '../latency.ts';
import type { SimulatorState } from './schema.ts';

/** Moves the state to a main port, as for a copied data folder. Vault n gets the port n above it, and agents follow. */
export const moveToPort = (state: SimulatorState, port: number): void => {
  const vaults = [...state.vaults, ...state.deletedVaults.map((one) => one.vault)];
  const moves = vaults.map((vault) => {
    const from = vaultUri(vault);
    vault.port = port + vault.n;
    return { from, to: vaultUri(vault) };
  });
  state.port = port;
  const contents = [...state.agents.map((one) => one.content), ...state.operations.map((one) => one.before)];
  for (const content of contents) {
    const key = content?.keyVaultProperties;
    const move = key && moves.find(({ from }) => sameUri(key.keyVaultUri, from));
    if (move) key.keyVaultUri = move.to;
  }
  // Each provider has a shape of its own.
  const moved = new Map(moves.map(({ from, to }) => [from.replace(/\/$/, ''), to.replace(/\/$/, '')]));
  const text = JSON.stringify(state.otherResources).replaceAll(
    /https:\/\/localhost:\d+/g,
    (uri) => moved.get(uri) ?? uri,
  );
  state.otherResources = JSON.parse(text);
};

const sameUri = (a: string, b: string): boolean => a.replace(/\/$/, '') === b.replace(/\/$/, '');

/** Sets the latency. With `instant`, running operations end now, except those that never end. */
export const changeLatency = (state: SimulatorState, latency: LatencyName, now: Date): void => {
  state.latency = latency;
  if (latency === 'instant') endPendingNow(state, now);
};

const endPendingNow = (state: SimulatorState, now: Date): void => {
  const atLast = (time: string): string => (reached(time, now) ? time : now.toISOString());
  for (const operation of state.operations) {
    if (operation.status === 'Working' && operation.dueAt !== null) operation.dueAt = atLast(operation.dueAt);
  }
  for (const principal of state.principals) principal.replicatedAt = atLast(principal.replicatedAt);
  for (const grant of [...state.roleAssignments, ...state.vaults.flatMap((vault) => vault.accessPolicies)]) {
    grant.effectiveAt = atLast(grant.effectiveAt);
  }
};
