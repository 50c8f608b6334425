/** Requests in short. */

import { fold } from '../../domain/request/evolve.ts';
import type { Request } from '../../domain/request/request.ts';
import type { RequestEvents } from '../../operator/rpc/calls.ts';
import { table, utc } from './table.ts';

export const stateWords: Record<Request['state'], string> = {
  'awaiting-approval': 'awaiting approval',
  approved: 'approved',
  running: 'running',
  'needs-attention': 'needs attention',
  succeeded: 'succeeded',
  failed: 'failed',
  rejected: 'rejected',
  cancelled: 'cancelled',
  expired: 'expired',
};

export function requestOf({ id, events }: RequestEvents): Request {
  const request = fold(id, events);
  if (request === null) throw new Error(`reading request ${id}: it has no events`);
  return request;
}

/** One request as `--json` tells of it in lists. Fields may be added, never renamed. */
export const summaryOf = (request: Request) => ({
  id: request.id,
  state: request.state,
  resourceId: request.plan.wish.resourceId,
  resourceName: request.resourceName,
  vaultId: request.plan.wish.vaultId,
  keyName: request.plan.wish.keyName,
  keyVersion: request.plan.wish.keyVersion ?? request.born.keyVersion ?? null,
  requester: request.requester,
  submittedAt: request.submittedAt,
  changedAt: request.changedAt,
});

/** The list for people. `names` tells who a person is. */
export const requestTable = (requests: readonly Request[], names: (id: string) => string): string =>
  table([
    ['REQUEST', 'STATE', 'AGENT', 'KEY', 'VAULT', 'ASKED BY', 'ASKED (UTC)', 'CHANGED (UTC)'],
    ...requests.map((request) => [
      request.id,
      stateWords[request.state],
      request.resourceName,
      request.plan.wish.keyName,
      request.plan.observation.vault.name,
      names(request.requester),
      utc(request.submittedAt),
      utc(request.changedAt),
    ]),
  ]);
