/** What happens in the random lives of the model: turns, drawn. */
import fc from 'fast-check';
import { PersonId } from '../../../src/domain/ids.ts';
import { StepName } from '../../../src/domain/plan.ts';
import type { RoleStatus } from '../../../src/domain/policy/policy.ts';
import { outsider, secondApprover } from './commands.ts';
import { approver, requester } from './fixtures.ts';
import { worlds } from './model-worlds.ts';

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
    ...{ slot, person, off, odd, ticked: fc.boolean() },
    verb: fc.constantFrom('approve', 'reject', 'cancel', 'stop', 'retry', 'retry', 'retry', 'give-up'),
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
    ...{ slot, off, step, more: off },
    outcome: fc.constantFrom('done', 'done', 'done', 'done, unproved', 'waits', 'stuck'),
    change: changeFate,
  }),
  of(2, 'stop', { slot, off }),
  of(2, 'repeat', { back: fc.nat({ max: 30 }) }),
);
export type ModelTurn = typeof modelTurn extends fc.Arbitrary<infer T> ? T : never;
