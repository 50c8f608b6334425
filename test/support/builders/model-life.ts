/**
 * Requests as the promises tell of them, beside the domain and sharing none of its rules: a tiny model that says of every
 * attempt what must be stored, and what every request then is. Random lives are led through both.
 */

import { sha256 } from '../../../src/domain/canonical-json.ts';
import { FormId, type PersonId, type RequestId } from '../../../src/domain/ids.ts';
import type { Plan, StepName } from '../../../src/domain/plan.ts';
import type { RoleStatus } from '../../../src/domain/policy/policy.ts';
import { personActor } from '../../../src/domain/request/events.ts';
import type { Command } from '../../../src/domain/request/request-command.ts';
import {
  cancels,
  changes,
  checks,
  decides,
  doneWith,
  failedWith,
  proved,
  records,
  settles,
  stops,
} from './commands.ts';
import { requestId, resourceId, submit, tenant } from './fixtures.ts';
import { planFor, ref, resource, vault, wish } from './plans.ts';

/** What Azure looks like when somebody looks. The last is one that nobody can approve a way around. */
export const worlds = [
  'as it was',
  'soft delete is off',
  'the grant is there',
  'access is by policies',
  'the firewall is closed',
] as const;
export type WorldName = (typeof worlds)[number];

/** Whose approval covers what: said here once more, by looking at what each would change. */
const covers: Readonly<Record<WorldName, readonly WorldName[]>> = {
  'as it was': ['as it was', 'the grant is there'],
  'soft delete is off': ['soft delete is off', 'as it was', 'the grant is there'],
  'the grant is there': ['the grant is there'],
  'access is by policies': ['access is by policies', 'the grant is there'],
  'the firewall is closed': [],
};
const stepsIn = (world: WorldName): readonly StepName[] =>
  world === 'the grant is there'
    ? ['enable-identity', 'protect-vault', 'set-cmk', 'verify']
    : ['enable-identity', 'grant-key-access', 'protect-vault', 'set-cmk', 'verify'];

/** Two requests for one agent, one for another. */
export const slots = [
  { id: requestId(1), resource: 'bot-care' },
  { id: requestId(2), resource: 'bot-care' },
  { id: requestId(3), resource: 'bot-ward' },
] as const;

/** By resource and world. */
const plans = new Map<string, Plan>();

function planOf(name: string, world: WorldName): Plan {
  const plan = plans.get(`${name} ${world}`) ?? newPlan(name, world);
  plans.set(`${name} ${world}`, plan);
  return plan;
}

function newPlan(name: string, world: WorldName): Plan {
  const id = resourceId(name);
  const seen = {
    resource: resource({ id, name }),
    ...(world === 'soft delete is off' ? { vault: vault({ softDelete: false }) } : {}),
    ...(world === 'access is by policies' ? { vault: vault({ access: 'access-policies' }) } : {}),
    ...(world === 'the firewall is closed' ? { vault: vault({ firewall: 'closed' }) } : {}),
    ...(world === 'the grant is there' ? { grantHeld: true } : {}),
  };
  return planFor({ seen, wished: wish({ resource: ref(name) }) });
}

const hourMs = 3_600_000;
export const expiryMs = 72 * hourMs;

interface On {
  readonly slot: number;
}
/** One attempt, with everything that was true when it was made: repeated later, it is the same. */
export type Attempt = On &
  (
    | {
        readonly do: 'submit';
        readonly by: PersonId;
        readonly world: WorldName;
        readonly required: number;
        readonly until: number;
      }
    | {
        readonly do: 'approve' | 'reject' | 'cancel' | 'halt' | 'retry' | 'give-up';
        readonly by: PersonId;
        readonly asking: number;
        readonly roleStatus: RoleStatus;
        /** Of whoever asked for the request, as a requester. */
        readonly asker: RoleStatus;
        readonly ticked: boolean;
        /** Comes under a cause of its own, as no click of Teams does: the rules do not rest on causes. */
        readonly odd: boolean;
      }
    | {
        readonly do: 'change';
        readonly by: PersonId;
        readonly asking: number;
        readonly world: WorldName;
        readonly reason: string;
        readonly required: number;
        readonly until: number;
      }
    | { readonly do: 'expire' }
    | {
        readonly do: 'check';
        readonly run: number;
        readonly world: WorldName;
        readonly members: readonly PersonId[];
        readonly asker: RoleStatus;
        readonly required: number;
        readonly until: number;
      }
    | { readonly do: 'intend'; readonly run: number; readonly step: StepName; readonly attempt: number }
    | {
        readonly do: 'record';
        readonly run: number;
        readonly step: StepName;
        readonly attempt: number;
        readonly outcome: 'done' | 'done, unproved' | 'waits' | 'stuck';
      }
    | { readonly do: 'stop'; readonly run: number }
  );

