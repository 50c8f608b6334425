import { z } from 'zod';
import { Check } from '../../src/domain/check.ts';
import { Effect } from '../../src/domain/effect.ts';
import { botFailure, Failure, Found } from '../../src/domain/failure.ts';
import { type Plan, StepName } from '../../src/domain/plan.ts';
import { Proof, ProofLevel } from '../../src/domain/proof.ts';
import { botActor, newEvent, operatorActor, type Payload, recordVersion } from '../../src/domain/request/events.ts';
import { type EventType, payloadsWith } from '../../src/domain/request/payloads.ts';
import { RefusalCode, refuse, refuseFailure } from '../../src/domain/request/refusal.ts';
import { AllowedBy } from '../../src/domain/usage-check.ts';
import { operations, parseEventBody } from '../../src/operations/registry.ts';
import { checkWords } from '../../src/text/checks.ts';
import { eventWords } from '../../src/text/events.ts';
import { excerptLine } from '../../src/text/excerpt.ts';
import { expectedWords, failureLine, messageOf, sourceWords } from '../../src/text/failures.ts';
import { refusalLine, refusalWords } from '../../src/text/refusals.ts';
import { azureRemedies, remedyWords } from '../../src/text/remedies.ts';
import { effectWords, gistOf, notCheckedWords, proofWords, stepTable } from '../../src/text/steps.ts';
import { plan } from '../support/builders/fixtures.ts';

/** Every sentence there is, whatever stands in it: a code without words does not compile, and odd data must not break them. */

// Values that a schema reads, made from the schema itself: every member of every union, and odd texts wherever text may stand.

