/** Leads random lives of several requests through the product's rules and the model beside them. */
import fc from 'fast-check';
import { PersonId, type RequestId } from '../../../src/domain/ids.ts';
import { StepName } from '../../../src/domain/plan.ts';
import type { RoleStatus } from '../../../src/domain/policy/policy.ts';
import type { Appended } from '../../../src/domain/ports/store.ts';
import type { StoredEvent } from '../../../src/domain/request/events.ts';
import type { Refusal } from '../../../src/domain/request/refusal.ts';
import type { Command } from '../../../src/domain/request/request-command.ts';
import { outsider, secondApprover } from './commands.ts';
import { approver, requester } from './fixtures.ts';
import {
  type Attempt,
  after,
  commandOf,
  expected,
  expiryMs,
  idOf,
  isChecked,
  isCoveredIn,
  type Modelled,
  slots,
  stepNow,
  worlds,
} from './model-life.ts';
import { noon } from './plans.ts';

/** The requester of the first request is an approver too; the last is none at first. */
export const people = [
  requester,
  approver,
  secondApprover,
  PersonId.parse('20000000-0000-4000-8000-000000000009'),
  outsider,
] as const;

const slot = fc.constantFrom(0, 0, 0, 0, 1, 2);
const person = fc.nat({ max: people.length - 1 });
const off = fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constantFrom(-2, -1, 1) });
const of = <const Do extends string, T>(weight: number, verb: Do, rest: { [K in keyof T]: fc.Arbitrary<T[K]> }) => ({
  weight,
  arbitrary: fc.record({ do: fc.constant(verb), ...rest }) as fc.Arbitrary<{ do: Do } & T>,
});
const world = fc.oneof(
  { weight: 5, arbitrary: fc.constant(worlds[0]) },
  { weight: 4, arbitrary: fc.constantFrom(...worlds) },
);

const odd = fc.integer({ min: 1, max: 6 }).map((n) => n === 1);
const step = fc.option(fc.constantFrom(...StepName.options), { freq: 8 });

/** One turn. Numbers point at requests and people; `off` is how far it is from what a correct card or runner would send. */
export const modelTurn = fc.oneof(
  of(4, 'submit', { slot, person, world }),
  of(16, 'click', {
    slot,
    person,
    off: fc.constant(0),
    odd,
    verb: fc.constant('approve' as const),
    ticked: fc.constant(true),
  }),
  of(5, 'click', {
    ...{ slot, person, off, odd, ticked: fc.boolean() },
    verb: fc.constantFrom('approve', 'reject', 'cancel', 'halt', 'retry', 'retry', 'retry', 'give-up'),
  }),
  of(6, 'change', { slot, person, off, world, reason: fc.constantFrom('the audit', 'the contract', 'the move') }),
  of(4, 'membership', {
    person,
    roleStatus: fc.constantFrom<RoleStatus>('yes', 'yes', 'no', 'unknown', 'nobody-configured'),
  }),
  of(3, 'asking', { person, roleStatus: fc.constantFrom<RoleStatus>('yes', 'yes', 'yes', 'no', 'unknown') }),
  of(2, 'required', { required: fc.integer({ min: 1, max: 3 }) }),
  of(2, 'clock', { hours: fc.constantFrom(-30, -1, 1, 24, 71, 72, 80) }),
  of(2, 'expire', { slot }),
  // A runner that does what it should, for so many moves.
  of(14, 'onward', { slot, moves: fc.integer({ min: 1, max: 8 }) }),
  of(7, 'check', { slot, off, world }),
  of(6, 'intend', { slot, off, step, more: off }),
  of(6, 'record', {
    ...{ slot, off, step, more: off },
    outcome: fc.constantFrom('done', 'done', 'done', 'done, unproved', 'waits', 'stuck'),
  }),
  of(2, 'stop', { slot, off }),
  of(2, 'repeat', { back: fc.nat({ max: 30 }) }),
  of(1, 'restart', { slot }),
);
export type ModelTurn = typeof modelTurn extends fc.Arbitrary<infer T> ? T : never;

/** What is tested: decides, stores, and gives back what it stored. */
export interface Book {
  /** An error is what no correct runner brings about; nothing is stored then. */
  append(id: RequestId, cause: string, command: Command, now: Date): Promise<Appended | Refusal | Error>;
  events(id: RequestId): Promise<readonly StoredEvent[]>;
  /** As a process that has just started finds it. */
  state(id: RequestId): Promise<string | null>;
}

