/** Cards of requests, for each of those who read them. */
import { openCloud } from '../../../src/azure/clouds.ts';
import { openPortal } from '../../../src/azure/resource-ids.ts';
import type { Request } from '../../../src/domain/request/request.ts';
import { mention } from '../../../src/teams/cards/plain-text.ts';
import type { AdaptiveCard } from '../../../src/teams/cards/render-card.ts';
import { withPortal } from '../../../src/teams/cards/views/parts.ts';
import { type CardContext, everybody, type Reader } from '../../../src/teams/cards/views/reader.ts';
import { requestCard } from '../../../src/teams/cards/views/request-card.ts';
import { secondApprover } from '../builders/commands.ts';
import { approver, requester, tenant } from '../builders/fixtures.ts';
import { names, patienceAt } from './card-readers.ts';
import { requestStates } from './card-states.ts';

export interface GalleryCard {
  readonly name: string;
  readonly card: AdaptiveCard;
}

const contextFor = (request: Request, reader: Reader, change: Partial<CardContext> = {}): CardContext => {
  const awaited = [approver, secondApprover].filter((id) => !request.approvals.some(({ by }) => by === id));
  return {
    // Eight seconds after the last thing that happened.
    timeLimits: patienceAt(new Date(Date.parse(request.changedAt) + 8_000).toISOString()),
    reader,
    names,
    awaited: awaited.map(names).join(', '),
    addressed: awaited.map((id) => mention(`29:${id}`, names(id))),
    userIds: [requester, approver, secondApprover].map((id) => `29:${id}`),
    paused: false,
    stepUp: false,
    ...change,
  };
};

const portal = openPortal(openCloud({ name: 'public' }), tenant);

/** What each of three people sees, and the short card; the same card is shown once. */
export function cardsOf(state: string, request: Request): readonly GalleryCard[] {
  const own: Reader = { kind: 'approver', id: approver };
  const drawn: GalleryCard[] = [
    { name: `${state}.requester`, card: requestCard('status', request, contextFor(request, { kind: 'requester' })) },
    { name: `${state}.approver`, card: requestCard('approval', request, contextFor(request, own)) },
    { name: `${state}.everybody`, card: requestCard('status', request, contextFor(request, everybody)) },
    { name: `${state}.everybody-asked`, card: requestCard('approval', request, contextFor(request, everybody)) },
    { name: `${state}.short`, card: requestCard('short', request, contextFor(request, everybody)) },
  ];
  const { outputs, plan } = request;
  if (['running', 'succeeded', 'needs-attention'].includes(state))
    drawn.push({
      name: `${state}.portal`,
      card: withPortal(
        requestCard('status', request, contextFor(request, everybody)),
        portal,
        plan,
        outputs.keyVersion,
      ),
    });
  const seenBefore = new Set<string>();
  return drawn.filter(({ card }) => {
    const json = JSON.stringify(card.body);
    const isNew = !seenBefore.has(json);
    seenBefore.add(json);
    return isNew;
  });
}

export function pausedCards(): readonly GalleryCard[] {
  const request = requestStates.approved;
  if (request === undefined) return [];
  const paused = (kind: 'status' | 'approval' | 'short', reader: Reader) =>
    requestCard(kind, request, contextFor(request, reader, { paused: true }));
  return [
    { name: 'paused.requester', card: paused('status', { kind: 'requester' }) },
    { name: 'paused.approver', card: paused('approval', { kind: 'approver', id: approver }) },
    { name: 'paused.short', card: paused('short', everybody) },
  ];
}
