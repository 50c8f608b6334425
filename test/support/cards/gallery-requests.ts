/** Cards of requests, for each of those who read them. */
import { openCloud } from '../../../src/azure/clouds.ts';
import { openPortal } from '../../../src/azure/resource-ids.ts';
import type { Request } from '../../../src/domain/request/request.ts';
import { mention } from '../../../src/teams/cards/plain-text.ts';
import { withPortal } from '../../../src/teams/cards/views/parts.ts';
import { type CardContext, everybody, type Reader } from '../../../src/teams/cards/views/reader.ts';
import { type CardKind, requestCard } from '../../../src/teams/cards/views/request-card.ts';
import { secondApprover } from '../builders/commands.ts';
import { approver, requester, tenant } from '../builders/fixtures.ts';
import { contextAt, names } from './card-readers.ts';
import { stateNamed } from './card-states.ts';
import { type GalleryCard, galleryCard } from './gallery-card.ts';

const contextFor = (request: Request, reader: Reader, change: Partial<CardContext> = {}): CardContext => {
  const awaited = [approver, secondApprover].filter((id) => !request.approvals.some(({ by }) => by === id));
  // Eight seconds after the last thing that happened.
  return contextAt(new Date(Date.parse(request.changedAt) + 8_000).toISOString(), reader, {
    awaited: awaited.map(names).join(', '),
    addressed: awaited.map((id) => mention(`29:${id}`, names(id))),
    userIds: [requester, approver, secondApprover].map((id) => `29:${id}`),
    ...change,
  });
};

const portal = openPortal(openCloud({ name: 'public' }), tenant);

/** What each of three people sees, and the short card; the same card is shown once. */
export function cardsOf(state: string, request: Request): readonly GalleryCard[] {
  const draw = (name: string, kind: CardKind, reader: Reader): GalleryCard =>
    galleryCard(`${state}.${name}`, () => requestCard(kind, request, contextFor(request, reader)));
  const drawn = [
    draw('requester', 'status', { kind: 'requester' }),
    draw('approver', 'approval', { kind: 'approver', id: approver }),
    draw('everybody', 'status', everybody),
    draw('everybody-asked', 'approval', everybody),
    draw('short', 'short', everybody),
  ];
  const { outputs, plan } = request;
  if (['running', 'succeeded', 'needs-attention'].includes(state)) {
    const shown = draw('portal', 'status', everybody);
    drawn.push({ ...shown, card: withPortal(shown.card, portal, plan, outputs.keyVersion) });
  }
  const seenBefore = new Set<string>();
  return drawn.filter(({ card }) => {
    const json = JSON.stringify(card.body);
    const isNew = !seenBefore.has(json);
    seenBefore.add(json);
    return isNew;
  });
}

export function pausedCards(): readonly GalleryCard[] {
  const request = stateNamed('approved');
  const paused = (name: string, kind: CardKind, reader: Reader): GalleryCard =>
    galleryCard(`paused.${name}`, () => requestCard(kind, request, contextFor(request, reader, { paused: true })));
  return [
    paused('requester', 'status', { kind: 'requester' }),
    paused('approver', 'approval', { kind: 'approver', id: approver }),
    paused('short', 'short', everybody),
  ];
}
