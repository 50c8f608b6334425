/** Every card there is: every sample, and what the product's own views draw of real requests for every reader. */

import { readdirSync, readFileSync } from 'node:fs';
import { planDigest } from '../../../src/domain/digest.ts';
import { FormId, RequestId } from '../../../src/domain/ids.ts';
import type { Plan } from '../../../src/domain/plan.ts';
import type { CardName } from '../../../src/teams/cards/data/registry.ts';
import { renderCard } from '../../../src/teams/cards/render-card.ts';
import { formCard } from '../../../src/teams/cards/views/form-view.ts';
import { commandWorld, formOn } from '../builders/command-world.ts';
import { lookAlikePlan, planOf } from './card-plans.ts';
import { requestStates } from './card-states.ts';
import { driftCards, repairPlan } from './gallery-drifts.ts';
import { historyOfRotation, listOfAgents, listOfRequests } from './gallery-lists.ts';
import { cardsOf, type GalleryCard, pausedCards } from './gallery-requests.ts';

const folder = new URL('../../../cards/samples/', import.meta.url);
const samples = readdirSync(folder).map((file): GalleryCard => {
  const [card = ''] = file.split('.');
  const data = JSON.parse(readFileSync(new URL(file, folder), 'utf8'));
  return { name: `sample.${file.replace(/\.json$/, '')}`, card: renderCard(card as CardName, data) };
});

/** The last page of a form: what a plan comes to. */
function reviewOf(name: string, plan: Plan): GalleryCard {
  const { operation, resource } = plan.wish;
  const form = formOn('review', commandWorld().ports, { operation, answers: { resource, version: plan.wish } });
  const expiresAt = '2026-03-05T12:00:00.000Z';
  const policy = { version: '3f9c21ab', rule: 'environment', approvalsRequired: 1, expiresAt };
  const digest = planDigest(plan);
  const open = { changeReference: null, openRequest: null, change: null };
  const ids = { id: FormId.parse('F-2M8D4T7KQX'), requestId: RequestId.parse('CMK-7F3K9Q'), revision: 3 };
  return {
    name: `form-review.${name}`,
    card: formCard({ ...form, ...ids }, { page: 'review', plan, digest, policy, ...open }, null),
  };
}

export const galleryCards = async (): Promise<readonly GalleryCard[]> => [
  ...Object.entries(requestStates).flatMap(([state, request]) => cardsOf(state, request)),
  ...pausedCards(),
  ...driftCards(),
  reviewOf('ready', planOf()),
  reviewOf('look-alike', lookAlikePlan),
  reviewOf('repair', repairPlan()),
  { name: 'list.mixed', card: await listOfRequests() },
  { name: 'agents.all', card: listOfAgents() },
  { name: 'history.rotation', card: historyOfRotation() },
  ...samples,
];
