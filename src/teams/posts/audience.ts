/** Audiences: which card of a request stands where, for whom. The store keeps them as words beside each card. */
import { PersonId } from '../../domain/ids.ts';
import type { Request } from '../../domain/request/request.ts';
import { everybody, type Reader } from '../cards/views/reader.ts';
import type { CardKind } from '../cards/views/request-card.ts';

const copyPrefix = 'copy:';
const approverPrefix = 'approver:';

export const approverAudience = (id: PersonId): string => `${approverPrefix}${id}`;
export const copyAudience = (of: string, activityId: string): string => `${copyPrefix}${originalOf(of)}/${activityId}`;
export const isCopyAudience = (audience: string): boolean => audience.startsWith(copyPrefix);

/** What a copy is a copy of. */
const originalOf = (audience: string): string =>
  isCopyAudience(audience) ? (audience.slice(copyPrefix.length).split('/')[0] ?? '') : audience;

/** Null for what is no card of a request, such as the audit channel's. */
export function kindOf(audience: string): CardKind | null {
  const original = originalOf(audience);
  if (original === 'status') return 'status';
  if (original === 'operations') return 'short';
  return original === 'approval' || original.startsWith(approverPrefix) ? 'approval' : null;
}

/** The one approver in whose chat the card stands. */
export function approverIn(audience: string): PersonId | null {
  const original = originalOf(audience);
  if (!original.startsWith(approverPrefix)) return null;
  return PersonId.safeParse(original.slice(approverPrefix.length)).data ?? null;
}

/** A personal chat has one reader, so the card there is theirs from the start. */
export function readerIn(audience: string, { origin }: Request): Reader {
  const approver = approverIn(audience);
  if (approver !== null) return { kind: 'approver', id: approver };
  const asked = originalOf(audience) === 'status' && origin.conversationType === 'personal';
  return asked ? { kind: 'requester' } : everybody;
}
