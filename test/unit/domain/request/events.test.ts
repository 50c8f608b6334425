import { botActor, newEvent, type StoredEvent } from '../../../../src/domain/request/events.ts';
import { evolve, fold } from '../../../../src/domain/request/evolve.ts';
import { parseEventBody } from '../../../../src/operations/registry.ts';
import { asks, eventsAfter, id, requestAfter, toAttention } from '../../../support/builders/commands.ts';
import { noon } from '../../../support/builders/plans.ts';

const stored = (revision: number, event: ReturnType<typeof newEvent>): StoredEvent => ({
  seq: revision,
  revision,
  cause: `test/${revision}`,
  time: noon.toISOString(),
  ...event,
});

describe('an event body', () => {
  it.each(eventsAfter(...toAttention).map((event) => [event.body.type, event.body] as const))(
    'of type %s comes back from JSON as it was',
    (_type, body) => expect(parseEventBody(JSON.parse(JSON.stringify(body)))).toEqual(body),
  );

  it.each([
    ['no type', {}],
    ['an unknown type', { ...newEvent('expired', botActor, {}).body, type: 'forgotten' }],
    ['a payload of another type', { ...newEvent('expired', botActor, {}).body, type: 'run-ordered' }],
    ['a run number of nought', newEvent('run-ordered', botActor, { run: 0 }).body],
    ['no actor', { ...newEvent('expired', botActor, {}).body, actor: null }],
    ['a field of the record left out', { type: 'expired', data: {}, actor: botActor }],
  ])('is not one with %s', (_what, value) => expect(() => parseEventBody(value)).toThrow());

  it('says null for all that is not known', () => {
    const { type, actor, data, ...rest } = newEvent('expired', botActor, {}).body;
    expect([type, actor, data]).toEqual(['expired', botActor, {}]);
    expect(Object.values(rest).every((value) => value === null)).toBe(true);
  });
});

describe('folding', () => {
  it('throws on a history that cannot be: a bug, never a state', () => {
    const [first] = eventsAfter(asks());
    if (first === undefined) throw new Error('nothing was submitted');
    expect(() => fold(id, [stored(1, newEvent('expired', botActor, {}))])).toThrow('starts with expired');
    expect(() => fold(id, [first, { ...first, revision: 2 }])).toThrow('submitted twice');
  });

  it('keeps the state when a decision came too late, and counts the revision', () => {
    const request = requestAfter(...toAttention);
    const late = newEvent('decided-late', botActor, { verb: 'approve', state: request.state });
    const after = evolve(request, stored(request.revision + 1, late));
    expect(after).toEqual({ ...request, revision: request.revision + 1 });
  });

  it('remembers where and for whom the request was made', () => {
    expect(requestAfter(asks())).toMatchObject({
      origin: { conversationType: 'channel' },
      submittedAt: noon.toISOString(),
      runs: 0,
      asking: 1,
    });
  });
});