interface Choice {
  /** Stands wherever the schema takes it. */
  readonly text: string;
  /** Null wherever that may be. */
  readonly nulls: boolean;
  /** Elements of a list, at least; of a union as many as there are members. */
  readonly many: 0 | 1 | 3;
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
  ...['day', 'cutoff', 'from', 'at', 'expires', 'since', 'until', 'first', 'last', 'foundAt', 'created', 'createdAt'],
  ...['notBefore', 'retryAt', 'ahead', 'expiresAt', 'signedInAt'],
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

function objects(schema: z.ZodObject, choice: Choice): readonly unknown[] {
  const members = Object.entries(schema.shape).map(
    ([name, inner]) => [name, samplesOf(inner as z.ZodType, choice, name)] as const,
  );
  const count = Math.max(1, ...members.map(([, values]) => values.length));
  return Array.from({ length: count }, (_, n) =>
    Object.fromEntries(members.map(([name, values]) => [name, values[n % values.length]])),
  );
}

function lists(schema: z.ZodArray, choice: Choice, field: string): readonly unknown[] {
  if (choice.many === 0 && schema.safeParse([]).success) return [[]];
  const values = samplesOf(schema.element as z.ZodType, choice, field);
  const count = Math.max(choice.many, values.length);
  return [Array.from({ length: count }, (_, n) => values[n % values.length])];
}

/** A schema that this does not know throws: it is to be told here. */
function samplesOf(schema: z.ZodType, choice: Choice, field = ''): readonly unknown[] {
  if (schema instanceof z.ZodObject) return objects(schema, choice);
  if (schema instanceof z.ZodArray) return lists(schema, choice, field);
  if (schema instanceof z.ZodUnion) {
    return schema.options.flatMap((option) => samplesOf(option as z.ZodType, choice, field));
  }
  if (schema instanceof z.ZodNullable) {
    return choice.nulls ? [null] : samplesOf(schema.unwrap() as z.ZodType, choice, field);
  }
  if (schema instanceof z.ZodOptional) {
    return choice.nulls ? [undefined] : samplesOf(schema.unwrap() as z.ZodType, choice, field);
  }
  if (schema instanceof z.ZodPipe) return samplesOf(schema.in as z.ZodType, choice, field);
  if (schema instanceof z.ZodLiteral) return [...schema.values];
  if (schema instanceof z.ZodEnum) return schema.options;
  if (schema instanceof z.ZodNull) return [null];
  if (schema instanceof z.ZodBoolean) return [true, false];
  if (schema instanceof z.ZodNumber) return [0, 1, 4096].filter((one) => schema.safeParse(one).success);
  if (schema instanceof z.ZodRecord) return [{}, { keyVersion: '0123456789abcdef0123456789abcdef' }];
  if (schema instanceof z.ZodTuple)
    return [schema.def.items.map((item) => samplesOf(item as z.ZodType, choice, '')[0])];
  if (schema.def.type === 'string') return textsFor(schema, field, choice);
  throw new Error(`no samples of ${schema.def.type} for ${field}`);
}

const oddTexts: readonly string[] = [
  '',
  ', ',
  'a',
  'a, b, c',
  '*bold* [link](https://example.com)',
  '7',
  'x'.repeat(300),
  '2027-01-01T00:00:00.000Z',
];

const choices: readonly Choice[] = [
  ...oddTexts.map((text): Choice => ({ text, many: 3, nulls: false })),
  ...([0, 1, 3] as const).flatMap((many) => [true, false].map((nulls): Choice => ({ text: 'a', many, nulls }))),
];

/** All that are told apart, each as the schema reads it. */
const allSamplesOf = <S extends z.ZodType>(schema: S): readonly z.infer<S>[] => {
  const found = new Set(choices.flatMap((choice) => samplesOf(schema, choice)).map((one) => JSON.stringify(one)));
  return [...found].map((one) => schema.parse(JSON.parse(one)));
};

// The words of all of them.

const isText = (value: unknown): value is string => typeof value === 'string';

const checks = allSamplesOf(Check);
const found = allSamplesOf(Found);
const effects = allSamplesOf(Effect);
/** As Azure may say it: with codes that have a remedy, and with any other. */
const told = allSamplesOf(Failure).filter((failure) => failure.source !== 'bot');
const azureWords = [
  ...oddTexts,
  "The client 'x' does not have authorization to perform action 'a/b/write' over scope '/subscriptions/s/x'",
  "perform action 'a/b/write' and no more",
];
const sources = [...new Set(told.map(({ source }) => source))];
const outside = [
  ...told,
  ...sources.flatMap((source) =>
    Object.keys(azureRemedies).flatMap((code) =>
      azureWords.flatMap((message) =>
        told
          .filter((one) => one.source === source)
          .slice(0, 2)
          .map((failure) => ({ ...failure, code, message })),
      ),
    ),
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
const types = Object.keys(payloads) as EventType[];
/** The fields that tell kinds of the same data apart. */
const Kind = z.object({
  failure: z.object({ source: z.string(), found: z.object({ code: z.string() }).optional() }).optional(),
  answer: z
    .object({
      outcome: z.string(),
      allowedBy: z.object({ by: z.string(), ours: z.boolean().optional() }).optional(),
      refused: z.object({}).nullish(),
      why: z.object({ code: z.string() }).optional(),
    })
    .optional(),
});
/** Bodies of an event: of thousands of failures, one of each kind and 64 others are enough here. */
function bodiesOf<T extends EventType>(type: T) {
  const all = allSamplesOf(payloads[type]) as readonly Payload<T>[];
  const kinds = new Map(all.map((one) => [JSON.stringify(Kind.parse(one)), one]));
  const data = [...all.filter((_, n) => n % Math.ceil(all.length / 64) === 0), ...kinds.values()];
  const actors = [botActor, operatorActor('ops, *bold*')];
  return data.map((one, n) => newEvent(type, actors[n % 2] ?? botActor, one).body);
}
const events = types.map((type) => ({ type, bodies: bodiesOf(type) }));
const eventTexts = [
  {},
  { justification: null, comment: null },
  ...oddTexts.map((text) => ({ justification: text, comment: text })),
];
const wordsOfEvent = (body: (typeof events)[number]['bodies'][number], texts: (typeof eventTexts)[number]) =>
  [true, false].flatMap((quoted) =>
    eventWords(
      { seq: 1, revision: 1, cause: 'c', time: '2026-01-01T00:00:00.000Z', body, texts },
      (person) => `Person ${person}`,
      { texts: quoted },
    ),
  );

const stepWords = StepName.options.flatMap((name) => Object.values(stepTable[name]).filter(isText));
const proofs = [
  ...ProofLevel.options.flatMap((level) => Object.values(proofWords[level])),
  ...allSamplesOf(Proof).map(notCheckedWords),
];
/** What operations say of any work; what they make of one is on cards. */
const textsIn = (value: unknown): readonly string[] =>
  isText(value) ? [value] : typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
const operationWords = operations.flatMap(({ words, typed }) => textsIn([words, typed]));

it('are tried with every member of every union', () => {
  const codes = (all: readonly string[]) => [...new Set(all)].sort();
  expect(codes(checks.map(({ code }) => code))).toEqual(Check.options.map(({ shape }) => shape.code.value).sort());
  expect(codes(found.map(({ code }) => code))).toEqual(Found.options.map(({ shape }) => shape.code.value).sort());
  expect(codes(effects.map(({ change }) => change))).toEqual(
    Effect.options.map(({ shape }) => shape.change.value).sort(),
  );
  expect(codes([...sources, 'bot'])).toEqual(Failure.options.map(({ shape }) => shape.source.value).sort());
  const text = (type: EventType) => JSON.stringify(events.find((one) => one.type === type));
  for (const { shape } of Found.options) expect(text('step-failed')).toContain(`"code":"${shape.code.value}"`);
  for (const { shape } of AllowedBy.options) expect(text('use-judged')).toContain(`"by":"${shape.by.value}"`);
});

it('stand for every check, whatever its facts', () => {
  for (const { title, text, remedy } of checks.map(checkWords)) {
    expect([title, text, remedy].every(isText)).toBe(true);
    expect(title).not.toBe('');
  }
});

it('stand for everything that the bot finds', () => {
  for (const one of found) {
    const [message, line, source, remedy, expected] = failureWords(botFailure('looking', one));
    expect([message, line, source, remedy].every(isText)).toBe(true);
    // The SDK's own words may be none.
    if (one.code !== 'key-not-usable') expect(message).not.toBe('');
    expect(source).toMatch(/^The bot (says|read back)$/);
    // What was read back and found to differ says what would have been right.
    expect([one.code, expected !== null]).toEqual([one.code, source === 'The bot read back']);
  }
});

it('stand for every failure told by others, which is shown word for word', () => {
  for (const failure of outside) {
    expect(messageOf(failure)).toBe('message' in failure ? failure.message : '');
    expect(failureLine(failure)).toContain('code' in failure ? failure.code : '?');
    expect(sourceWords(failure)).not.toMatch(/bot/);
    // Somebody has to know where to turn.
    expect(remedyWords(failure)).toMatch(/^\p{Lu}.*\.$/su);
    expect(expectedWords(failure)).toBeNull();
    const refused = refusalWords(refuseFailure(failure)).text;
    expect(refused).toContain(excerptLine(failure, 200));
    // Nobody is sent to wait for what stays as it is.
    if (failure.next !== 'ask') continue;
    const membership = refusalWords({ ...refuse('cannot-check-membership'), failure }).text;
    expect(`${refused} ${membership}`).not.toMatch(/again in a minute/);
  }
});

it('name the group of a linked scope that the bot can’t use', () => {
  const message =
    "The client has permission to perform action 'a/read' on scope '/s'; however, it does not have permission to perform action(s) 'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action' on the linked scope(s) '/subscriptions/s/resourceGroups/rg-x'";
  const failed = outside.find((one) => one.source === 'azure' && one.code === 'LinkedAuthorizationFailed');
  if (failed?.source !== 'azure') throw new Error('no sample');
  expect(remedyWords({ ...failed, message })).toContain('The bot can’t use group rg-x.');
  // A failed operation failed, although the poll was answered with 200.
  const polled = sourceWords({ ...failed, status: 200, code: 'KeyNotFound' });
  expect(polled).toBe('Azure says · operation failed · KeyNotFound');
  expect(sourceWords({ ...failed, status: 403, code: 'ScopeLocked' })).toBe('Azure says · 403 ScopeLocked');
});

it('stand for every change', () => {
  for (const effect of effects) {
    expect(effectWords(effect)).toMatch(/^\S[^:]*: .*\S$/s);
    expect(gistOf(effect)).not.toBe('');
  }
});

it.each(events)('stand for event $type, whatever is in it', ({ bodies }) => {
  expect(bodies.length).toBeGreaterThan(0);
  for (const body of bodies) {
    expect(parseEventBody({ ...body, schema: recordVersion })).toEqual(body);
    for (const texts of eventTexts)
      for (const { title, detail } of wordsOfEvent(body, texts)) {
        expect(title.trim()).not.toBe('');
        expect(isText(detail)).toBe(true);
      }
  }
});

const refusals = RefusalCode.options.flatMap((code) => oddTexts.map((fact) => refuse(code, fact)));

it('stand for every refusal, step, proof and operation', () => {
  const said = refusals.flatMap((refusal) => {
    const { title, text } = refusalWords(refusal);
    return [title, text, refusalLine(refusal)];
  });
  expect([...said, ...stepWords, ...proofs, ...operationWords].filter((words) => words.trim() === '')).toEqual([]);
});

it('neither plead, nor shout, nor say what the program could not do', () => {
  const said = [
    ...checks.flatMap((check) => Object.values(checkWords(check))),
    ...refusals.flatMap((refusal) => Object.values(refusalWords(refusal))),
    ...found.flatMap((one) => failureWords(botFailure('looking', one))),
    ...outside.flatMap(failureWords),
    ...effects.flatMap((effect) => [effectWords(effect), gistOf(effect)]),
    ...events.flatMap(({ bodies }) =>
      bodies.flatMap((body) => wordsOfEvent(body, {}).flatMap(({ title, detail }) => [title, detail])),
    ),
    ...[...stepWords, ...proofs, ...operationWords],
  ].filter(isText);
  expect(said.length).toBeGreaterThan(1000);
  const odd = /please|oops|sorry|!|failed to|undefined|\[object|\bnan\b|invalid date/i;
  expect(said.filter((words) => odd.test(words))).toEqual([]);
});
