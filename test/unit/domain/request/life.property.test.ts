import fc from 'fast-check';
import { highestProof } from '../../../../src/domain/proof.ts';
import type { StoredEvent } from '../../../../src/domain/request/events.ts';
import { fold } from '../../../../src/domain/request/evolve.ts';
import { hasEnded } from '../../../../src/domain/request/request.ts';
import { parseEventBody } from '../../../../src/operations/registry.ts';
import { requester } from '../../../support/fixtures.ts';
import { id } from '../../support/commands.ts';
import { planFor } from '../../support/plans.ts';
import { type Life, live, turn } from '../../support/random-life.ts';

/**
 * Whatever people click in whatever order, with memberships, the clock and restarts in between: what the promises say. The
 * count is made anew from the stored events, by the plain words of the promise and not by the code that is tested.
 */
const lives = fc.tuple(fc.array(turn, { minLength: 10, maxLength: 60, size: 'max' }), fc.integer({ min: 1, max: 3 }));
const runs = { numRuns: 150 };

/** Who approved the plan that was asked last, and how many had to. */
function approvalsOf(events: readonly StoredEvent[]) {
  let asked = { digest: '', required: Number.POSITIVE_INFINITY };
  let approvers = new Set<string>();
  for (const { body } of events) {
    if (body.type === 'submitted' || body.type === 'plan-changed') {
      asked = { digest: body.planDigest ?? '', required: body.data.policy.approvalsRequired };
      approvers = new Set();
    }
    if (body.type === 'approved' && body.planDigest === asked.digest && body.actor.id !== requester) {
      approvers.add(body.actor.id ?? '');
    }
  }
  return { ...asked, approvers };
}

const endings = ['rejected', 'cancelled', 'expired', 'given-up', 'succeeded'];
const forEveryLife = (after: (life: Life) => void) =>
  fc.assert(
    fc.asyncProperty(lives, ([turns, required]) => live(turns, required, after)),
    runs,
  );

it('never orders a run, nor lets one touch Azure, without the required approvals of the plan asked last', async () => {
  let ordered = 0;
  await forEveryLife(({ requests }) => {
    const events = requests.all();
    const last = events.at(-1)?.body.type;
    if (last !== 'run-ordered' && last !== 'step-intended') return;
    const { approvers, required, digest } = approvalsOf(events);
    expect(approvers.size).toBeGreaterThanOrEqual(required);
    expect(approvers.has(requester)).toBe(false);
    expect(events.at(-1)?.body.planDigest).toBe(digest);
    ordered += 1;
  });
  // A property about runs that never come would hold for nothing.
  expect(ordered).toBeGreaterThan(runs.numRuns / 4);
});

it('lets nothing follow an end but late decisions, which change nothing, and no run follow a reject, a cancel or an expiry', async () => {
  let ended = 0;
  await forEveryLife(({ requests, current }) => {
    const types = requests.all().map((event) => event.body.type);
    const end = types.findIndex((type) => endings.includes(type));
    expect(hasEnded(current)).toBe(end !== -1);
    if (end === -1) return;
    expect(types.slice(end + 1).filter((type) => type !== 'decided-late')).toEqual([]);
    ended += 1;
  });
  expect(ended).toBeGreaterThan(runs.numRuns / 4);
});

it('runs only what was ordered: an intent belongs to the newest run, which no plan change has voided', async () => {
  await forEveryLife(({ requests }) => {
    const events = requests.all();
    const last = events.at(-1)?.body;
    if (last?.type !== 'step-intended') return;
    const turns = events
      .map((event) => event.body)
      .filter((body) => ['run-ordered', 'plan-changed'].includes(body.type));
    expect(turns.at(-1)).toMatchObject({ type: 'run-ordered', data: { run: last.data.run } });
  });
});

it('touches Azure only in a run that was checked, a step at a time in its order, and succeeds only when all are done and proved', async () => {
  let succeeded = 0;
  await forEveryLife(({ requests }) => {
    const bodies = requests.all().map((event) => event.body);
    const last = bodies.at(-1);
    if (last?.type !== 'step-intended' && last?.type !== 'succeeded') return;
    const begun = bodies.findLastIndex((body) => body.type === 'run-ordered');
    const inRun = bodies.slice(begun);
    expect(inRun[1]).toMatchObject({ type: 'run-checked', data: { run: last.data.run } });
    const done = inRun.flatMap((body) => (body.type === 'step-done' ? [body.data.step] : []));
    expect(new Set(done).size).toBe(done.length);
    const steps = planFor().steps.map((step) => step.name);
    if (last.type === 'step-intended') expect(steps.slice(0, steps.indexOf(last.data.step))).toEqual(done);
    if (last.type !== 'succeeded') return;
    expect(done).toEqual(steps);
    expect(highestProof(last.data.proofs)).toBe('permission-held');
    succeeded += 1;
  });
  expect(succeeded).toBeGreaterThan(0);
});

it('counts revisions one by one, and asks only ever newer questions', async () => {
  let asking = 0;
  await forEveryLife(({ requests, current }) => {
    const { length } = requests.all();
    expect(requests.all().map((event) => event.revision)).toEqual(Array.from({ length }, (_, n) => n + 1));
    expect(current.revision).toBe(length);
    expect(current.asking).toBeLessThanOrEqual(current.revision);
    asking = length === 1 ? 1 : asking;
    expect(current.asking).toBeGreaterThanOrEqual(asking);
    asking = current.asking;
  });
});

it('is the same request when folded from all events as when followed event by event', async () => {
  await forEveryLife(({ requests, current }) => {
    expect(fold(id, requests.all())).toEqual(current);
  });
});

it('stores only what it can read back', async () => {
  await forEveryLife(({ requests, stored }) => {
    for (const { body } of stored === 0 ? [] : requests.all().slice(-stored)) {
      expect(parseEventBody(JSON.parse(JSON.stringify(body)))).toEqual(body);
    }
  });
});

it('stores nothing for a cause that was seen before', async () => {
  await forEveryLife(({ requests }) => {
    const causes = requests.all().map((event) => event.cause);
    const blocks = causes.filter((cause, n) => cause !== causes[n - 1]);
    expect(new Set(blocks).size).toBe(blocks.length);
  });
});
