/**
 * Requests as the promises tell of them, beside the domain and sharing none of its rules: a tiny model that says of every
 * command what must be stored, and what every request then is. Random lives are led through both.
 */

import type { PersonId } from '../../../src/domain/ids.ts';
import type { StepName } from '../../../src/domain/plan.ts';
import type { Command, Submit } from '../../../src/domain/request/request-command.ts';
import { covers, slots, stepsIn, type WorldName, worldOf } from './model-worlds.ts';

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

/** What a command for the request in this slot must store, as event types; null: nothing. */
export function expected(
  all: readonly (Modelled | null)[],
  slot: number,
  command: Command,
  now: number,
): readonly string[] | null {
  const request = all[slot] ?? null;
  if (command.do === 'submit') {
    const name = slots[slot]?.resource;
    const taken = all.some((other, n) => other !== null && slots[n]?.resource === name && !ended.includes(other.state));
    return request === null && !taken && worldOf(command) !== 'the firewall is closed' ? ['submitted'] : null;
  }
  if (request === null) return null;
  const waits = request.state === 'awaiting-approval';
  const mayRun = request.state === 'approved' || request.state === 'running';
  switch (command.do) {
    case 'approve':
    case 'reject': {
      const { by, roleStatus, asking } = command;
      if (by === request.by || roleStatus !== 'yes' || asking !== request.asking) return null;
      // Too late, whether or not the timer has come by.
      if (waits && now >= request.until) return ['expired', 'decided-late'];
      if (!waits && request.state !== 'approved') {
        return ['decided-late', ...(command.do === 'reject' ? (halting(request) ?? []) : [])];
      }
      if (command.do === 'reject') return ['rejected'];
      if (!waits || request.good.has(by) || !command.acknowledged || command.requesterStatus !== 'yes') return null;
      return request.good.size + 1 >= request.required ? ['approved', 'run-ordered'] : ['approved'];
    }
    case 'change': {
      const { by, asking, justification } = command;
      const asksOtherwise = by === request.by && asking === request.asking && justification !== request.reason;
      const canBe = waits && now < request.until && !request.touched && request.changes < 5;
      return asksOtherwise && canBe && worldOf(command) !== 'the firewall is closed' ? ['request-changed'] : null;
    }
    case 'cancel': {
      const isOwn = command.by === request.by && command.asking === request.asking;
      return isOwn && (waits || request.state === 'approved') ? ['cancelled'] : null;
    }
    case 'stop':
    case 'retry':
    case 'give-up':
      if (command.by !== request.by && command.roleStatus !== 'yes') return null;
      if (command.asking !== request.asking) return null;
      if (command.do === 'stop') return halting(request);
      if (request.state !== 'needs-attention') return null;
      if (command.do === 'give-up') return ['failed'];
      return command.requesterStatus === 'yes' ? ['retried', 'run-ordered'] : null;
    case 'expire':
      return waits && now >= request.until ? ['expired'] : null;
    case 'check-run': {
      const { run, requesterStatus, roleStatuses, policy } = command;
      if (request.state !== 'approved' || run !== request.run) return null;
      if (worldOf(command) === 'the firewall is closed' || requesterStatus !== 'yes') return ['attention-needed'];
      const still = [...request.good].filter(([person, ends]) => roleStatuses[person] === 'yes' && now < ends).length;
      const holds = still >= Math.max(request.required, policy.approvalsRequired) && !request.objected;
      return holds && covers[request.world].includes(worldOf(command)) ? ['run-checked'] : ['plan-changed'];
    }
    case 'intend': {
      const [attempted] = command.steps;
      const isTurn = mayRun && command.run === request.run && isChecked(request, now);
      const attempt = { idle: 1, waiting: request.tries + 1, running: null }[request.next];
      const fits = attempted?.step === stepNow(request) && attempted.attempt === attempt;
      return isTurn && fits ? ['step-intended'] : null;
    }
    case 'record': {
      const [result] = command.results;
      const isTurn = mayRun && command.run === request.run && request.next === 'running';
      if (!isTurn || result?.step !== stepNow(request) || result.attempt !== request.tries) return null;
      const ends = request.halted ? ['attention-needed'] : [];
      if (result.outcome === 'failed')
        return result.retryAt === null ? ['step-failed', 'attention-needed'] : ['step-failed', ...ends];
      if (result.step !== 'verify') return ['step-done', ...ends];
      return result.proofs.length > 0 ? ['step-done', 'succeeded'] : null;
    }
    case 'stop-run':
      return mayRun && command.run === request.run ? ['attention-needed'] : null;
    // No life of the model has these.
    case 'remind':
    case 'take-on':
    case 'retry-automatically':
    case 'erase-texts':
    case 'note-evidence':
    case 'set-clock-right':
    case 'judge-use':
      return null;
  }
}

/** Before the first step, a check lets the run go for five minutes. */
export const isChecked = ({ checkedAt, state }: Modelled, now: number): boolean =>
  checkedAt !== null && (state !== 'approved' || now - checkedAt <= 5 * 60_000);

const question = (command: Pick<Submit, 'digest' | 'policy'>) => ({
  world: worldOf(command),
  required: command.policy.approvalsRequired,
  until: Date.parse(command.policy.expiresAt),
});

/** The request after the command stored what it had to; `revision` is that of the last event. */
export function after(
  request: Modelled | null,
  command: Command,
  types: readonly string[],
  revision: number,
  now: number,
): Modelled | null {
  if (command.do === 'submit') {
    return {
      ...{ state: 'awaiting-approval', by: command.by, ...question(command), asking: revision, askedAt: now },
      ...{ good: new Map(), run: 0, checkedAt: null, done: 0, next: 'idle', tries: 0 },
      ...{ halted: false, objected: false, changes: 0, reason: '', touched: false },
    };
  }
  if (request === null) return null;
  const last = types.at(-1);
  const anew = { checkedAt: null, done: 0, next: 'idle', tries: 0 } as const;
  if (command.do === 'approve' && types.includes('approved'))
    request.good.set(command.by, now + request.until - request.askedAt);
  if (types.includes('stop-requested') && 'by' in command && command.by !== request.by) request.objected = true;
  if (types.includes('expired')) return { ...request, state: 'expired' };
  switch (last) {
    case 'run-ordered':
      return { ...request, ...anew, state: 'approved', run: request.run + 1 };
    case 'run-checked':
      return { ...request, checkedAt: now };
    case 'plan-changed':
    case 'request-changed':
      if (command.do !== 'check-run' && command.do !== 'change') return request;
      return {
        ...request,
        ...anew,
        ...{ state: 'awaiting-approval', good: new Map(), objected: false, asking: revision, askedAt: now },
        ...question(command),
        ...(command.do === 'change' ? { changes: request.changes + 1, reason: command.justification } : {}),
      };
    case 'step-intended':
      return { ...request, touched: true, state: 'running', next: 'running', tries: request.tries + 1 };
    case 'step-done':
      return { ...request, done: request.done + 1, next: 'idle', tries: 0 };
    case 'step-failed':
      return { ...request, next: 'waiting' };
    case 'attention-needed':
      return { ...request, state: 'needs-attention', asking: revision, halted: false };
    case 'stop-requested':
      return { ...request, halted: true };
    case 'failed':
    case 'rejected':
    case 'cancelled':
    case 'succeeded':
      return { ...request, state: last };
    case undefined:
      break;
  }
  return request;
}

/** The step that the request's run has come to. */
export const stepNow = ({ world, done }: Modelled): StepName => stepsIn(world)[done] ?? 'verify';
