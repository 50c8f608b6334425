import { z } from 'zod';
import { Check } from '../../src/domain/check.ts';
import { Effect } from '../../src/domain/effect.ts';
import { botFailure, Failure, Found } from '../../src/domain/failure.ts';
import { type Plan, StepName } from '../../src/domain/plan.ts';
import { Proof, ProofLevel } from '../../src/domain/proof.ts';
import { botActor, newEvent, operatorActor, type Payload, recordVersion } from '../../src/domain/request/events.ts';
import { type EventType, payloadsWith } from '../../src/domain/request/payloads.ts';
import { RefusalCode, refuse, refuseFailure } from '../../src/domain/request/refusal.ts';
import { parseEventBody } from '../../src/operations/registry.ts';
import { checkWords } from '../../src/text/checks.ts';
import { eventWords } from '../../src/text/events.ts';
import { excerptLine } from '../../src/text/excerpt.ts';
import { expectedWords, failureLine, messageOf, sourceWords } from '../../src/text/failures.ts';
import { refusalLine, refusalWords } from '../../src/text/refusals.ts';
import { azureRemedies, remedyWords } from '../../src/text/remedies.ts';
import { effectWords, gistOf, notCheckedWords, proofWords, stepTable } from '../../src/text/steps.ts';
import { plan } from '../support/builders/commands.ts';

/** Every sentence there is, whatever stands in it: a code without words does not compile, and odd data must not break them. */

/** Values that a schema reads, made from the schema itself: every member of every union, and that text wherever text can stand. */
interface Choice {
  readonly text: string;
  /** Has each list with a few elements and each value that can be null; otherwise as few as the schema takes. */
  readonly isFull: boolean;
}

const person = '20000000-0000-4000-8000-000000000001';
/** Where only something well formed is read. */
const wellFormed = [
  '/subscriptions/40000000-0000-4000-8000-000000000001/resourceGroups/rg-care/providers/Microsoft.KeyVault/vaults/kv-care',
  '0123456789abcdef0123456789abcdef',
  '0123456789abcdef'.repeat(4),
  'cmk-care',
  person,
  'CMK-000001',
  'F-0000000001',
  '2027-01-01T00:00:00.000Z',
];

/** What is a day or a moment stands as one: as Azure tells it, or as a day alone. */
const moments = ['2027-01-01T00:00:00.000Z', '2021-11-11', '9999-12-31T23:59:59Z'];
const holdsMoment: ReadonlySet<string> = new Set([
  'day',
  'cutoff',
  'from',
  'at',
  'expires',
  'since',
  'until',
  'first',
  'last',
  'foundAt',
  'created',
  'createdAt',
  'notBefore',
  'retryAt',
  'ahead',
  'expiresAt',
  'signedInAt',
]);

/** What names people does so by their ids. */
const holdsPeople: ReadonlySet<string> = new Set(['counted']);

const textsFor = (schema: z.ZodType, field: string, { text }: Choice): readonly string[] => {
  if (holdsPeople.has(field)) return [person];
  const wanted = holdsMoment.has(field) ? moments : [text, ...wellFormed];
  const fit = wanted.filter((one) => schema.safeParse(one).success);
  if (fit.length === 0) throw new Error(`no text for ${field}`);
  return holdsMoment.has(field) ? fit : fit.slice(0, 1);
};

