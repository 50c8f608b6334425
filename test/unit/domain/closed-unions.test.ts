/**
 * The closed unions that the product rests on, as types: `tsc` refuses this file where one of them grows or shrinks, so that a
 * change touches it knowingly, and where something compiles that must not.
 */
import type { Found } from '../../../src/domain/failure.ts';
import type { ArmId, PersonId, RequestId } from '../../../src/domain/ids.ts';
import { StepName } from '../../../src/domain/plan.ts';
import { botActor, type EventType, newEvent } from '../../../src/domain/request/events.ts';
import type { RefusalCode } from '../../../src/domain/request/refusal.ts';
import type { Command } from '../../../src/domain/request/request-command.ts';
import { verbs as verbsOfBot } from '../../../src/teams/bot/verbs.ts';
import { approver, requestId } from '../../support/builders/fixtures.ts';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : never;
const isTrue = <T extends true>(value: T): T => value;

const events = [
  'submitted',
  'approved',
  'rejected',
  'cancelled',
  'expired',
  'decided-late',
  'plan-changed',
  'request-changed',
  'run-ordered',
  'run-checked',
  'step-intended',
  'step-done',
  'step-failed',
  'attention-needed',
  'succeeded',
  'use-judged',
  'stop-requested',
  'retried',
  'retried-automatically',
  'taken-on',
  'reminded',
  'given-up',
  'texts-erased',
  'evidence-made',
  'clock-set-right',
  'drift-opened',
  'drift-changed',
  'drift-closed',
] as const;
const commands = [
  'submit',
  'change',
  'approve',
  'reject',
  'cancel',
  'give-up',
  'stop',
  'retry',
  'remind',
  'take-on',
  'retry-automatically',
  'erase-texts',
  'note-evidence',
  'set-clock-right',
  'expire',
  'check-run',
  'intend',
  'record',
  'judge-use',
  'stop-run',
] as const;
const steps = [
  'enable-identity',
  'make-key-version',
  'recover-key',
  'enable-key-version',
  'disable-key-version',
  'grant-key-access',
  'protect-vault',
  'set-cmk',
  'verify',
] as const;
const verbs = [
  'request.approve',
  'request.reject',
  'request.cancel',
  'request.stop',
  'request.retry',
  'request.take-on',
  'request.give-up',
  'request.remind',
  'request.change',
  'request.ask-again',
  'request.evidence',
  'request.refresh',
] as const;

test('stored events, commands and steps are these and no others', () => {
  isTrue<Same<EventType, (typeof events)[number]>>(true);
  isTrue<Same<Command['do'], (typeof commands)[number]>>(true);
  isTrue<Same<StepName, (typeof steps)[number]>>(true);
  expect(StepName.options).toEqual(steps);
  // The last step proves that the resource is under the key.
  expect(steps.at(-1)).toBe('verify');
});

test('the verbs of a request’s buttons are these and no others', () => {
  const ofRequests = [...verbsOfBot.keys()].filter((verb) => verb.startsWith('request.'));
  expect(ofRequests.sort()).toEqual([...verbs].sort());
});

test('what a refusal and a finding are is closed: nothing but their codes compiles', () => {
  isTrue<Same<string extends RefusalCode ? 'open' : 'closed', 'closed'>>(true);
  isTrue<Same<string extends Found['code'] ? 'open' : 'closed', 'closed'>>(true);
  // @ts-expect-error: no refusal has this code
  const code: RefusalCode = 'approved-by-nobody';
  expect(code).toBeDefined();
});

test('an id is no text, and no other id', () => {
  // @ts-expect-error: an id is made by parsing
  const person: PersonId = '20000000-0000-4000-8000-000000000002';
  // @ts-expect-error: a request is no person
  const other: PersonId = requestId(1);
  // @ts-expect-error: a person is no request
  const request: RequestId = approver;
  // @ts-expect-error: a request is no resource
  const resource: ArmId = requestId(1);
  expect([person, other, request, resource]).toHaveLength(4);
});

test('an event takes no payload but its own', () => {
  // @ts-expect-error: a run has a number
  newEvent('run-ordered', botActor, {});
  // @ts-expect-error: a rejection carries nothing
  newEvent('rejected', botActor, { run: 1 });
  // @ts-expect-error: there is no such event
  newEvent('approved-by-nobody', botActor, {});
  expect(newEvent('run-ordered', botActor, { run: 1 }).body.type).toBe('run-ordered');
});

test('an approval cannot be made without who clicked, their standing and the requester’s', () => {
  // @ts-expect-error: a standing is not left out
  const decision: Command = { do: 'approve', by: approver, asking: 1, acknowledged: true, comment: '' };
  expect(decision.do).toBe('approve');
});
