/** Random lives of a request: what people, the clock and the runner may do in any order, and what must hold after each turn. */
import fc from 'fast-check';
import { PersonId } from '../../../src/domain/ids.ts';
import { StepName } from '../../../src/domain/plan.ts';
import type { RoleStatus } from '../../../src/domain/policy/policy.ts';
import { decide } from '../../../src/domain/request/decide.ts';
import { evolve, fold } from '../../../src/domain/request/evolve.ts';
import type { Request } from '../../../src/domain/request/request.ts';
import type { Command } from '../../../src/domain/request/request-command.ts';
import {
  cancels,
  changes,
  checks,
  decides,
  doneWith,
  failedWith,
  id,
  outsider,
  proved,
  records,
  secondApprover,
  settles,
} from './commands.ts';
import { approver, requester, submit } from './fixtures.ts';
import { type MemoryRequests, memoryRequests } from './memory-requests.ts';
import { noon, planFor, sha256, vault } from './plans.ts';

export const people = [
  requester,
  approver,
  secondApprover,
  outsider,
  PersonId.parse(`${'2'.repeat(8)}-0000-4000-8000-000000000009`),
];
const hour = 3_600_000;
const verbs = ['approve', 'reject', 'cancel', 'stop', 'retry', 'give-up'] as const;
const plans = [
  planFor(),
  planFor({ seen: { vault: vault({ softDelete: false }) } }),
  planFor({ seen: { grantHeld: true } }),
];

const person = fc.nat({ max: people.length - 1 });
const stale = fc.oneof(
  { weight: 5, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.integer({ min: -2, max: 2 }) },
);
const anotherRun = stale;
/** What Azure did with a change whose attempt failed. */
export const changeFate = fc.constantFrom('none', 'refused', 'accepted', 'unknown');
/** Null: the step whose turn it is. */
const step = fc.oneof(
  { weight: 6, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.constantFrom(...StepName.options) },
);

/** One turn. Numbers point at people and plans; `off` is how far a card or a run is from the current one. */
export const turn = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('click'),
      verb: fc.constantFrom(...verbs),
      person,
      off: stale,
      tick: fc.boolean(),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('click'),
      verb: fc.constant('approve' as const),
      person,
      off: fc.constant(0),
      tick: fc.constant(true),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('change'),
      person,
      off: stale,
      plan: fc.nat({ max: plans.length - 1 }),
      required: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('membership'),
      person,
      roleStatus: fc.constantFrom<RoleStatus>('yes', 'no', 'unknown'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('clock'), hours: fc.integer({ min: -2, max: 40 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('expire') }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('check'),
      plan: fc.nat({ max: plans.length - 1 }),
      off: anotherRun,
      required: fc.integer({ min: 1, max: 3 }),
    }),
  },
  // A runner that does what it should.
  { weight: 14, arbitrary: fc.record({ do: fc.constant('onward') }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('intend'), step, off: anotherRun }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('record'),
      step,
      off: anotherRun,
      outcome: fc.constantFrom('done', 'done', 'done', 'waits', 'stuck'),
      change: changeFate,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('stop'), off: anotherRun }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('repeat') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart') }) },
);
export type Turn = typeof turn extends fc.Arbitrary<infer T> ? T : never;

/** The first step that is not done in this run. */
const nextOf = (request: Request): StepName =>
  request.progress.find((one) => one.run !== request.runs || one.state !== 'done')?.name ?? 'verify';

function intent(run: number, name: StepName, request: Request): readonly [string, Command] {
  const before = request.progress.find((one) => one.name === name);
  const attempt = before?.run === run ? before.attempt + 1 : 1;
  return [`run:${run}/${name}/${request.revision}/intent`, { do: 'intend', run, steps: [{ step: name, attempt }] }];
}

/** The check of a run that was ordered; then the next step, done at once. */
function onward(request: Request): readonly (readonly [string, Command])[] {
  const run = request.runs;
  if (request.checked !== run) {
    const roleStatuses = Object.fromEntries(request.approvals.map(({ by }) => [by, 'yes'] as const));
    const { plan, digest, policy } = request;
    // It finds the plan that was approved, or next to no life would go on from here.
    return [[`run:${run}/check`, { ...checks({ run, plan, roleStatuses }), digest, policy } as Command]];
  }
  const name = nextOf(request);
  const [cause, intended] = intent(run, name, request);
  if (intended.do !== 'intend') return [];
  const attempt = intended.steps[0]?.attempt ?? 1;
  const done = doneWith(name, { attempt, proofs: name === 'verify' ? proved : [] });
  return [
    [cause, intended],
    [`run:${run}/${name}/${request.revision}/result`, records(run, done)],
  ];
}

/** The life so far, with the state as an incremental reader sees it. */
export interface Life {
  readonly requests: MemoryRequests;
  current: Request;
  /** Whether the last turn stored something. */
  stored: number;
  /** How many turns no correct runner takes. */
  thrown: number;
}