/** A schema that this does not know throws: it is to be told here. */
function samplesOf(schema: z.ZodType, choice: Choice, field = ''): readonly unknown[] {
  const inner = (one: unknown, name = field) => samplesOf(one as z.ZodType, choice, name);
  if (schema instanceof z.ZodObject) {
    const members = Object.entries(schema.shape).map(([name, one]) => [name, inner(one, name)] as const);
    return Array.from({ length: Math.max(1, ...members.map(([, values]) => values.length)) }, (_, n) =>
      Object.fromEntries(members.map(([name, values]) => [name, values[n % values.length]])),
    );
  }
  if (schema instanceof z.ZodArray) {
    if (!choice.isFull && schema.safeParse([]).success) return [[]];
    const values = inner(schema.element);
    return [Array.from({ length: Math.max(3, values.length) }, (_, n) => values[n % values.length])];
  }
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => inner(option));
  if (schema instanceof z.ZodNullable) return choice.isFull ? inner(schema.unwrap()) : [null];
  if (schema instanceof z.ZodOptional) return choice.isFull ? inner(schema.unwrap()) : [undefined];
  if (schema instanceof z.ZodPipe) return inner(schema.in);
  if (schema instanceof z.ZodLiteral) return [...schema.values];
  if (schema instanceof z.ZodEnum) return schema.options;
  if (schema instanceof z.ZodNull) return [null];
  if (schema instanceof z.ZodBoolean) return [true, false];
  if (schema instanceof z.ZodNumber) return [0, 1, 4096].filter((one) => schema.safeParse(one).success);
  if (schema instanceof z.ZodRecord) return [{}, { keyVersion: '0123456789abcdef0123456789abcdef' }];
  if (schema instanceof z.ZodTuple) return [schema.def.items.map((item) => inner(item, '')[0])];
  if (schema.def.type === 'string') return textsFor(schema, field, choice);
  throw new Error(`no samples of ${schema.def.type} for ${field}`);
}

const oddTexts = ['', ', ', 'a, b, c', '*bold* [link](https://example.com)', '7', 'x'.repeat(300)];
const choices = oddTexts.flatMap((text) => [true, false].map((isFull): Choice => ({ text, isFull })));

/** All that differ, each as the schema reads it. */
const allSamplesOf = <S extends z.ZodType>(schema: S): readonly z.infer<S>[] => {
  const found = new Set(choices.flatMap((choice) => samplesOf(schema, choice)).map((one) => JSON.stringify(one)));
  return [...found].map((one) => schema.parse(JSON.parse(one)));
};

const isText = (value: unknown): value is string => typeof value === 'string';
const checks = allSamplesOf(Check);
const found = allSamplesOf(Found);
const effects = allSamplesOf(Effect);
/** As Azure and others say it: with codes that have a remedy, and with any other. */
const told = allSamplesOf(Failure).filter((failure) => failure.source !== 'bot');
const denied =
  "The client 'x' does not have authorization to perform action 'a/b/write' over scope '/subscriptions/s/x'";
const outside = [
  ...told,
  ...told
    .filter(({ source, next }) => source === 'azure' && next === 'ask')
    .slice(0, 2)
    .flatMap((failure) =>
      Object.keys(azureRemedies).flatMap((code) => ['', denied].map((message) => ({ ...failure, code, message }))),
    ),
];
const failureWords = (failure: Failure): readonly (string | null)[] => [
  messageOf(failure),
  failureLine(failure),
  sourceWords(failure),
  remedyWords(failure),
  expectedWords(failure),
];

/** Of plans there is one: other suites have their texts. */
const payloads = payloadsWith(z.literal('plan').transform((): Plan => plan()));
/** Bodies of an event; of thousands of failures, some hundreds are enough here. */
function bodiesOf<T extends EventType>(type: T) {
  const all = allSamplesOf(payloads[type]) as readonly Payload<T>[];
  const some = all.filter((_, n) => n % Math.ceil(all.length / 300) === 0);
  const actors = [botActor, operatorActor('ops, *bold*')];
  return some.map((one, n) => newEvent(type, actors[n % 2] ?? botActor, one).body);
}
const events = (Object.keys(payloads) as EventType[]).map((type) => ({ type, bodies: bodiesOf(type) }));
const eventTexts = [
  {},
  { justification: null, comment: null },
  ...oddTexts.map((text) => ({ justification: text, comment: text })),
];
const wordsOfEvent = (body: (typeof events)[number]['bodies'][number], texts: (typeof eventTexts)[number]) =>
  [true, false].map((quoted) => {
    const event = { seq: 1, revision: 1, cause: 'c', time: '2026-01-01T00:00:00.000Z', body, texts };
    return eventWords(event, (person) => `Person ${person}`, { texts: quoted });
  });

