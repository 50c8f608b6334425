import { consequencesOf } from '../../../../src/domain/request/consequences.ts';
import { decide } from '../../../../src/domain/request/decide.ts';
import type { StoredEvent } from '../../../../src/domain/request/events.ts';
import { fold } from '../../../../src/domain/request/evolve.ts';
import type { UseAnswer } from '../../../../src/domain/usage-check.ts';
import { eventsAfter, id, toSucceeded } from '../../../support/builders/commands.ts';
import { noon } from '../../../support/builders/plans.ts';

/** A success that goes on being looked at: until the use of the key is judged, once. */

const withinMs = 1_800_000;
const succeeded = (more: object): readonly StoredEvent[] =>
  eventsAfter(...toSucceeded.map((command) => (command.do === 'record' ? { ...command, ...more } : command)));
const looked = succeeded({ useWithinMs: withinMs });
const until = new Date(noon.getTime() + withinMs);
const used: UseAnswer = {
  outcome: 'used',
  at: noon.toISOString(),
  operation: 'KeyWrap',
  knownBy: 'object-id',
  allowedBy: { by: 'not-told' },
};
const unknown: UseAnswer = { outcome: 'unknown', why: { code: 'not-asked' } };
const judge = (events: readonly StoredEvent[], answer: UseAnswer, now: Date, run = 1) =>
  decide(fold(id, events), { do: 'judge-use', run, answer }, now);
const judgedAfter = (events: readonly StoredEvent[], answer: UseAnswer, now: Date): readonly StoredEvent[] => {
  const decision = judge(events, answer, now);
  if (decision.kind === 'refused') throw new Error(decision.code);
  const [place, time] = [{ seq: events.length + 1, revision: events.length + 1, cause: 'x' }, now.toISOString()];
  return [...events, ...decision.events.map(({ body }) => ({ ...place, time, body, texts: {} }))];
};

describe('a success', () => {
  it('says from when and until when is looked, and has the log asked at once', () => {
    const request = fold(id, looked);
    const use = { since: noon.toISOString(), until: until.toISOString(), judged: null };
    expect(request).toMatchObject({ state: 'succeeded', use });
    if (request === null) throw new Error('no request');
    const rows = consequencesOf(request, looked.slice(-1));
    expect(rows).toContainEqual({ kind: 'use', key: '1', dueAt: noon.toISOString() });
  });

  it('has nobody asked where no workspace is configured', () => {
    const request = fold(id, succeeded({}));
    expect(request).toMatchObject({ state: 'succeeded', use: null });
    if (request === null) throw new Error('no request');
    expect(consequencesOf(request, succeeded({}).slice(-1)).map(({ kind }) => kind)).not.toContain('use');
    expect(judge(succeeded({}), used, noon)).toMatchObject({ kind: 'refused' });
  });
});

describe('a judgement', () => {
  it('of a use is taken at once, proves it, and leaves the rest of the request as it was', () => {
    const [before, now] = [fold(id, looked), fold(id, judgedAfter(looked, used, new Date(noon.getTime() + 1_000)))];
    if (before?.state !== 'succeeded' || now?.state !== 'succeeded') throw new Error('no success');
    expect(now).toMatchObject({ asking: before.asking, changedAt: before.changedAt, revision: before.revision + 1 });
    expect(now.use?.judged?.answer).toEqual(used);
  });

  it('of no use, or that nobody knows, is taken at the deadline and not before', () => {
    expect(() => judge(looked, unknown, new Date(until.getTime() - 1))).toThrow('before');
    expect(judge(looked, unknown, until)).toMatchObject({ kind: 'accepted' });
  });

  it('is taken once', () => {
    const judged = judgedAfter(looked, unknown, until);
    expect(judge(judged, used, until)).toMatchObject({ kind: 'refused', code: 'request-ended' });
  });

  it('is of the run that succeeded', () => expect(() => judge(looked, used, noon, 2)).toThrow('run 2'));

  it('is refused while the run goes', () => {
    expect(judge(looked.slice(0, -1), used, noon)).toMatchObject({ kind: 'refused' });
  });
});
