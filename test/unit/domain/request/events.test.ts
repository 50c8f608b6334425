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
    ['no version', { ...newEvent('expired', botActor, {}).body, schema: undefined }],
    ['no type', {}],
    ['an unknown type', { ...newEvent('expired', botActor, {}).body, type: 'forgotten' }],
    ['a payload of another type', { ...newEvent('expired', botActor, {}).body, type: 'run-ordered' }],
    ['a run number of nought', newEvent('run-ordered', botActor, { run: 0 }).body],
    ['no actor', { ...newEvent('expired', botActor, {}).body, actor: null }],
    ['a field of the record left out', { type: 'expired', data: {}, actor: botActor }],
  ])('is not one with %s', (_what, value) =>
    expect(() => parseEventBody({ schema: recordVersion, ...value })).toThrow(),
  );

  it('is one with everything', () => {
    const { body } = newEvent('expired', botActor, {});
    expect(parseEventBody({ ...body, schema: recordVersion })).toEqual(body);
  });

  it('says null for all that is not known', () => {
    const { type, actor, data, ...rest } = newEvent('expired', botActor, {}).body;
    expect([type, actor, data]).toEqual(['expired', botActor, {}]);
    expect(Object.values(rest).every((value) => value === null)).toBe(true);
  });
});

it('folding throws on a history that cannot be: a bug, never a state', () => {
  const [first] = eventsAfter(asks());
  if (first === undefined) throw new Error('nothing was submitted');
  expect(() => fold(id, [stored(1, newEvent('expired', botActor, {}))])).toThrow('starts with expired');
  expect(() => fold(id, [first, { ...first, revision: 2 }])).toThrow('submitted twice');
});
