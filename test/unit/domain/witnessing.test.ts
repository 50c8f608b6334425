import type { WitnessStatus } from '../../../src/domain/ports/published-log.ts';
import { isInTrouble, summarizeWitnesses } from '../../../src/domain/witnessing.ts';
import { enoughWords, witnessWords } from '../../../src/text/witnesses.ts';

const at = new Date('2026-11-26T08:00:00Z');
const now = new Date('2026-11-26T08:03:00Z');
const report = (key: string, more: Partial<WitnessStatus>): WitnessStatus => ({
  key,
  since: at,
  asked: { size: 121, at, outcome: 'signed', detail: '' },
  signed: { size: 121, at },
  contradiction: null,
  cleared: null,
  told: false,
  ...more,
});
const keys = ['w1+0a+AA', 'w2+0b+BB', 'w3+0c+CC', 'w4+0d+DD'];
const known = [
  report('w1+0a+AA', {}),
  report('w2+0b+BB', {
    asked: { size: 121, at, outcome: 'no-answer', detail: 'fetch failed' },
    signed: { size: 117, at },
  }),
  report('w3+0c+CC', { contradiction: { at, detail: '422', note: '' }, signed: { size: 121, at } }),
  // The same name with another key is another witness.
  report('w4+0e+EE', {}),
];

test('those count who signed the newest checkpoint, under the key that is named, and contradict nothing', () => {
  const witnessing = summarizeWitnesses({ keys, needed: 2 }, known);
  expect(witnessing.witnesses.map(({ name, current }) => [name, current])).toEqual([
    ['w1', true],
    ['w2', false],
    ['w3', false],
    ['w4', false],
  ]);
  const later = (hours: number) => new Date(at.getTime() + hours * 3_600_000);
  const inTrouble = (when: Date) =>
    witnessing.witnesses.filter((one) => isInTrouble(one, when)).map(({ name }) => name);
  // One that signs whenever it is asked is in no trouble, however long ago that was.
  expect([inTrouble(now), inTrouble(later(4))]).toEqual([['w3'], ['w2', 'w3']]);
  expect(enoughWords(witnessing)).toBe('1 of 4 witnesses signed the newest checkpoint; 2 are needed: too few');
});

test('each is told by what it signed last, and when', () => {
  const words = summarizeWitnesses({ keys, needed: 2 }, known).witnesses.map((view) => witnessWords(view, now));
  expect(words).toEqual([
    'witnessed up to 121, 3 minutes ago',
    'witnessed up to 117, 3 minutes ago; asked about 121 3 minutes ago, it didn’t answer (fetch failed)',
    'witnessed up to 121, 3 minutes ago',
    'not asked yet',
  ]);
});