/** A request in the model. `good` are those whose approval of the plan asked last was stored, and when it ends: as long after it as there was time to decide. */
export interface Modelled {
  state: string;
  readonly by: PersonId;
  world: WorldName;
  required: number;
  until: number;
  asking: number;
  askedAt: number;
  good: Map<PersonId, number>;
  run: number;
  /** When the check of this run let it go; null: it has not. */
  checkedAt: number | null;
  /** How many steps are done in this run, and where the next one stands. */
  done: number;
  next: 'idle' | 'running' | 'waiting';
  tries: number;
  /** Somebody wants nothing more to begin. */
  halted: boolean;
  /** Somebody else than whoever asked stopped a run of the plan asked last: its approvals carry no other one. */
  objected: boolean;
  /** How often whoever asked changed it, and to what reason last. */
  changes: number;
  reason: string;
  /** A step of it was begun. */
  touched: boolean;
}

const ended = ['succeeded', 'failed', 'rejected', 'cancelled', 'expired'];

/** What a wish to stop must store: while a step runs it is kept, else it ends the run; in the last step there is nothing to stop. */
function halting(request: Modelled): readonly string[] | null {
  if (request.state !== 'running') return null;
  if (request.next !== 'running') return ['stop-requested', 'attention-needed'];
  return request.done < stepsIn(request.world).length - 1 ? ['stop-requested'] : null;
}

/** What the attempt must store, as event types; null: nothing. */
export function expected(all: readonly (Modelled | null)[], one: Attempt, now: number): readonly string[] | null {
  const request = all[one.slot] ?? null;
  if (one.do === 'submit') {
    const name = slots[one.slot]?.resource;
    const taken = all.some((other, n) => other !== null && slots[n]?.resource === name && !ended.includes(other.state));
    return request === null && !taken && one.world !== 'the firewall is closed' ? ['submitted'] : null;
  }
  if (request === null) return null;
  const waits = request.state === 'awaiting-approval';
  const mayRun = request.state === 'approved' || request.state === 'running';
  switch (one.do) {
    case 'approve':
    case 'reject': {
      if (one.by === request.by || one.roleStatus !== 'yes' || one.asking !== request.asking) return null;
      // Too late, whether or not the timer has come by.
      if (waits && now >= request.until) return ['expired', 'decided-late'];
      if (!waits && request.state !== 'approved') {
        return ['decided-late', ...(one.do === 'reject' ? (halting(request) ?? []) : [])];
      }
      if (one.do === 'reject') return ['rejected'];
      if (!waits || request.good.has(one.by) || !one.ticked || one.asker !== 'yes') return null;
      return request.good.size + 1 >= request.required ? ['approved', 'run-ordered'] : ['approved'];
    }
    case 'change': {
      const asksOtherwise = one.by === request.by && one.asking === request.asking && one.reason !== request.reason;
      const canBe = waits && now < request.until && !request.touched && request.changes < 5;
      return asksOtherwise && canBe && one.world !== 'the firewall is closed' ? ['request-changed'] : null;
    }
    case 'cancel':
      return one.by === request.by && one.asking === request.asking && (waits || request.state === 'approved')
        ? ['cancelled']
        : null;
    case 'halt':
    case 'retry':
    case 'give-up':
      if (one.by !== request.by && one.roleStatus !== 'yes') return null;
      if (one.do === 'halt') return one.asking === request.asking ? halting(request) : null;
      if (request.state !== 'needs-attention' || one.asking !== request.asking) return null;
      if (one.do === 'give-up') return ['given-up'];
      return one.asker === 'yes' ? ['retried', 'run-ordered'] : null;
    case 'expire':
      return waits && now >= request.until ? ['expired'] : null;
    case 'check': {
      if (request.state !== 'approved' || one.run !== request.run) return null;
      if (one.world === 'the firewall is closed' || one.asker !== 'yes') return ['attention-needed'];
      const still = [...request.good].filter(([person, ends]) => one.members.includes(person) && now < ends).length;
      const enough = still >= Math.max(request.required, one.required);
      const holds = enough && !request.objected;
      return holds && covers[request.world].includes(one.world) ? ['run-checked'] : ['plan-changed'];
    }
    case 'intend': {
      const turn =
        mayRun &&
        one.run === request.run &&
        isChecked(request, now) &&
        stepsIn(request.world)[request.done] === one.step;
      const fits =
        request.next === 'idle' ? one.attempt === 1 : request.next === 'waiting' && one.attempt === request.tries + 1;
      return turn && fits ? ['step-intended'] : null;
    }
    case 'record': {
      const under = mayRun && one.run === request.run && stepsIn(request.world)[request.done] === one.step;
      if (!under || request.next !== 'running' || one.attempt !== request.tries) return null;
      if (one.outcome === 'done, unproved' && one.step === 'verify') return null;
      const ends = request.halted ? ['attention-needed'] : [];
      if (one.outcome === 'done, unproved') return ['step-done', ...ends];
      if (one.outcome === 'done') return one.step === 'verify' ? ['step-done', 'succeeded'] : ['step-done', ...ends];
      return one.outcome === 'stuck' ? ['step-failed', 'attention-needed'] : ['step-failed', ...ends];
    }
    case 'stop':
      return mayRun && one.run === request.run ? ['attention-needed'] : null;
  }
}

