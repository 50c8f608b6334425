/** Requests in short. */

import { fold } from '../../../domain/request/evolve.ts';
import type { Request } from '../../../domain/request/request.ts';
import { workOf } from '../../../operations/registry.ts';
import { utcSecond } from '../../../text/instants.ts';
import type { RequestEvents } from '../../rpc/calls.ts';
import { textTable } from './table.ts';

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

const targetOf = (request: Request) => {
  const { vaultId, keyName, keyVersion } = workOf(request.plan).to;
  return { vaultId, keyName, keyVersion: keyVersion ?? request.outputs.keyVersion ?? null };
};

/** One request as `--json` tells of it in lists. Fields may be added, never renamed. */
export const summaryOf = (request: Request) => ({
  id: request.id,
  state: request.state,
  operation: request.plan.wish.operation,
  resource: request.plan.wish.resource,
  resourceName: request.resourceName,
  ...targetOf(request),
  requester: request.requester,
  submittedAt: request.submittedAt,
  changedAt: request.changedAt,
});

/** The list for people. `names` tells who a person is. */
export const requestTable = (requests: readonly Request[], names: (id: string) => string): string =>
  textTable([
    ['REQUEST', 'STATE', 'AGENT', 'KEY', 'VAULT', 'ASKED BY', 'ASKED (UTC)', 'CHANGED (UTC)'],
    ...requests.map((request) => [
      request.id,
      stateWords[request.state],
      request.resourceName,
      workOf(request.plan).to.keyName,
      request.plan.observation.vault.name,
      names(request.requester),
      utcSecond(request.submittedAt),
      utcSecond(request.changedAt),
    ]),
  ]);
