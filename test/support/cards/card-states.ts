/** Requests in every state a card can show. */

import type { Plan } from '../../../src/domain/plan.ts';
import type { Proof } from '../../../src/domain/proof.ts';
import type { StoredEvent } from '../../../src/domain/request/events.ts';
import type { Request } from '../../../src/domain/request/request.ts';
import { records } from '../builders/commands.ts';
import { approver, requester } from '../builders/fixtures.ts';
import { vault } from '../builders/plans.ts';
import { bug, busy, forbidden, forbiddenByVault, gone, moved, noAnswer, readBack, spreading } from './card-failures.ts';
import { elsewhere, inOneStage, madeLater, planOf, rotationPlan, seen, toMade, unprotected } from './card-plans.ts';
import {
  approves,
  asked,
  cancels,
  changes,
  checked,
  didNot,
  done,
  intends,
  judges,
  lifeOf,
  lookedFor,
  proofs,
  rejects,
  requestOf,
  seenUse,
  settles,
  stuck,
  worked,
} from './card-turns.ts';

const approved = [asked(), approves(approver, 'Backup of 1 March checked.')] as const;
const began = [...approved, checked()] as const;
const first = done(1, 'enable-identity');
const granting = intends(1, 1, 'grant-key-access');
/** While the agent gets access to the key. */
const atGrant = [...began, ...first, granting];
const toVault = [...first, ...done(1, 'grant-key-access'), ...done(1, 'protect-vault')];
const toEnd = (usable: Proof['outcome']) => [
  ...toVault,
  ...done(1, 'set-cmk'),
  ...done(1, 'verify', { proofs: proofs(usable) }),
];
const sideBySide = [
  asked(inOneStage),
  approves(),
  checked(inOneStage),
  intends(1, 1, 'enable-identity', 'make-key-version'),
];
const comment =
  'Not this week: the emergency department moves to the new wards on Thursday and nobody can look after the resource while it restarts. Ask again from Monday on, and name the person on duty in the reason. The vault should be the one of the region as well.';
const retried = [...first, ...stuck(1, 'grant-key-access', forbidden)];
/** An approved rotation, looked at again: its run begins. */
const rotationBegan = (plan: Plan) => [asked(plan, 1, { justification: dueSoon }), approves(), checked(plan)] as const;
const dueSoon = 'The version ends on 1 April. Policy 7.4 asks for a new one every two years.';
const makesVersion = done(1, 'make-key-version', { outputs: { keyVersion: madeLater } });
const verifies = done(1, 'verify', { proofs: proofs('proved') });

const rotated = [...rotationBegan(toMade), ...makesVersion, ...done(1, 'set-cmk'), ...verifies];
/** A rotation from the question to the proof. */
export const rotationLife: readonly StoredEvent[] = lifeOf(...rotated);

export const requestStates: Readonly<Record<string, Request>> = {
  'awaiting-approval': requestOf(asked()),
  'awaiting-one-of-two': requestOf(asked(planOf(), 2), approves()),
  'awaiting-nothing-irreversible': requestOf(
    asked(planOf({ vault: vault({ ...seen().vault, purgeProtection: true }) })),
  ),
  changed: requestOf(asked(planOf(), 2), approves(), changes),
  'plan-changed': requestOf(...approved, checked(elsewhere)),
  'approvers-changed': requestOf(...approved, checked(planOf(), 'no')),
  approved: requestOf(...approved),
  'awaiting-start-later': requestOf(asked(planOf(), 1, { notBefore: '2026-03-08T01:00:00.000Z' })),
  'approved-start-later': requestOf(asked(planOf(), 1, { notBefore: '2026-03-08T01:00:00.000Z' }), approves()),
  running: requestOf(...atGrant),
  'between-steps': requestOf(...began, ...first),
  'running-side-by-side': requestOf(...sideBySide),
  'running-irreversible-done': requestOf(...began, ...toVault, intends(1, 1, 'set-cmk')),
  stopping: requestOf(...atGrant, settles('stop', requester)),
  stopped: requestOf(...atGrant, settles('stop', requester), records(1, worked('grant-key-access'))),
  'running-waiting': requestOf(...atGrant, records(1, didNot('grant-key-access', busy, '2026-03-02T12:04:10.000Z'))),
  'running-spreading': requestOf(
    ...began,
    ...toVault,
    intends(1, 1, 'set-cmk'),
    records(1, didNot('set-cmk', spreading, '2026-03-02T12:07:10.000Z')),
  ),
  'needs-attention': requestOf(...began, ...retried),
  'needs-attention-taken': {
    ...requestOf(...began, ...retried),
    takenOn: { by: approver, at: '2026-03-02T12:05:00.000Z' },
  },
  'needs-attention-read-back': requestOf(...began, ...toVault, ...stuck(1, 'set-cmk', readBack)),
  'needs-attention-missing': requestOf(...approved, { do: 'stop-run', run: 1, failure: gone }),
  'needs-attention-bug': requestOf(...atGrant, { do: 'stop-run', run: 1, failure: bug }),
  'needs-attention-no-answer': requestOf(...began, ...first, ...stuck(1, 'grant-key-access', noAnswer)),
  'needs-attention-side-by-side': requestOf(
    ...sideBySide,
    records(1, didNot('enable-identity', busy, '2026-03-02T12:04:10.000Z'), didNot('make-key-version', forbidden)),
  ),
  'retry-running': requestOf(
    ...began,
    ...retried,
    settles('retry', requester),
    checked(planOf(), 'yes', 2),
    ...done(2, 'enable-identity', { already: true }),
    intends(2, 1, 'grant-key-access'),
  ),
  succeeded: requestOf(...began, ...toEnd('proved')),
  'succeeded-use-sought': requestOf(...began, ...toEnd('proved').map(lookedFor)),
  'succeeded-use-seen': requestOf(...began, ...toEnd('proved').map(lookedFor), judges(seenUse)),
  failed: requestOf(...began, ...retried, settles('give-up', requester)),
  rejected: requestOf(asked(), rejects()),
  'rejected-with-comment': requestOf(asked(), rejects(comment)),
  cancelled: requestOf(asked(), cancels),
  expired: requestOf(asked(), { do: 'expire' }),
  'rotation-awaiting-newest': requestOf(asked(rotationPlan(), 1, { justification: dueSoon })),
  'rotation-moved': requestOf(...rotationBegan(rotationPlan()), ...stuck(1, 'set-cmk', moved)),
  'rotation-forbidden': requestOf(...rotationBegan(toMade), ...stuck(1, 'make-key-version', forbiddenByVault)),
};

export function stateNamed(name: string): Request {
  const request = requestStates[name];
  if (request === undefined) throw new Error(`no state ${name}`);
  return request;
}

/** A life with everything in it: asked again, waited, stopped, retried, and done. */
export const longLife: readonly StoredEvent[] = lifeOf(
  ...approved,
  checked(unprotected),
  approves(),
  checked(unprotected, 'yes', 2),
  ...done(2, 'enable-identity'),
  intends(2, 1, 'grant-key-access'),
  records(2, didNot('grant-key-access', busy, '2026-03-02T12:06:10.000Z')),
  intends(2, 2, 'grant-key-access'),
  records(2, didNot('grant-key-access', forbidden, null, 2)),
  settles('retry', requester),
  checked(unprotected, 'yes', 3),
  ...done(3, 'enable-identity', { already: true }),
  ...done(3, 'grant-key-access'),
  ...done(3, 'protect-vault'),
  ...done(3, 'set-cmk'),
  ...done(3, 'verify', { proofs: proofs('proved') }),
);