/** Before the first step, a check lets the run go for five minutes. */
export const isChecked = ({ checkedAt, state }: Modelled, now: number): boolean =>
  checkedAt !== null && (state !== 'approved' || now - checkedAt <= 5 * 60_000);

/** The request after the attempt stored what it had to; `revision` is that of the last event. */
export function after(
  request: Modelled | null,
  one: Attempt,
  types: readonly string[],
  revision: number,
  now: number,
): Modelled | null {
  if (one.do === 'submit') {
    const fresh = {
      good: new Map<PersonId, number>(),
      run: 0,
      checkedAt: null,
      done: 0,
      next: 'idle',
      tries: 0,
      halted: false,
      objected: false,
      changes: 0,
      reason: '',
      touched: false,
    } as const;
    const { by, world, required, until } = one;
    return { ...fresh, state: 'awaiting-approval', by, world, required, until, asking: revision, askedAt: now };
  }
  if (request === null) return null;
  const last = types.at(-1);
  const anew = { checkedAt: null, done: 0, next: 'idle', tries: 0 } as const;
  if (one.do === 'approve' && types.includes('approved'))
    request.good.set(one.by, now + request.until - request.askedAt);
  if (types.includes('stop-requested') && 'by' in one && one.by !== request.by) request.objected = true;
  if (types.includes('expired')) return { ...request, state: 'expired' };
  switch (last) {
    case 'run-ordered':
      return { ...request, ...anew, state: 'approved', run: request.run + 1 };
    case 'run-checked':
      return { ...request, checkedAt: now };
    case 'plan-changed':
      if (one.do !== 'check') return request;
      return {
        ...request,
        ...anew,
        ...{ state: 'awaiting-approval', good: new Map(), objected: false, asking: revision, askedAt: now },
        ...{ world: one.world, required: one.required, until: one.until },
      };
    case 'request-changed':
      if (one.do !== 'change') return request;
      return {
        ...request,
        ...anew,
        ...{ state: 'awaiting-approval', good: new Map(), objected: false, asking: revision, askedAt: now },
        ...{ world: one.world, required: one.required, until: one.until },
        ...{ changes: request.changes + 1, reason: one.reason },
      };
    case 'step-intended':
      return {
        ...request,
        touched: true,
        state: 'running',
        next: 'running',
        tries: one.do === 'intend' ? one.attempt : 0,
      };
    case 'step-done':
      return { ...request, done: request.done + 1, next: 'idle', tries: 0 };
    case 'step-failed':
      return { ...request, next: 'waiting' };
    case 'attention-needed':
      return { ...request, state: 'needs-attention', asking: revision, halted: false };
    case 'stop-requested':
      return { ...request, halted: true };
    case 'given-up':
      return { ...request, state: 'failed' };
    case 'rejected':
    case 'cancelled':
    case 'succeeded':
      return { ...request, state: last };
    case undefined:
      break;
  }
  return request;
}

