/** What must not compile: `tsc` refuses this file where it does. */
import type { Found } from '../../../src/domain/failure.ts';
import type { ArmId, PersonId, RequestId } from '../../../src/domain/ids.ts';
import { botActor, newEvent } from '../../../src/domain/request/events.ts';
import type { RefusalCode } from '../../../src/domain/request/refusal.ts';
import type { Command } from '../../../src/domain/request/request-command.ts';
import { approver, requestId } from '../../support/builders/fixtures.ts';

type Closed<Code extends string> = string extends Code ? false : true;

test('what a refusal and a finding are is closed: nothing but their codes compiles', () => {
  const closed: readonly [Closed<RefusalCode>, Closed<Found['code']>] = [true, true];
  // @ts-expect-error: no refusal has this code
  const code: RefusalCode = 'approved-by-nobody';
  expect([code, ...closed]).toHaveLength(3);
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
  newEvent('retried', botActor, { run: 1 });
  // @ts-expect-error: there is no such event
  newEvent('approved-by-nobody', botActor, {});
  expect(newEvent('run-ordered', botActor, { run: 1 }).body.type).toBe('run-ordered');
});

test('an approval cannot be made without who clicked, their standing and the requester’s', () => {
  // @ts-expect-error: a standing is not left out
  const decision: Command = { do: 'approve', by: approver, asking: 1, acknowledged: true, comment: '' };
  expect(decision.do).toBe('approve');
});
