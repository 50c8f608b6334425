import { operatorActor, personActor } from '../../../../src/domain/request/events.ts';
import { fold } from '../../../../src/domain/request/evolve.ts';
import type { Command } from '../../../../src/domain/request/request-command.ts';
import { asks, cancels, comesTo, decides, eventsAfter, id, requestAfter } from '../../../support/builders/commands.ts';
import { approver, requester, tenant } from '../../../support/builders/fixtures.ts';

const operator = operatorActor('duty');
const erase = (reason = 'asked for under article 17'): Command => ({ do: 'erase-texts', actor: operator, reason });

describe('erasing texts', () => {
  it('is done by an operator, also after the end', () => {
    expect(comesTo(requestAfter(asks(), cancels()), erase())).toBe('texts-erased');
  });

  it('is not for people in Teams, whoever they are', () => {
    const actor = personActor(requester, tenant, 'local');
    expect(comesTo(requestAfter(asks()), { do: 'erase-texts', actor, reason: 'mine' })).toBe('not-your-request');
  });

  it('wants a reason, which stays in the record with the name of whoever gave it', () => {
    expect(comesTo(requestAfter(asks()), erase('  '))).toBe('reason-missing');
    expect(comesTo(requestAfter(asks()), erase('x'.repeat(501)))).toBe('text-too-long');
    expect(eventsAfter(asks(), erase(' article 17 ')).at(-1)?.body).toMatchObject({
      data: { reason: 'article 17' },
      actor: { kind: 'operator', id: 'duty', signIn: 'command-line' },
      submittedBy: 'duty',
    });
  });

  it('changes nothing but the revision and the texts', () => {
    const before = requestAfter(asks(), decides('reject', approver, { comment: 'not this year' }));
    const after = requestAfter(asks(), decides('reject', approver, { comment: 'not this year' }), erase());
    expect(before).toMatchObject({ ended: { comment: 'not this year', commentErased: false } });
    expect(after).toEqual({
      ...before,
      revision: before.revision + 1,
      justification: null,
      ended: { by: approver, at: before.changedAt, comment: null, commentErased: true },
    });
  });

  it('does not make out that there was a comment where there was none', () => {
    // As cards of before ADR 5 stored it, which asked for no reason.
    const stored = eventsAfter(asks(), decides('reject', approver), erase());
    const after = fold(
      id,
      stored.map((event) => (event.body.type === 'ended' ? { ...event, texts: {} } : event)),
    );
    expect(after).toMatchObject({ ended: { comment: null, commentErased: false } });
  });
});

it('records an operator by the name given', () => {
  const cancelled = eventsAfter(asks(), { do: 'cancel', by: null, actor: operator, asking: 1 }).at(-1);
  expect(cancelled?.body).toMatchObject({
    type: 'ended',
    data: { as: 'cancelled' },
    actor: { kind: 'operator' },
    submittedBy: 'duty',
  });
  expect(eventsAfter(asks(), cancels()).at(-1)?.body.submittedBy).toBeNull();
});
