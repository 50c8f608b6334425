import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { highestProof } from '../../../../src/domain/proof.ts';
import type { StoredEvent } from '../../../../src/domain/request/events.ts';
import { fold } from '../../../../src/domain/request/evolve.ts';
import { hasEnded } from '../../../../src/domain/request/request.ts';
import { parseEventBody } from '../../../../src/operations/registry.ts';
import { id } from '../../../support/builders/commands.ts';
import { requester } from '../../../support/builders/fixtures.ts';
import { type Life, live, turn } from '../../../support/builders/random-life.ts';

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
    if (body.type === 'submitted' || body.type === 'plan-changed' || body.type === 'request-changed') {
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
interface Invariant {
  readonly says: string;
  /** After every turn of a life; throws where the invariant does not hold. */
  readonly look: (life: Life) => void;
  /** How many turns it had something to look at in, and how many there have to be: about what never comes anything holds. */
  readonly seen?: { readonly least: number; times: number };
}

const seen = (least: number) => ({ least, times: 0 });
const [ordered, ended, succeeded] = [seen(runs.numRuns / 4), seen(runs.numRuns / 4), seen(0)];
let asking = 0;

const invariants: readonly Invariant[] = [
  {
    says: 'never orders a run, nor lets one touch Azure, without the required approvals of the plan asked last',
    seen: ordered,
    look: ({ requests }) => {
      const events = requests.all();
      const last = events.at(-1)?.body.type;
      if (last !== 'run-ordered' && last !== 'step-intended') return;
      const { approvers, required, digest } = approvalsOf(events);
      expect(approvers.size).toBeGreaterThanOrEqual(required);
      expect(approvers.has(requester)).toBe(false);
      expect(events.at(-1)?.body.planDigest).toBe(digest);
      ordered.times += 1;
    },
  },
  {
    says: 'lets nothing follow an end but late decisions, which change nothing, and no run follow a reject, a cancel or an expiry',
    seen: ended,
    look: ({ requests, current }) => {
      const types = requests.all().map((event) => event.body.type);
      const end = types.findIndex((type) => endings.includes(type));
      expect(hasEnded(current)).toBe(end !== -1);
      if (end === -1) return;
      expect(types.slice(end + 1).filter((type) => type !== 'decided-late')).toEqual([]);
      ended.times += 1;
    },
  },
  {
    says: 'runs only what was ordered: an intent belongs to the newest run, which no plan change has voided',
    look: ({ requests }) => {
      const events = requests.all();
      const last = events.at(-1)?.body;
      if (last?.type !== 'step-intended') return;
      const turns = events
        .map((event) => event.body)
        .filter((body) => ['run-ordered', 'plan-changed', 'request-changed'].includes(body.type));
      expect(turns.at(-1)).toMatchObject({ type: 'run-ordered', data: { run: last.data.run } });
    },
  },
  {
    says: 'touches Azure only in a run that was checked, a step at a time in its order, and succeeds only when all are done and proved',
    seen: succeeded,
    look: ({ requests, current }) => {
      const bodies = requests.all().map((event) => event.body);
      const last = bodies.at(-1);
      if (last?.type !== 'step-intended' && last?.type !== 'succeeded') return;
      const begun = bodies.findLastIndex((body) => body.type === 'run-ordered');
      const inRun = bodies.slice(begun);
      expect(inRun[1]).toMatchObject({ type: 'run-checked', data: { run: last.data.run } });
      const done = inRun.flatMap((body) => (body.type === 'step-done' ? [body.data.step] : []));
      expect(new Set(done).size).toBe(done.length);
      const steps = current.plan.steps.map((step) => step.name);
      if (last.type === 'step-intended') expect(steps.slice(0, steps.indexOf(last.data.step))).toEqual(done);
      if (last.type !== 'succeeded') return;
      expect(done).toEqual(steps);
      expect(highestProof(last.data.proofs)).toBe('permission-held');
      succeeded.times += 1;
    },
  },
  {
    says: 'counts revisions one by one, and asks only ever newer questions',
    look: ({ requests, current }) => {
      const { length } = requests.all();
      expect(requests.all().map((event) => event.revision)).toEqual(Array.from({ length }, (_, n) => n + 1));
      expect(current.revision).toBe(length);
      expect(current.asking).toBeLessThanOrEqual(current.revision);
      asking = length === 1 ? 1 : asking;
      expect(current.asking).toBeGreaterThanOrEqual(asking);
      asking = current.asking;
    },
  },
  {
    says: 'is the same request when folded from all events as when followed event by event',
    look: ({ requests, current }) => {
      const folded = fold(id, requests.all());
      if (!isDeepStrictEqual(folded, current)) expect(folded).toEqual(current);
    },
  },
  {
    says: 'stores only what it can read back',
    look: ({ requests, stored }) => {
      for (const { body } of stored === 0 ? [] : requests.all().slice(-stored)) {
        expect(parseEventBody(JSON.parse(JSON.stringify(body)))).toEqual(body);
      }
    },
  },
  {
    says: 'stores nothing for a cause that was seen before',
    look: ({ requests }) => {
      const causes = requests.all().map((event) => event.cause);
      const blocks = causes.filter((cause, n) => cause !== causes[n - 1]);
      expect(new Set(blocks).size).toBe(blocks.length);
    },
  },
];

/** What the first life that an invariant did not hold in has to say, by the invariant. */
const broken = new Map<Invariant, string>();

/** All are looked at in the same lives: to lead one takes longer than to look at it. */
beforeAll(async () => {
  const found = await fc.check(
    fc.asyncProperty(lives, ([turns, required]) =>
      live(turns, required, (life) => {
        for (const one of invariants) {
          try {
            one.look(life);
          } catch (error) {
            broken.set(one, error instanceof Error ? error.message : String(error));
            throw error;
          }
        }
      }),
    ),
    runs,
  );
  if (!found.failed) return;
  const report = fc.defaultReportMessage(found) ?? '';
  // Where leading a life went wrong by itself, none of them was looked at to its end.
  for (const one of broken.size > 0 ? broken.keys() : invariants)
    broken.set(one, `${broken.get(one) ?? ''}\n${report}`);
});

it.each(invariants.map((one) => [one.says, one] as const))('%s', (_says, one) => {
  expect(broken.get(one)).toBeUndefined();
  if (one.seen !== undefined) expect(one.seen.times).toBeGreaterThan(one.seen.least);
});
