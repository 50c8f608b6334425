/** Leads random lives of several requests through the product's rules. What they stored is judged by others, such as verify.py. */
import fc from 'fast-check';
import { sha256 } from '../../../src/domain/canonical-json.ts';
import { FormId, PersonId } from '../../../src/domain/ids.ts';
import { type Plan, StepName } from '../../../src/domain/plan.ts';
import type { RoleStatus } from '../../../src/domain/policy/policy.ts';
import { decide } from '../../../src/domain/request/decide.ts';
import { personActor, type StoredEvent } from '../../../src/domain/request/events.ts';
import { hasEnded, type Request } from '../../../src/domain/request/request.ts';
import type { Command } from '../../../src/domain/request/request-command.ts';
import * as commands from './commands.ts';
import { submit } from './commands.ts';
import { appliedPolicy, approver, requester, requestId, resourceId, tenant } from './fixtures.ts';
import { memoryRequests } from './memory-requests.ts';
import { noon, planFor, ref, resource, spec, vault } from './plans.ts';

/** What Azure looks like. An approval is no way around the last one. */
const worlds = [
  'as it was',
  'soft delete is off',
  'the grant is there',
  'access is by policies',
  'the firewall is closed',
] as const;
type WorldName = (typeof worlds)[number];

/** Whose approval covers what: said here once more, by looking at what each would change. */
const covers: Readonly<Record<WorldName, readonly WorldName[]>> = {
  'as it was': ['as it was', 'the grant is there'],
  'soft delete is off': ['soft delete is off', 'as it was', 'the grant is there'],
  'the grant is there': ['the grant is there'],
  'access is by policies': ['access is by policies', 'the grant is there'],
  'the firewall is closed': [],
};

/** Two requests for one agent, one for another. */
const slots = [
  { id: requestId(1), resource: 'bot-care' },
  { id: requestId(2), resource: 'bot-care' },
  { id: requestId(3), resource: 'bot-ward' },
] as const;

function planOf(name: string, world: WorldName): Plan {
  const id = resourceId(name);
  const seen = {
    resource: resource({ id, name }),
    ...(world === 'soft delete is off' ? { vault: vault({ softDelete: false }) } : {}),
    ...(world === 'access is by policies' ? { vault: vault({ access: 'access-policies' }) } : {}),
    ...(world === 'the firewall is closed' ? { vault: vault({ firewall: 'closed' }) } : {}),
    ...(world === 'the grant is there' ? { grantHeld: true } : {}),
  };
  return planFor({ seen, wished: spec({ resource: ref(name) }) });
}

/** By resource and world. */
const plans = new Map<string, { readonly plan: Plan; readonly digest: string }>();
const worldsByDigest = new Map<string, WorldName>();

/** The plan for an agent in a world, and its digest. */
function planIn(name: string, world: WorldName): { readonly plan: Plan; readonly digest: string } {
  const known = plans.get(`${name} ${world}`) ?? { plan: planOf(name, world), digest: sha256(`${name} ${world}`) };
  plans.set(`${name} ${world}`, known);
  worldsByDigest.set(known.digest, world);
  return known;
}

function worldOf({ digest }: { readonly digest: string }): WorldName {
  const world = worldsByDigest.get(digest);
  if (world === undefined) throw new Error('no plan of the model');
  return world;
}

/** The requester of the first request is an approver too; the last is none at first. */
export const people = [
  requester,
  approver,
  commands.secondApprover,
  PersonId.parse('20000000-0000-4000-8000-000000000009'),
  commands.outsider,
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

export const changeFate = fc.constantFrom('none', 'refused', 'accepted', 'unknown');

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
    slot,
    person,
    off,
    odd,
    ticked: fc.boolean(),
    verb: fc.constantFrom(
      'approve',
      'withdraw',
      'withdraw',
      'reject',
      'cancel',
      'stop',
      'retry',
      'retry',
      'retry',
      'give-up',
    ),
  }),
  of(6, 'change', { slot, person, off, world, reason: fc.constantFrom('the audit', 'the contract', 'the move') }),
  of(4, 'membership', {
    person,
    roleStatus: fc.constantFrom<RoleStatus>('yes', 'yes', 'no', 'unknown', 'none-configured'),
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
    slot,
    off,
    step,
    more: off,
    outcome: fc.constantFrom('done', 'done', 'done', 'done, unproved', 'waits', 'stuck'),
    change: changeFate,
  }),
  of(2, 'stop', { slot, off }),
  of(2, 'repeat', { back: fc.nat({ max: 30 }) }),
);
export type ModelTurn = typeof modelTurn extends fc.Arbitrary<infer T> ? T : never;

