/**
 * Usage check: finds the resource's use of its key in the vault's log, from the success until its deadline. The job
 * exists until the result is stored, so a restart or a missed deadline doesn't lose it.
 */

import type { Failure, Outcome } from '../domain/failure.ts';
import type { RequestId } from '../domain/ids.ts';
import type { Azure } from '../domain/ports/azure.ts';
import type { Requests } from '../domain/ports/store.ts';
import type { RescheduleAt } from '../domain/request/consequences.ts';
import { decide } from '../domain/request/decide.ts';
import type { Succeeded } from '../domain/request/request.ts';
import {
  evaluateUse,
  type UsageQuery,
  type UseAnswer,
  unreadableLog,
  type VaultLogRows,
} from '../domain/usage-check.ts';
import { workOf } from '../operations/registry.ts';

interface UsageCheckPorts {
  readonly requests: Requests;
  /** Null: no workspace is configured any more. */
  readonly azure: Pick<Azure, 'vaultLog'>;
  readonly pollMs: number;
  readonly now: () => Date;
}

/** Azure gave no usable response. The row is retried with increasing delays. */
class VaultLogUnreadable extends Error {
  override readonly name = 'VaultLogUnreadable';
  constructor({ doing }: Failure) {
    super(`${doing}: no answer that lasts`);
  }
}

/** After this many attempts, about three minutes besides the reads, the failure is the result. */
const maxAttempts = 9;

function usageQueryOf({ plan, outputs, use }: Succeeded): UsageQuery | null {
  const work = workOf(plan);
  const keyVersion = work.to.keyVersion ?? outputs.keyVersion ?? null;
  if (keyVersion === null || use === null) return null;
  const { resource, vault } = work.observed;
  return {
    principalId: outputs.principalId ?? resource.principalId,
    resourceId: resource.id,
    vaultUri: vault.uri,
    keyName: work.to.keyName,
    keyVersion,
    since: use.since,
  };
}

function answerOf(sought: UsageQuery, read: Outcome<VaultLogRows> | null): UseAnswer {
  if (read === null) return { outcome: 'unknown', why: { code: 'not-asked' } };
  return read.ok ? evaluateUse(sought, read.value) : unreadableLog(read.failure);
}

/** Runs the check once. Returns when to check again, or null when finished. Throws {@link VaultLogUnreadable}. */
export const openUsageCheck =
  ({ requests, azure: { vaultLog }, pollMs, now }: UsageCheckPorts) =>
  async (id: RequestId, run: number, tries: number): Promise<RescheduleAt | null> => {
    const request = await requests.load(id);
    if (request?.state !== 'succeeded' || request.runs !== run) return null;
    const { use } = request;
    const sought = usageQueryOf(request);
    if (use === null || use.judged !== null || sought === null) return null;
    const read = vaultLog === null ? null : await vaultLog.read(request.plan.observation.vault, sought);
    const answer = answerOf(sought, read);
    if (answer.outcome !== 'used') {
      if (now().toISOString() < use.until) return { afterMs: pollMs, noLaterThan: use.until };
      if (read?.ok === false && read.failure.next === 'wait' && tries < maxAttempts)
        throw new VaultLogUnreadable(read.failure);
    }
    await requests.append(id, `use:${run}`, (current, at) => decide(current, { do: 'judge-use', run, answer }, at));
    return null;
  };
