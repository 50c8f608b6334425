/** Earliest start of a run. The requester chooses it, and approvers can move it later. */
import { type Refusal, refuse } from './refusal.ts';
import type { Approval, Request } from './request.ts';

const dayMs = 86_400_000;

/** Latest selectable start, from now. */
export const maxStartAheadMs = 14 * dayMs;

/** Validates a chosen start, ISO 8601. Returns null if it's valid or if none was chosen. */
export function startRefusal(notBefore: string | null, now: Date): Refusal | null {
  if (notBefore === null) return null;
  const aheadMs = Date.parse(notBefore) - now.getTime();
  if (aheadMs <= 0) return refuse('start-passed', notBefore);
  return aheadMs > maxStartAheadMs ? refuse('start-too-far', `${maxStartAheadMs / dayMs}`) : null;
}

/** Returns the event field for a start, or no field for none. */
export const startField = ({ notBefore }: { readonly notBefore: string | null }): { notBefore?: string } =>
  notBefore === null ? {} : { notBefore };

/** Returns the later of two times. No choice can move a start earlier. */
export const later = (one: string | null, other: string | null): string | null =>
  one === null || (other !== null && other > one) ? other : one;

export const isTooEarly = ({ notBefore }: { readonly notBefore: string | null }, now: Date): boolean =>
  notBefore !== null && now.toISOString() < notBefore;

/** Longest time from a passed check to the first change, in which Azure, roles and approvals aren't read again. */
const maxCheckAgeMs = 5 * 60_000;

/** Returns whether a run that hasn't begun must be checked again: its process ended or waited after the check. */
export const isCheckOld = ({ state, checkedAt }: Request, now: Date): boolean =>
  state === 'approved' && checkedAt !== null && now.getTime() - Date.parse(checkedAt) > maxCheckAgeMs;

/**
 * Returns when an approval ends (milliseconds since 1970). Every run, also one after Retry, needs valid approvals when it
 * starts, because Azure and people change. A run that has started isn't interrupted.
 */
export const approvalEnds = ({ at, validMs }: Approval, notBefore: string | null): number =>
  Date.parse(later(at, notBefore) ?? at) + validMs;

/** Returns the start time of an ordered run that is scheduled for later; else null. */
export const startsAt = ({ state, notBefore, changedAt }: Request): string | null =>
  state === 'approved' && notBefore !== null && notBefore > changedAt ? notBefore : null;