/** What a life came to, for counting. */
export interface Told {
  readonly ordered: number;
  readonly intended: number;
  readonly succeeded: number;
  readonly ended: number;
  readonly changed: number;
}

type Checked = Extract<Attempt, { do: 'check' }>;
type Asked = Pick<Checked, 'world' | 'required'>;

const asking: readonly string[] = ['submitted', 'plan-changed', 'request-changed'];

/** The promise in its own words, from what is stored and what was true when it was: who was counted for the plan asked last. */
function rightPeople(
  events: readonly StoredEvent[],
  asked: ReadonlyMap<number, Asked>,
  checks: ReadonlyMap<number, Checked>,
): void {
  const last = events.at(-1);
  if (last?.body.type !== 'step-intended') return;
  const question = events.findLast(({ body }) => asking.includes(body.type));
  const check = events.findLast(({ body }) => body.type === 'run-checked' || body.type === 'run-ordered');
  const wanted = asked.get(question?.revision ?? 0);
  const seen = checks.get(check?.revision ?? 0);
  if (wanted === undefined || seen === undefined) throw new Error('a step without a question or without a check');
  const approvals = events.filter(
    ({ body, revision }) => body.type === 'approved' && revision > (question?.revision ?? 0),
  );
  const requesterOf = events[0]?.body.actor.id;
  const who = new Set(approvals.map(({ body }) => body.actor.id).filter((id) => id !== requesterOf));
  const current = [...who].filter((id) => seen.members.some((member) => member === id));
  expect(seen.asker).toBe('yes');
  expect(current.length).toBeGreaterThanOrEqual(Math.max(wanted.required, seen.required));
  expect(isCoveredIn(wanted.world, seen.world)).toBe(true);
  expect(new Set(approvals.map(({ body }) => body.planDigest))).toEqual(new Set([question?.body.planDigest]));
  expect(last.body.planDigest).toBe(question?.body.planDigest);
}

