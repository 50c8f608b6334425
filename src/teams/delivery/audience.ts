/** Audiences: which card of a request is in which place, for whom. Stored as text with each card. */

import { PersonId } from '../../domain/ids.ts';
import type { Request } from '../../domain/request/request.ts';
import { everybody, isOperated, type Reader } from '../cards/views/reader.ts';
import type { CardKind } from '../cards/views/request-card.ts';

const copyPrefix = 'copy:';
/** A card that a person opened from a list: a copy on purpose. */
const openedPrefix = 'opened:';
const approverPrefix = 'approver:';
const operatorPrefix = 'operator:';

export const approverAudience = (id: PersonId): string => `${approverPrefix}${id}`;
export const copyAudience = (of: string, activityId: string): string => `${copyPrefix}${originalOf(of)}/${activityId}`;
export const isOpenedAudience = (audience: string): boolean => audience.startsWith(openedPrefix);
export const isCopyAudience = (audience: string): boolean =>
  audience.startsWith(copyPrefix) || isOpenedAudience(audience);

function originalOf(audience: string): string {
  if (!isCopyAudience(audience)) return audience;
  const [, rest = ''] = /^[a-z]+:(.*)$/.exec(audience) ?? [];
  return rest.split('/')[0] ?? '';
}

/** Returns the audience of an opened card. A personal chat has one reader, other places have several. */
export function openedAudience(reader: Reader, { conversationType }: Request['origin'], activityId: string): string {
  const alone = conversationType === 'personal';
  const own = 'id' in reader ? `${reader.kind}:${reader.id}` : 'requester';
  const shared = reader.kind === 'approver' ? 'approval' : 'status';
  return `${openedPrefix}${alone && reader.kind !== 'everybody' ? own : shared}/${activityId}`;
}

/** Returns null for a message that isn't a card of a request, such as those in the audit channel. */
export function kindOf(audience: string): CardKind | null {
  const original = originalOf(audience);
  if (original === 'status' || original === 'requester' || original.startsWith(operatorPrefix)) return 'status';
  if (original === 'operations') return 'short';
  return original === 'approval' || original.startsWith(approverPrefix) ? 'approval' : null;
}

const personIn = (prefix: string, original: string): PersonId | null =>
  original.startsWith(prefix) ? (PersonId.safeParse(original.slice(prefix.length)).data ?? null) : null;

export const approverIn = (audience: string): PersonId | null => personIn(approverPrefix, originalOf(audience));

export function readerIn(audience: string, request: Request): Reader {
  const approver = approverIn(audience);
  if (approver !== null) return { kind: 'approver', id: approver };
  const original = originalOf(audience);
  const operator = personIn(operatorPrefix, original);
  if (operator !== null) return isOperated(request) ? { kind: 'operator', id: operator } : everybody;
  const asked =
    original === 'requester' ||
    (original === 'status' && !isOpenedAudience(audience) && request.origin.conversationType === 'personal');
  return asked ? { kind: 'requester' } : everybody;
}
