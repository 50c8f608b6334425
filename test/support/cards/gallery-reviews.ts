/** The last page of a form: what a plan comes to, and what keeps it from being submitted. */

import { planDigest } from '../../../src/domain/digest.ts';
import { RequestId } from '../../../src/domain/ids.ts';
import type { Plan } from '../../../src/domain/plan.ts';
import { type Refusal, refuse } from '../../../src/domain/request/refusal.ts';
import type { Form } from '../../../src/operations/form.ts';
import type { FactsOf } from '../../../src/operations/pages/page.ts';
import { operationOf } from '../../../src/operations/registry.ts';
import { formCard } from '../../../src/teams/cards/views/form-view.ts';
import { appliedPolicy } from '../builders/fixtures.ts';
import { vault } from '../builders/plans.ts';
import { elsewhere, lookAlikePlan, planOf, rotationPlan, seen, toNewest, visitAgent } from './card-plans.ts';
import { stateNamed } from './card-states.ts';
import { type GalleryCard, galleryCard } from './gallery-card.ts';
import { repairPlan } from './gallery-drifts.ts';
import { formAt } from './gallery-forms.ts';

interface Shown {
  readonly form?: Partial<Form>;
  readonly facts?: Partial<FactsOf<'review'>>;
  readonly problem?: Refusal;
}

function reviewOf(state: string, plan: Plan, { form = {}, facts = {}, problem }: Shown = {}): GalleryCard {
  const policy = appliedPolicy({ version: '3f9c21ab', expiresAt: '2026-03-05T12:00:00.000Z' });
  const open = { changeReference: null, openRequest: null, change: null };
  const shown = { page: 'review', plan, digest: planDigest(plan), policy, ...open, ...facts } as const;
  const { name: operation, answersOf } = operationOf(plan.spec);
  const filled = formAt('review', { operation, answers: answersOf(plan.spec), ...form });
  return galleryCard(`form-review.${state}`, () => formCard(filled, shown, problem ?? null));
}

const underMicrosofts = rotationPlan(toNewest, { resource: { ...visitAgent, customerKey: null } });
const { customerKey } = visitAgent;
const old = planOf({ resource: { ...seen().resource, createdAt: '2021-06-03T10:00:00.000Z' } });
const firewalled = planOf({ vault: vault({ ...seen().vault, firewall: 'closed' }) });
const typed = {
  ...{ justification: 'Policy 7.4.', changeReference: 'CHG0012345', startDay: '2026-03-08', startTime: '02:00' },
};
const rule = { pattern: 'CHG[0-9]{7}', required: true };

function editedReview(): readonly GalleryCard[] {
  const request = stateNamed('awaiting-approval');
  const form = { changes: { asking: request.asking } };
  return [
    reviewOf('editing', elsewhere, { form, facts: { change: { request, refusal: null } } }),
    reviewOf('edited-too-late', elsewhere, {
      form,
      facts: { change: { request, refusal: refuse('change-too-late') } },
    }),
  ];
}

export const reviewCards = (): readonly GalleryCard[] => [
  reviewOf('ready', planOf()),
  reviewOf('again', planOf(), { form: typed, facts: { changeReference: rule }, problem: refuse('plan-moved') }),
  reviewOf('blocked', old),
  reviewOf('blocked-twice', firewalled, { facts: { openRequest: RequestId.parse('CMK-4T8W2C') } }),
  reviewOf('under-another-key', planOf({ resource: { ...seen().resource, customerKey } })),
  reviewOf('rotation', rotationPlan()),
  reviewOf('rotation-microsofts-key', underMicrosofts),
  reviewOf('look-alike', lookAlikePlan),
  reviewOf('repair', repairPlan()),
  ...editedReview(),
];