export async function live(turns: readonly Turn[], required: number, after: (life: Life) => void): Promise<void> {
  let clock = noon.getTime();
  const requests = memoryRequests(() => new Date(clock));
  const roleStatuses = new Map<string, RoleStatus>(people.map((one) => [one, one === outsider ? 'no' : 'yes']));
  const checkRole = (one: PersonId): RoleStatus => roleStatuses.get(one) ?? 'no';
  const seen: (readonly [cause: string, command: Command])[] = [];
  const policy = (approvalsRequired: number) => ({
    version: 'p1',
    rule: 'environment',
    approvalsRequired,
    expiresAt: new Date(clock + 72 * hour).toISOString(),
  });

  const life: Life = { requests, current: undefined as never, stored: 0, thrown: 0 };
  async function append(cause: string, command: Command): Promise<void> {
    const appended = await requests
      .append(id, cause, (request, now) => decide(request, command, now))
      .catch((error: Error) => error);
    if (appended instanceof Error) {
      life.thrown += 1;
      return;
    }
    const fresh = appended.kind === 'accepted' && !appended.replay ? appended.events : [];
    life.stored = fresh.length;
    life.current =
      life.current === undefined
        ? (fold(id, fresh) as Request)
        : fresh.reduce((one, event) => evolve(one, event), life.current);
    seen.push([cause, command]);
  }

  function commandOf(one: Turn, request: Request): readonly [string, Command] | null {
    const run = 'off' in one ? request.runs + one.off : request.runs;
    switch (one.do) {
      case 'click': {
        const by = people[one.person] ?? requester;
        const change = { asking: request.asking + one.off, roleStatus: checkRole(by), acknowledged: one.tick };
        const cause = `click:${change.asking}/${by}/${one.verb}`;
        if (one.verb === 'cancel') return [cause, cancels(by, change.asking)];
        if (one.verb === 'approve' || one.verb === 'reject') return [cause, decides(one.verb, by, change)];
        return [cause, settles(one.verb, by, change)];
      }
      case 'change': {
        const { revision } = request;
        const plan = plans[one.plan] ?? planFor();
        const digest = sha256(`${one.plan}/changed/${revision}`);
        const [by, asking] = [people[one.person] ?? requester, request.asking + one.off];
        const told = { by, asking, justification: `For reason ${revision}`, policy: policy(one.required) };
        return [`change/${revision}`, changes({ ...told, plan, digest })];
      }
      case 'expire':
        return [`timer:expire/${request.policy.expiresAt}`, { do: 'expire' }];
      case 'check': {
        const known = Object.fromEntries(request.approvals.map(({ by }) => [by, checkRole(by)]));
        const plan = plans[one.plan] ?? planFor();
        const command = checks({ run, plan, roleStatuses: known });
        // The digest tells plans apart and questions too, so that an approval can be traced to the one it answers.
        return [
          `run:${run}/check`,
          { ...command, digest: sha256(`${one.plan}/${request.revision}`), policy: policy(one.required) } as Command,
        ];
      }
      case 'intend':
        return intent(run, one.step ?? nextOf(request), request);
      case 'record': {
        const name = one.step ?? nextOf(request);
        const { attempt = 1 } = request.progress.find((other) => other.name === name) ?? {};
        const result =
          one.outcome === 'done'
            ? doneWith(name, { attempt, proofs: name === 'verify' ? proved : [] })
            : failedWith(name, one.outcome === 'stuck' ? null : new Date(clock).toISOString(), attempt, {
                change: one.change,
              });
        return [`run:${run}/${name}/${request.revision}/result`, records(run, result)];
      }
      case 'stop':
        return [`run:${run}/stop`, { do: 'stop-run', run, failure: failedOnce }];
      case 'clock':
      case 'membership':
      case 'onward':
      case 'repeat':
      case 'restart':
        return null;
    }
  }

  await append('submit', submit({ plan: planFor(), digest: '1'.repeat(64), policy: policy(required) }));
  after(life);
  for (const one of turns) {
    life.stored = 0;
    if (one.do === 'membership') roleStatuses.set(people[one.person] ?? requester, one.roleStatus);
    if (one.do === 'clock') clock += one.hours * hour;
    if (one.do === 'restart') life.current = (await requests.load(id)) as Request;
    if (one.do === 'onward') {
      for (const command of onward(life.current)) {
        await append(...command);
        after(life);
      }
    }
    const next = one.do === 'repeat' ? (seen.at(-1) ?? null) : commandOf(one, life.current);
    if (next !== null) await append(...next);
    after(life);
  }
}

const { failure: failedOnce } = failedWith('verify', null) as Extract<
  ReturnType<typeof failedWith>,
  { outcome: 'failed' }
>;