it('stand for every check, everything that the bot finds, and every change', () => {
  for (const { title, text, remedy } of checks.map(checkWords)) {
    expect([title, text, remedy].every(isText)).toBe(true);
    expect(title).not.toBe('');
  }
  for (const one of found) {
    const [message, line, source, remedy, expected] = failureWords(botFailure('looking', one));
    expect([message, line, source, remedy].every(isText)).toBe(true);
    // The SDK's own words may be none.
    if (one.code !== 'key-not-usable') expect(message).not.toBe('');
    // What was read back and found to differ says what would have been right.
    expect([one.code, source]).toEqual([one.code, expected === null ? 'The bot says' : 'The bot read back']);
  }
  for (const effect of effects) {
    expect(effectWords(effect)).toMatch(/^\S[^:]*: .*\S$/s);
    expect(gistOf(effect)).not.toBe('');
  }
});

it('stand for every failure told by others, which is shown word for word', () => {
  for (const failure of outside) {
    expect(messageOf(failure)).toBe('message' in failure ? failure.message : '');
    expect(failureLine(failure)).toContain('code' in failure ? failure.code : '?');
    expect(sourceWords(failure)).not.toMatch(/bot/);
    // Somebody has to know where to turn.
    expect(remedyWords(failure)).toMatch(/^\p{Lu}.*\.$/su);
    const refused = refusalWords(refuseFailure(failure)).text;
    expect(refused).toContain(excerptLine(failure, 200));
    // Nobody is sent to wait for what stays as it is.
    if (failure.next !== 'ask') continue;
    const membership = refusalWords({ ...refuse('cannot-check-membership'), failure }).text;
    expect(`${refused} ${membership}`).not.toMatch(/again in a minute/);
  }
});

it.each(events)('stand for event $type, whatever is in it', ({ bodies }) => {
  expect(bodies.length).toBeGreaterThan(0);
  for (const body of bodies) {
    expect(parseEventBody({ ...body, schema: recordVersion })).toEqual(body);
    for (const { title, detail } of eventTexts.flatMap((texts) => wordsOfEvent(body, texts))) {
      expect(title.trim()).not.toBe('');
      expect(isText(detail)).toBe(true);
    }
  }
});

it('are never empty, plead or shout, or say what the program could not do', () => {
  const refusals = RefusalCode.options.flatMap((code) => oddTexts.map((fact) => refuse(code, fact)));
  const fixed = [
    ...refusals.flatMap((refusal) => {
      const { title, text } = refusalWords(refusal);
      return [title, text, refusalLine(refusal)];
    }),
    ...StepName.options.flatMap((name) => Object.values(stepTable[name])),
    ...ProofLevel.options.flatMap((level) => Object.values(proofWords[level])),
    ...allSamplesOf(Proof).map(notCheckedWords),
  ].filter(isText);
  expect(fixed.filter((words) => words.trim() === '')).toEqual([]);
  const said = [
    ...fixed,
    ...checks.flatMap((check) => Object.values(checkWords(check))),
    ...[...found.map((one) => botFailure('looking', one)), ...outside].flatMap(failureWords),
    ...effects.flatMap((effect) => [effectWords(effect), gistOf(effect)]),
    ...events.flatMap(({ bodies }) => bodies.flatMap((body) => wordsOfEvent(body, {}).flatMap(Object.values))),
  ].filter(isText);
  expect(said.length).toBeGreaterThan(1000);
  const odd = /please|oops|sorry|!|failed to|undefined|\[object|\bnan\b|invalid date/i;
  expect(said.filter((words) => odd.test(words))).toEqual([]);
});
