import { botActor, newEvent, recordVersion, type StoredEvent } from '../../../../src/domain/request/events.ts';
import { fold } from '../../../../src/domain/request/evolve.ts';
import { parseEventBody } from '../../../../src/operations/registry.ts';
import { asks, eventsAfter, id } from '../../../support/builders/commands.ts';
import { noon } from '../../../support/builders/plans.ts';

const stored = (revision: number, event: ReturnType<typeof newEvent>): StoredEvent => ({
  seq: revision,
  revision,
  cause: `test/${revision}`,
  time: noon.toISOString(),
  ...event,
});

describe('an event body', () => {
  it.each([
    ['another version', { ...newEvent('ended', botActor, { as: 'expired' }).body, schema: 2 }],
    ['no type', {}],
    ['an unknown type', { ...newEvent('ended', botActor, { as: 'expired' }).body, type: 'forgotten' }],
    ['a payload of another type', { ...newEvent('ended', botActor, { as: 'expired' }).body, type: 'run-ordered' }],
    ['a run number of nought', newEvent('run-ordered', botActor, { run: 0 }).body],
    ['no actor', { ...newEvent('ended', botActor, { as: 'expired' }).body, actor: null }],
    ['a field of the record left out', { type: 'ended', data: { as: 'expired' }, actor: botActor }],
  ])('is not one with %s', (_what, value) =>
    expect(() => parseEventBody({ schema: recordVersion, ...value })).toThrow(),
  );

  it('is one with everything', () => {
    const { body } = newEvent('ended', botActor, { as: 'expired' });
    expect(parseEventBody({ ...body, schema: recordVersion })).toEqual(body);
  });

  it('says null for all that is not known', () => {
    const { type, actor, data, ...rest } = newEvent('ended', botActor, { as: 'expired' }).body;
    expect([type, actor, data]).toEqual(['ended', botActor, { as: 'expired' }]);
    expect(Object.values(rest).every((value) => value === null)).toBe(true);
  });
});

it('folding throws on a history that cannot be: a bug, never a state', () => {
  const [first] = eventsAfter(asks());
  if (first === undefined) throw new Error('nothing was submitted');
  expect(() => fold(id, [stored(1, newEvent('ended', botActor, { as: 'expired' }))])).toThrow('starts with ended');
  expect(() => fold(id, [first, { ...first, revision: 2 }])).toThrow('submitted twice');
});
