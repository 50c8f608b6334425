/** Checks whether the old version can be disabled. */
import { type Check, judge } from '../../domain/check.ts';
import { dayOfOldUseMs, type Retirement } from '../../domain/observed.ts';
import type { CheckContext } from '../checks.ts';

type Context = Pick<CheckContext, 'now' | 'own'>;

const ageOf = (time: string, now: Date): number => now.getTime() - Date.parse(time);

/** What the log can't tell blocks: "not seen" must not be taken for "not used". */
function judgeLog({ log }: Retirement, now: Date): Check | null {
  if (log.outcome === 'not-readable') return judge('block', 'vault-log-needed', { why: log.outcome, told: log.code });
  if (log.outcome !== 'read') return judge('block', 'vault-log-needed', { why: log.outcome, told: null });
  if (ageOf(log.first, now) < dayOfOldUseMs)
    return judge('block', 'vault-log-needed', { why: 'too-short', told: log.first });
  return ageOf(log.last, now) < dayOfOldUseMs
    ? null
    : judge('block', 'vault-log-needed', { why: 'too-old', told: log.last });
}

function judgeNewVersion({ usedSince: since }: Retirement, now: Date): Check {
  if (since === null) return judge('block', 'new-version-used', { since, until: null });
  const until = new Date(Date.parse(since) + dayOfOldUseMs).toISOString();
  return judge(until <= now.toISOString() ? 'pass' : 'block', 'new-version-used', { since, until });
}

function judgeUse(retirement: Retirement, now: Date): readonly Check[] {
  const unreadable = judgeLog(retirement, now);
  if (unreadable !== null) return [unreadable];
  const { users, version, log } = retirement;
  const since = log.outcome === 'read' ? { since: log.first } : {};
  return [
    judgeNewVersion(retirement, now),
    judge(users.length === 0 ? 'pass' : 'block', 'old-version-used', { version, users, ...since }),
  ];
}

/** In a run, a version that is disabled already is what was asked for. */
export function judgeRetirement(retirement: Retirement | undefined, { now, own }: Context): readonly Check[] {
  if (retirement === undefined) return [];
  const { version, enabled, unread } = retirement;
  if (enabled === null) return [judge('block', 'old-version-unfit', { version, why: 'missing' })];
  if (!enabled && own === null) return [judge('block', 'old-version-unfit', { version, why: 'disabled' })];
  const isRead = unread.subscriptions + unread.types === 0;
  return [...judgeUse(retirement, now), ...(isRead ? [] : [judge('warn', 'declared-not-read', unread)])];
}