const expiryMs = 72 * 3_600_000;

type TurnOf<Do extends ModelTurn['do']> = Extract<ModelTurn, { do: Do }>;
type Clicked = Pick<TurnOf<'click'>, 'verb' | 'ticked' | 'odd'>;
interface Result extends Pick<TurnOf<'record'>, 'outcome' | 'change'> {
  readonly step: StepName;
  readonly attempt: number;
}

/** What a life came to, for counting. */
export interface Told {
  readonly ordered: number;
  readonly intended: number;
  readonly succeeded: number;
  readonly ended: number;
  readonly changed: number;
}

/** A command of one request, under its cause. */
interface Attempt {
  readonly slot: number;
  readonly cause: string;
  readonly command: Command;
}
type Checked = Extract<Command, { do: 'check-run' }>;
type Asked = Pick<Checked, 'digest' | 'policy'>;

const questions: readonly string[] = ['submitted', 'plan-changed', 'request-changed'];

/** The promise in its own words, from what is stored and what was true when it was: who was counted for the plan asked last. */
function rightPeople(
  events: readonly StoredEvent[],
  asked: ReadonlyMap<number, Asked>,
  checks: ReadonlyMap<number, Checked>,
): void {
  const last = events.at(-1);
  if (last?.body.type !== 'step-intended') return;
  const question = events.findLast(({ body }) => questions.includes(body.type));
  const check = events.findLast(({ body }) => body.type === 'run-checked' || body.type === 'run-ordered');
  const wanted = asked.get(question?.revision ?? 0);
  const seen = checks.get(check?.revision ?? 0);
  if (wanted === undefined || seen === undefined) throw new Error('a step without a question or without a check');
  const approvals = events.filter(
    ({ body, revision }) => body.type === 'approved' && revision > (question?.revision ?? 0),
  );
  const requesterOf = events[0]?.body.actor.id;
  const lastOf = (id: string | null) =>
    events.findLast(({ body }) => body.actor.id === id && /^approv/.test(body.type))?.body.type;
  const standing = approvals.map(({ body }) => body.actor.id).filter((id) => lastOf(id) === 'approved');
  const who = new Set(standing.filter((id) => id !== requesterOf));
  const current = [...who].filter((id) => seen.roleStatuses[id ?? ''] === 'yes');
  const needed = [wanted, seen].map(({ policy }) => policy.approvalsRequired);
  expect(seen.requesterStatus).toBe('yes');
  expect(current.length).toBeGreaterThanOrEqual(Math.max(...needed));
  expect(covers[worldOf(wanted)]).toContain(worldOf(seen));
  expect(new Set(approvals.map(({ body }) => body.planDigest))).toEqual(new Set([question?.body.planDigest]));
  expect(last.body.planDigest).toBe(question?.body.planDigest);
}

/** Before the first step, a check lets the run go for five minutes. */
const isChecked = ({ checked, checkedAt, runs, state }: Request, now: number): boolean =>
  checked === runs && (state !== 'approved' || now - Date.parse(checkedAt ?? '') <= 5 * 60_000);

/** The step that the request's run has come to. */
function stepNow({ progress, runs }: Request): { name: StepName; state: string; attempt: number } | undefined {
  const left = progress.find(({ state, run }) => state !== 'done' || run !== runs);
  return left?.run === runs ? left : left && { name: left.name, state: 'planned', attempt: 0 };
}

