/** Every card there is, in every state and for every reader, drawn by the product's own views from real requests. */

import { sha256 } from '../../../src/domain/canonical-json.ts';
import { type RefusalCode, refuse } from '../../../src/domain/request/refusal.ts';
import { commands } from '../../../src/operations/commands/registry.ts';
import { auditReplyCard, auditRootCard } from '../../../src/teams/cards/views/audit-view.ts';
import { helpCard, welcomeCard } from '../../../src/teams/cards/views/help-view.ts';
import { everybody } from '../../../src/teams/cards/views/reader.ts';
import { requestCard } from '../../../src/teams/cards/views/request-card.ts';
import {
  bugCard,
  lookingCard,
  notStoringCard,
  refusalCard,
  typoCard,
} from '../../../src/teams/cards/views/short-views.ts';
import { commandWorld } from '../builders/command-world.ts';
import { names } from './card-readers.ts';
import { longLife, requestStates } from './card-states.ts';
import { driftCards } from './gallery-drifts.ts';
import { forms, rotationForms } from './gallery-forms.ts';
import { lists } from './gallery-lists.ts';
import { recordCards } from './gallery-record.ts';
import { cardsOf, contextFor, type GalleryCard, pausedCards } from './gallery-requests.ts';

function audit(): readonly GalleryCard[] {
  const hash = sha256('the chain');
  const root = (state: string): readonly GalleryCard[] => {
    const request = requestStates[state];
    return request === undefined ? [] : [{ name: `audit-root.${state}`, card: auditRootCard(request, names, 129) }];
  };
  const request = requestStates.succeeded;
  if (request === undefined) return [];
  return [
    ...root('awaiting-approval'),
    ...root('succeeded'),
    ...root('rejected'),
    ...root('rotation-running'),
    { name: 'audit-reply.first', card: auditReplyCard(request, longLife.slice(0, 8), hash, names) },
    { name: 'audit-reply.run', card: auditReplyCard(request, longLife.slice(8), hash, names) },
    ...recordCards(request, requestCard('status', request, contextFor(request, everybody))),
  ];
}

const refusals: readonly [RefusalCode, string][] = [
  ['not-a-requester', ''],
  ['resource-has-open-request', 'CMK-7F3K9Q'],
  ['azure-unreachable', 'TooManyRequests: The request is being throttled.'],
  ['unknown-resource', 'triage'],
];

function short(): readonly GalleryCard[] {
  const { policy } = commandWorld().ports;
  const facts = { commands, policy, auditChannel: true };
  return [
    { name: 'welcome', card: welcomeCard({ kind: 'roles', asks: true, approves: true }) },
    { name: 'welcome.team', card: welcomeCard(null) },
    { name: 'help.both', card: helpCard({ ...facts, mayAsk: true, mayApprove: true }) },
    {
      name: 'typo',
      card: typoCard('/enabel-cmk', '/enable-cmk triage-agent-prod', {
        text: '/enable-cmk triage-agent-prod',
        weight: 'form',
      }),
    },
    { name: 'help.asks', card: helpCard({ ...facts, mayAsk: true, mayApprove: false }) },
    { name: 'help.reader', card: helpCard({ ...facts, mayAsk: false, mayApprove: false, auditChannel: false }) },
    { name: 'bug', card: bugCard('E-7F3K9QX2') },
    { name: 'not-storing', card: notStoringCard('E-7F3K9QX2') },
    { name: 'looking', card: lookingCard() },
    ...refusals.map(([code, fact]) => ({ name: `refusal.${code}`, card: refusalCard(refuse(code, fact)) })),
    {
      name: 'refusal.near',
      card: refusalCard(
        { ...refuse('unknown-resource', 'triage-agent-prdo'), near: 'triage-agent-prod' },
        { text: '/enable-cmk triage-agent-prod', weight: 'form' },
      ),
    },
  ];
}

export const galleryCards = async (): Promise<readonly GalleryCard[]> => [
  ...Object.entries(requestStates).flatMap(([state, request]) => cardsOf(state, request)),
  ...pausedCards(),
  ...(await lists()),
  ...audit(),
  ...short(),
  ...forms(),
  ...rotationForms(),
  ...driftCards(),
];