const policyOf = (approvalsRequired: number, until: number) => ({
  ...{ version: 'p1', rule: 'environment', approvalsRequired },
  expiresAt: new Date(until).toISOString(),
});

/** The step that the request's run has come to. */
export const stepNow = (request: Modelled): StepName => stepsIn(request.world)[request.done] ?? 'verify';

/** The attempt in the words of the domain, and its cause. `count` is how many attempts were made before. */
export function commandOf(one: Attempt, count: number): readonly [cause: string, command: Command] {
  const { resource: name = '' } = slots[one.slot] ?? {};
  switch (one.do) {
    case 'submit': {
      const plan = planOf(name, one.world);
      const digest = sha256(`${name} ${one.world}`);
      const formId = FormId.parse(`F-000000000${one.slot}`);
      const { by } = one;
      const command = { by, actor: personActor(by, tenant, 'local'), formId, resourceName: name, plan, digest };
      return ['submit', submit({ ...command, policy: policyOf(one.required, one.until) })];
    }
    case 'change': {
      const { by, asking, reason: justification } = one;
      const [plan, digest] = [planOf(name, one.world), sha256(`${name} ${one.world}`)];
      const policy = policyOf(one.required, one.until);
      return [`change/${count}`, changes({ by, asking, justification, plan, digest, policy })];
    }
    case 'approve':
    case 'reject': {
      const { roleStatus, asker: requesterStatus, asking, ticked: acknowledged } = one;
      return [
        `click:${asking}/${one.by}/${one.do}${one.odd ? count : ''}`,
        decides(one.do, one.by, { roleStatus, requesterStatus, asking, acknowledged }),
      ];
    }
    case 'cancel':
      return [`click:${one.asking}/${one.by}/cancel${one.odd ? count : ''}`, cancels(one.by, one.asking)];
    case 'halt':
    case 'retry':
    case 'give-up': {
      const { roleStatus, asker: requesterStatus, asking } = one;
      return [
        `click:${asking}/${one.by}/${one.do}${one.odd ? count : ''}`,
        settles(one.do === 'halt' ? 'stop' : one.do, one.by, { roleStatus, requesterStatus, asking }),
      ];
    }
    case 'expire':
      return [`timer:expire/${count}`, { do: 'expire' }];
    case 'check': {
      const plan = planOf(name, one.world);
      const roleStatuses = Object.fromEntries(one.members.map((person) => [person, 'yes' as const]));
      const [digest, policy] = [sha256(`${name} ${one.world}`), policyOf(one.required, one.until)];
      const { run, asker: requesterStatus } = one;
      return [`run:${run}/check/${count}`, checks({ run, plan, digest, policy, roleStatuses, requesterStatus })];
    }
    case 'intend': {
      const { run, step, attempt } = one;
      return [`run:${run}/${step}/${attempt}/intent/${count}`, { do: 'intend', run, steps: [{ step, attempt }] }];
    }
    case 'record': {
      const { run, step, attempt, outcome } = one;
      const proofs = step === 'verify' && outcome === 'done' ? proved : [];
      const retryAt = outcome === 'stuck' ? null : '2026-03-02T13:00:00.000Z';
      const isDone = outcome === 'done' || outcome === 'done, unproved';
      const result = isDone ? doneWith(step, { attempt, proofs }) : failedWith(step, retryAt, attempt);
      return [`run:${run}/${step}/${attempt}/result/${count}`, records(run, result)];
    }
    case 'stop':
      return [`run:${one.run}/stop/${count}`, stops(one.run)];
  }
}

export const idOf = (one: Attempt): RequestId => slots[one.slot]?.id ?? slots[0].id;
export const isCoveredIn = (asked: WorldName, seen: WorldName): boolean => covers[asked].includes(seen);
