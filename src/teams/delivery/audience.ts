/** Audiences: which card of a request stands where, for whom. The store keeps them as words beside each card. */
import { PersonId } from '../../domain/ids.ts';
import type { Request } from '../../domain/request/request.ts';
import { everybody, type Reader } from '../cards/views/reader.ts';
import type { CardKind } from '../cards/views/request-card.ts';

const copyPrefix = 'copy:';
/** A card that somebody opened from a list. It is a copy that was posted on purpose. */
const openedPrefix = 'opened:';
const approverPrefix = 'approver:';

export const approverAudience = (id: PersonId): string => `${approverPrefix}${id}`;
export const copyAudience = (of: string, activityId: string): string => `${copyPrefix}${originalOf(of)}/${activityId}`;
export const isOpenedAudience = (audience: string): boolean => audience.startsWith(openedPrefix);
export const isCopyAudience = (audience: string): boolean =>
  audience.startsWith(copyPrefix) || isOpenedAudience(audience);

/** What a copy is a copy of. */
function originalOf(audience: string): string {
  if (!isCopyAudience(audience)) return audience;
  const [, rest = ''] = /^[a-z]+:(.*)$/.exec(audience) ?? [];
  return rest.split('/')[0] ?? '';
}

/** Where a card is opened, and by whom: a personal chat has one reader, everywhere else others see it too. */
export function openedAudience(reader: Reader, { conversationType }: Request['origin'], activityId: string): string {
  const alone = conversationType === 'personal';
  const own = reader.kind === 'approver' ? approverAudience(reader.id) : 'requester';
  const shared = reader.kind === 'approver' ? 'approval' : 'status';
  return `${openedPrefix}${alone && reader.kind !== 'everybody' ? own : shared}/${activityId}`;
}

/** Null for what is no card of a request, such as the audit channel's. */
export function kindOf(audience: string): CardKind | null {
  const original = originalOf(audience);
  if (original === 'status' || original === 'requester') return 'status';
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
  const original = originalOf(audience);
  const asked =
    original === 'requester' ||
    (original === 'status' && !isOpenedAudience(audience) && origin.conversationType === 'personal');
  return asked ? { kind: 'requester' } : everybody;
}
