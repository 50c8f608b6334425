/** When a run may begin at the earliest: chosen by whoever asks, and put off further by whoever approves. */
import { type Refusal, refuse } from './refusal.ts';
import type { Approval, Request } from './request.ts';

const dayMs = 86_400_000;

/** How far ahead a start may be chosen: what was approved longer ago than this, nobody has in mind any more. */
export const furthestStartMs = 14 * dayMs;

/** What is wrong with a chosen start; null where nothing is, or where none was chosen. `notBefore`: ISO 8601. */
export function startRefusal(notBefore: string | null, now: Date): Refusal | null {
  if (notBefore === null) return null;
  const aheadMs = Date.parse(notBefore) - now.getTime();
  if (aheadMs <= 0) return refuse('start-passed', notBefore);
  return aheadMs > furthestStartMs ? refuse('start-too-far', `${furthestStartMs / dayMs}`) : null;
}

/** As an event has it: only where one was chosen. */
export const startChosen = ({ notBefore }: { readonly notBefore: string | null }): { notBefore?: string } =>
  notBefore === null ? {} : { notBefore };

/** The later of two: nobody's choice can bring a start forward. */
export const later = (one: string | null, other: string | null): string | null =>
  one === null || (other !== null && other > one) ? other : one;

/** Whether it is too early to begin. */
export const isTooEarly = ({ notBefore }: { readonly notBefore: string | null }, now: Date): boolean =>
  notBefore !== null && now.toISOString() < notBefore;

/**
 * When an approval ends (milliseconds since 1970). A run, also one after Retry, begins on valid approvals only: the world and the
 * people have changed since. A run that has begun is carried to its end.
 */
export const approvalEnds = ({ at, validMs }: Approval, notBefore: string | null): number =>
  Date.parse(later(at, notBefore) ?? at) + validMs;

/** When a run that is ordered begins, while that is still to come; null: it is not put off. */
export const startsAt = ({ state, notBefore, changedAt }: Request): string | null =>
  state === 'approved' && notBefore !== null && notBefore > changedAt ? notBefore : null;