/** Leads one life. Throws where the promise is broken. `onStored`: is given a request whenever something of it was stored. */
export async function lead(
  turns: readonly ModelTurn[],
  onStored: (request: Request, events: readonly StoredEvent[]) => void = () => undefined,
) {
  const store = memoryRequests(() => new Date(Math.max(clock, latest)));
  const requests: (Request | null)[] = slots.map(() => null);
  const roleStatuses = new Map<PersonId, RoleStatus>(
    people.map((one) => [one, one === commands.outsider ? 'no' : 'yes']),
  );
  const askers = new Map<PersonId, RoleStatus>();
  const askerOf = (request: Request | null): RoleStatus => askers.get(request?.requester ?? requester) ?? 'yes';
  const asked = slots.map(() => new Map<number, Asked>());
  const checked = slots.map(() => new Map<number, Checked>());
  const made: Attempt[] = [];
  const told = { ordered: 0, intended: 0, succeeded: 0, ended: 0, changed: 0 };
  let clock = noon.getTime();
  let latest = 0;
  let required = 1;

  async function attempt(one: Attempt): Promise<void> {
    const { slot: at, cause, command } = one;
    const id = slots[at]?.id ?? slots[0].id;
    made.push(one);
    // What no correct runner does is thrown, and stores nothing.
    const outcome = await store
      .append(id, cause, (request, at) => decide(request, command, at))
      .catch((error: Error) => error);
    if (!('replay' in outcome) || outcome.replay || outcome.events.length === 0) return;
    latest = Date.parse(outcome.events[0]?.time ?? '');
    requests[at] = outcome.request;
    const events = await store.events(id);
    const types: readonly string[] = outcome.events.map(({ body }) =>
      body.type === 'ended' ? body.data.as : body.type,
    );
    onStored(outcome.request, events);
    const asksAgain = command.do === 'check-run' && types[0] === 'plan-changed';
    if (command.do === 'submit' || command.do === 'change' || asksAgain) asked[at]?.set(events.length, command);
    if (command.do === 'check-run') checked[at]?.set(events.length, command);
    rightPeople(events, asked[at] ?? new Map(), checked[at] ?? new Map());
    if (types.includes('run-ordered')) told.ordered += 1;
    if (types.includes('step-intended')) told.intended += 1;
    if (types.includes('request-changed')) told.changed += 1;
    if (types.includes('succeeded')) told.succeeded += 1;
    if (['rejected', 'cancelled', 'expired', 'failed'].some((type) => types.includes(type))) told.ended += 1;
  }

  /** What people are asked about: the plan for this agent in a world, and the policy of this moment. */
  const question = (at: number, seen: WorldName) => {
    const expiresAt = new Date(clock + expiryMs).toISOString();
    const policy = appliedPolicy({ approvalsRequired: required, expiresAt });
    return { ...planIn(slots[at]?.resource ?? '', seen), policy };
  };
  /** What was made so far makes a cause one of its own. */
  const causeOf = (what: string): string => `${what}/${made.length}`;
  const checkOf = (at: number, run: number, seen: WorldName): Attempt => {
    const members = people.filter((one) => roleStatuses.get(one) === 'yes');
    const roles = Object.fromEntries(members.map((one) => [one, 'yes' as const]));
    const requesterStatus = askerOf(requests[at] ?? null);
    const command = commands.checks({ run, ...question(at, seen), roleStatuses: roles, requesterStatus });
    return { slot: at, cause: causeOf(`run:${run}/check`), command };
  };
  const intentOf = (at: number, run: number, own: StepName, attempt: number): Attempt => {
    return {
      slot: at,
      cause: causeOf(`run:${run}/${own}/${attempt}/intent`),
      command: commands.intends(run, own, attempt),
    };
  };
  const resultOf = (at: number, run: number, { step: own, attempt, outcome, change }: Result): Attempt => {
    const isDone = outcome === 'done' || outcome === 'done, unproved';
    const proofs = own === 'verify' && outcome === 'done' ? commands.proved : [];
    const retryAt = outcome === 'stuck' ? null : '2026-03-02T13:00:00.000Z';
    const come = isDone
      ? commands.doneWith(own, { attempt, proofs })
      : commands.failedWith(own, retryAt, attempt, { change });
    return { slot: at, cause: causeOf(`run:${run}/${own}/${attempt}/result`), command: commands.records(run, come) };
  };

  function clickOf(at: number, by: PersonId, asking: number, { verb, ticked, odd: isOdd }: Clicked): Attempt {
    const cause = `click:${asking}/${by}/${verb}${isOdd ? made.length : ''}`;
    const roleStatus = roleStatuses.get(by) ?? 'no';
    const change = { roleStatus, requesterStatus: askerOf(requests[at] ?? null), asking };
    if (verb === 'cancel') return { slot: at, cause, command: commands.cancels(by, asking) };
    if (verb === 'withdraw') return { slot: at, cause, command: commands.withdraws(by, asking) };
    if (verb !== 'approve' && verb !== 'reject')
      return { slot: at, cause, command: commands.settles(verb, by, change) };
    return { slot: at, cause, command: commands.decides(verb, by, { ...change, acknowledged: ticked }) };
  }

  function attemptOf(turn: ModelTurn): Attempt | null {
    if (!('slot' in turn)) return null;
    const { slot: at } = turn;
    const request = requests[at] ?? null;
    const off = 'off' in turn ? turn.off : 0;
    const run = (request?.runs ?? 0) + off;
    const asking = (request?.asking ?? 1) + off;
    const next = request === null ? undefined : stepNow(request);
    const by = ('person' in turn ? people[turn.person] : undefined) ?? requester;
    switch (turn.do) {
      case 'submit': {
        const form = { actor: personActor(by, tenant, 'local'), formId: FormId.parse(`F-000000000${at}`) };
        const resourceName = slots[at]?.resource ?? '';
        const command = submit({ by, ...form, resourceName, ...question(at, turn.world) });
        return { slot: at, cause: 'submit', command };
      }
      case 'click':
        return clickOf(at, by, asking, turn);
      case 'change': {
        const command = commands.changes({ by, asking, justification: turn.reason, ...question(at, turn.world) });
        return { slot: at, cause: causeOf('change'), command };
      }
      case 'expire':
        return { slot: at, cause: causeOf('timer:expire'), command: commands.expires };
      case 'stop':
        return { slot: at, cause: causeOf(`run:${run}/stop`), command: commands.stops(run) };
      case 'check':
        return checkOf(at, run, turn.world);
      case 'intend':
      case 'record': {
        const own = turn.step ?? next?.name ?? 'verify';
        const attempt = Math.max(1, (next?.attempt ?? 0) + (turn.do === 'intend' ? 1 : 0) + turn.more);
        return turn.do === 'intend'
          ? intentOf(at, run, own, attempt)
          : resultOf(at, run, { ...turn, step: own, attempt });
      }
      case 'onward':
        return null;
    }
  }

  function onward(at: number): Attempt | null {
    const request = requests[at] ?? null;
    if (request === null || (request.state !== 'approved' && request.state !== 'running')) return null;
    const { runs: run } = request;
    if (!isChecked(request, Math.max(clock, latest))) return checkOf(at, run, worldOf(request));
    const { name = 'verify', state, attempt: tries = 0 } = stepNow(request) ?? {};
    if (state === 'running') return resultOf(at, run, { step: name, attempt: tries, outcome: 'done', change: 'none' });
    return intentOf(at, run, name, tries + 1);
  }

  for (const turn of turns) {
    for (let move = 0; turn.do === 'onward' && move < turn.moves; move += 1) {
      const one = onward(turn.slot);
      if (one !== null) await attempt(one);
    }
    if (turn.do === 'membership') roleStatuses.set(people[turn.person] ?? requester, turn.roleStatus);
    if (turn.do === 'asking') askers.set(people[turn.person] ?? requester, turn.roleStatus);
    if (turn.do === 'required') required = turn.required;
    if (turn.do === 'clock') clock += turn.hours * 3_600_000;
    const again = turn.do === 'repeat' ? made.at(-1 - (turn.back % Math.max(1, made.length))) : undefined;
    const one = again ?? attemptOf(turn);
    if (one !== null) await attempt(one);
  }
  const open = slots.filter((_, n) => requests.slice(n, n + 1).some((one) => one !== null && !hasEnded(one)));
  expect(new Set(open.map((one) => one.resource)).size).toBe(open.length);
  return { told, written: store.all() };
}
