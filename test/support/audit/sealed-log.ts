/** The log of requests whose plans have their digests: what verify.py accepts by every rule. */
import { hashOf } from '../../../src/audit/verify.ts';
import { planDigest } from '../../../src/domain/digest.ts';
import { driftIdOf } from '../../../src/domain/ids.ts';
import type { Plan } from '../../../src/domain/plan.ts';
import { botActor, newEvent } from '../../../src/domain/request/events.ts';
import { unknownCause } from '../../../src/domain/watch/state.ts';
import {
  approve,
  checks,
  decides,
  does,
  doneWith,
  eventsOf,
  failure,
  intends,
  policy,
  proved,
  records,
  submit,
  type Turn,
} from '../builders/commands.ts';
import { appliedPolicy, approver, requestId } from '../builders/fixtures.ts';
import { noon, planFor, ref, resource, spec } from '../builders/plans.ts';
import { sealedRecord, testKeys, type Written, writtenEvent } from '../builders/sealed-record.ts';
import { packOf, packRules } from './packs.ts';

/** Sorted by code points, the second one comes first. */
const tags = { '\u{1f511}': 'key', '\uff21': 'wide', é: '', tier: 'gold' };
const plan = planFor({ seen: { resource: resource({ tags }) } });
const otherPlan = planFor({ wished: spec({ resource: ref('bot-ward') }) });

export const asked = submit({ plan, digest: planDigest(plan), policy: appliedPolicy({ digest: packRules.digest }) });
export const rejected: readonly Turn[] = [
  submit({ plan: otherPlan, digest: planDigest(otherPlan) }),
  decides('reject', approver, { comment: 'Not this week' }),
];
export const succeeds: readonly Turn[] = [
  asked,
  approve(approver, { comment: 'As agreed \ud83d\ude00' }),
  checks({ plan, policy: policy(1), roleStatuses: { [approver]: 'yes' } }),
  ...plan.steps.flatMap(({ name }) => (name === 'verify' ? [] : does(name))),
  intends(1, 'verify'),
  records(1, doneWith('verify', { proofs: proved })),
];

const unread = { seen: 'not', failure: failure() } as const;
/** Somebody takes the evidence. */
export const takes: Turn = {
  do: 'note-evidence',
  texts: false,
  reading: { resource: unread, vault: unread, key: unread, grantHeld: unread },
  actor: { kind: 'person', id: approver, tenantId: null, signIn: 'local' },
};

/** What the key watch logs of an agent: what it finds different, or nothing any more. */
export function driftOf(
  agent: Plan['spec']['resource'],
  ...codes: readonly ('key-stripped' | 'key-deleted')[]
): Written {
  const found = codes.map((code) => ({ state: { code }, cause: unknownCause, foundAt: noon.toISOString() }));
  const basis = { request: requestId(1), planDigest: planDigest(plan) };
  const data = { kind: 'healthcare-agent', resourceName: 'bot-care', basis, found };
  const about = { planDigest: basis.planDigest, target: agent.id, result: codes[0] ?? 'as-approved' };
  const drift = driftIdOf(hashOf(agent.id.toLowerCase()));
  return { request: drift, time: noon.toISOString(), ...newEvent('drift-found', botActor, data, about) };
}

/** Requests one after the other. Another salt makes another history. */
export function logOf(lives: readonly (readonly Turn[])[], salt = 1) {
  const events = lives.flatMap((turns, n) =>
    eventsOf(requestId(n + 1), turns, () => noon).map((event) => writtenEvent(requestId(n + 1), event)),
  );
  const lines = sealedRecord(events, testKeys, (size) => Buffer.alloc(size, salt));
  const bodies = lines.map(({ line }) => line.body);
  const texts = lines.flatMap((line) => line.texts);
  return {
    bodies,
    /** The pack of the nth request, with the texts that are left. */
    packOf: (n: number, wish: Parameters<typeof packOf>[2] = {}) =>
      packOf(bodies, requestId(n), { texts: texts.filter(({ request }) => request === requestId(n)), ...wish }),
  };
}