/** Leads one life, which begins at that time. Throws where the book and the model part, or the promise is broken. */
export async function lead(book: Book, turns: readonly ModelTurn[], begins = noon): Promise<Told> {
  const requests: (Modelled | null)[] = slots.map(() => null);
  const lengths = slots.map(() => 0);
  const roleStatuses = new Map<PersonId, RoleStatus>(people.map((one) => [one, one === outsider ? 'no' : 'yes']));
  const askers = new Map<PersonId, RoleStatus>();
  const askerOf = (request: Modelled | null): RoleStatus => askers.get(request?.by ?? requester) ?? 'yes';
  const [asked, checked] = [slots.map(() => new Map<number, Asked>()), slots.map(() => new Map<number, Checked>())];
  const causes = new Set<string>();
  const made: { readonly one: Attempt; readonly cause: string; readonly command: Command }[] = [];
  const told = { ordered: 0, intended: 0, succeeded: 0, ended: 0, changed: 0 };
  let [clock, latest, required] = [begins.getTime(), 0, 1];

  async function attempt(one: Attempt, cause: string, command: Command): Promise<void> {
    const id = idOf(one);
    const now = Math.max(clock, latest);
    const types = causes.has(`${id} ${cause}`) ? null : expected(requests, one, now);
    await book.append(id, cause, command, new Date(clock));
    const events = await book.events(id);
    const stored = events.slice(lengths[one.slot]).map((event) => event.body.type);
    // An `expect` takes longer than the attempt.
    if (stored.join() !== (types ?? []).join()) expect({ one, stored }).toEqual({ one, stored: types ?? [] });
    made.push({ one, cause, command });
    if (types === null) return;
    causes.add(`${id} ${cause}`);
    lengths[one.slot] = events.length;
    latest = now;
    requests[one.slot] = after(requests[one.slot] ?? null, one, types, events.length, now);
    if (one.do === 'submit' || one.do === 'change' || (one.do === 'check' && types[0] === 'plan-changed'))
      asked[one.slot]?.set(events.length, one);
    if (one.do === 'check') checked[one.slot]?.set(events.length, one);
    rightPeople(events, asked[one.slot] ?? new Map(), checked[one.slot] ?? new Map());
    if (types.includes('run-ordered')) told.ordered += 1;
    if (types.includes('step-intended')) told.intended += 1;
    if (types.includes('request-changed')) told.changed += 1;
    if (types.includes('succeeded')) told.succeeded += 1;
    if (['rejected', 'cancelled', 'expired', 'given-up'].some((type) => types.includes(type))) told.ended += 1;
  }

  function attemptOf(turn: ModelTurn): Attempt | null {
    if (!('slot' in turn)) return null;
    const { slot: at } = turn;
    const request = requests[at] ?? null;
    const run = (request?.run ?? 0) + ('off' in turn ? turn.off : 0);
    const tries = request?.tries ?? 0;
    switch (turn.do) {
      case 'submit': {
        const by = people[turn.person] ?? requester;
        return { do: 'submit', slot: at, by, world: turn.world, required, until: clock + expiryMs };
      }
      case 'click': {
        const by = people[turn.person] ?? requester;
        const roleStatus = roleStatuses.get(by) ?? 'no';
        return {
          do: turn.verb,
          slot: at,
          by,
          roleStatus,
          asker: askerOf(request),
          asking: (request?.asking ?? 1) + turn.off,
          ticked: turn.ticked,
          odd: turn.odd,
        };
      }
      case 'change': {
        const { world: seen, reason } = turn;
        const by = people[turn.person] ?? requester;
        const question = { asking: (request?.asking ?? 1) + turn.off, required, until: clock + expiryMs };
        return { do: 'change', slot: at, by, world: seen, reason, ...question };
      }
      case 'expire':
      case 'stop':
        return { do: turn.do, slot: at, run };
      case 'check': {
        const members = people.filter((one) => roleStatuses.get(one) === 'yes');
        const { world: seen } = turn;
        const asker = askerOf(request);
        return { do: 'check', slot: at, run, world: seen, members, asker, required, until: clock + expiryMs };
      }
      case 'intend':
      case 'record': {
        const step = turn.step ?? (request === null ? 'verify' : stepNow(request));
        const attempt = Math.max(1, tries + (turn.do === 'intend' ? 1 : 0) + turn.more);
        if (turn.do === 'intend') return { do: 'intend', slot: at, run, step, attempt };
        return { do: 'record', slot: at, run, step, attempt, outcome: turn.outcome };
      }
      case 'onward':
      case 'restart':
        return null;
    }
  }

  function onward(at: number): Attempt | null {
    const request = requests[at] ?? null;
    if (request === null || (request.state !== 'approved' && request.state !== 'running')) return null;
    const { run, world: seen, tries, next } = request;
    const members = people.filter((one) => roleStatuses.get(one) === 'yes');
    if (!isChecked(request, Math.max(clock, latest)))
      return {
        ...{ do: 'check', slot: at, run, world: seen, members },
        ...{ asker: askerOf(request), required, until: clock + expiryMs },
      };
    const step = stepNow(request);
    if (next === 'running') return { do: 'record', slot: at, run, step, attempt: tries, outcome: 'done' };
    return { do: 'intend', slot: at, run, step, attempt: tries + 1 };
  }

  for (const turn of turns) {
    for (let move = 0; turn.do === 'onward' && move < turn.moves; move += 1) {
      const one = onward(turn.slot);
      if (one !== null) await attempt(one, ...commandOf(one, made.length));
    }
    if (turn.do === 'membership') roleStatuses.set(people[turn.person] ?? requester, turn.roleStatus);
    if (turn.do === 'asking') askers.set(people[turn.person] ?? requester, turn.roleStatus);
    if (turn.do === 'required') required = turn.required;
    if (turn.do === 'clock') clock += turn.hours * 3_600_000;
    const again = turn.do === 'repeat' ? made.at(-1 - (turn.back % Math.max(1, made.length))) : undefined;
    const one = attemptOf(turn);
    if (again !== undefined) await attempt(again.one, again.cause, again.command);
    else if (one !== null) await attempt(one, ...commandOf(one, made.length));
    if (turn.do !== 'restart') continue;
    for (const [n, { id }] of slots.entries()) expect(await book.state(id)).toBe(requests[n]?.state ?? null);
  }
  for (const [n, { id }] of slots.entries()) expect(await book.state(id)).toBe(requests[n]?.state ?? null);
  const open = slots.filter(
    (_, n) => !['succeeded', 'failed', 'rejected', 'cancelled', 'expired', undefined].includes(requests[n]?.state),
  );
  expect(new Set(open.map((one) => one.resource)).size).toBe(open.length);
  return told;
}
