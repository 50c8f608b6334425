import { Check } from '../../src/domain/check.ts';
import { Effect } from '../../src/domain/effect.ts';
import { botFailure, Failure, Found } from '../../src/domain/failure.ts';
import { StepName } from '../../src/domain/plan.ts';
import { Proof, ProofLevel } from '../../src/domain/proof.ts';
import { recordVersion, type StoredEvent } from '../../src/domain/request/events.ts';
import type { EventType } from '../../src/domain/request/payloads.ts';
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
import { eventSamples } from './event-samples.ts';
import { allSamplesOf, oddTexts } from './samples.ts';

/** Every sentence there is, whatever stands in it: a code without words does not compile, and odd data must not break them. */

const isText = (value: unknown): value is string => typeof value === 'string';
function by<T, K>(things: readonly T[], keyOf: (one: T) => K): ReadonlyMap<K, readonly T[]> {
  const found = new Map<K, T[]>();
  for (const one of things) {
    const group = found.get(keyOf(one));
    if (group === undefined) found.set(keyOf(one), [one]);
    else group.push(one);
  }
  return found;
}

/** Parts that the stored data of one type of event can have, as JSON. */
const failureParts = Failure.options.map(({ shape }) => `"source":"${shape.source.value}"`);
const foundParts = Found.options.map(({ shape }) => `"found":{"code":"${shape.code.value}"`);
const allowedParts = AllowedBy.options.map(({ shape }) => `"allowedBy":{"by":"${shape.by.value}"`);
const unknownParts = ['not-readable', 'not-asked', 'no-log-before', 'no-log-since'].map(
  (why) => `"why":{"code":"${why}"`,
);
const eventParts: readonly (readonly [EventType, readonly string[]])[] = [
  ['step-failed', [...failureParts, ...foundParts]],
  ['attention-needed', [...failureParts, ...foundParts]],
  ['use-judged', [...allowedParts, '"refused":{', '"refused":null', ...unknownParts]],
];

const checks = by(allSamplesOf(Check), ({ code }) => code);
const found = by(allSamplesOf(Found), ({ code }) => code);
const effects = by(allSamplesOf(Effect), ({ change }) => change);
/** As Azure may say it: with codes that have a remedy, and with any other. */
const azureCodes = Object.keys(azureRemedies);
const azureWords = [
  ...oddTexts,
  "The client 'x' does not have authorization to perform action 'a/b/write' over scope '/subscriptions/s/x'",
  "perform action 'a/b/write' and no more",
];
const told = allSamplesOf(Failure).filter((failure) => failure.source !== 'bot');
const bySource = by(told, ({ source }) => source);
const outside = [
  ...told,
  ...[...bySource.values()].flatMap((samples) =>
    azureCodes.flatMap((code) =>
      azureWords.flatMap((message) => samples.slice(0, 2).map((failure) => ({ ...failure, code, message }))),
    ),
  ),
];
const failures = by(outside, ({ source }) => source);
const failureWords = (failure: Failure): readonly (string | null)[] => [
  messageOf(failure),
  failureLine(failure),
  sourceWords(failure),
  remedyWords(failure),
  expectedWords(failure),
];

const storedWords = (body: StoredEvent['body'], texts: StoredEvent['texts']) =>
  ([true, false] as const).map((quoted) =>
    eventWords(
      { seq: 1, revision: 1, cause: 'c', time: '2026-01-01T00:00:00.000Z', body, texts },
      (person) => `Person ${person}`,
      { texts: quoted },
    ),
  );
const eventTexts: readonly StoredEvent['texts'][] = [
  {},
  { justification: null, comment: null },
  ...oddTexts.map((text) => ({ justification: text, comment: text })),
];

const stepWords = StepName.options.flatMap((name) =>
  Object.values(stepTable[name]).filter((word) => typeof word === 'string'),
);
const proofs = [
  ...ProofLevel.options.flatMap((level) => Object.values(proofWords[level])),
  ...allSamplesOf(Proof).map(notCheckedWords),
];
/** What operations say of any work; what they make of one is on cards. */
const textsIn = (value: unknown): readonly string[] =>
  isText(value) ? [value] : typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
const operationWords = operations.flatMap(({ words, typed }) => textsIn([words, typed]));

it('are tried with every member of every union', () => {
  expect([...checks.keys()].sort()).toEqual(Check.options.map(({ shape }) => shape.code.value).sort());
  expect([...found.keys()].sort()).toEqual(Found.options.map(({ shape }) => shape.code.value).sort());
  expect([...effects.keys()].sort()).toEqual(Effect.options.map(({ shape }) => shape.change.value).sort());
  expect([...failures.keys(), 'bot'].sort()).toEqual(Failure.options.map(({ shape }) => shape.source.value).sort());
  expect(Object.keys(eventSamples)).toHaveLength(22);
});

it.each(eventParts)('are tried with every kind of event %s', (type, parts) => {
  const told = JSON.stringify(eventSamples[type]);
  expect(parts.filter((part) => !told.includes(part))).toEqual([]);
});

it.each([...checks])('stand for check %s, whatever its facts', (_code, samples) => {
  for (const check of samples) {
    const { title, text, remedy } = checkWords(check);
    expect([title, text, remedy].every(isText)).toBe(true);
    expect(title).not.toBe('');
  }
});

it.each([...found])('stand for what the bot found: %s', (_code, samples) => {
  for (const one of samples) {
    const failure = botFailure('looking', one);
    const [message, line, source, remedy, expected] = failureWords(failure);
    expect([message, line, source, remedy].every(isText)).toBe(true);
    // The SDK's own words may be none.
    if (one.code !== 'key-not-usable') expect(message).not.toBe('');
    expect(source).toMatch(/^The bot (says|read back)$/);
    // What was read back and found to differ says what would have been right.
    expect([one.code, expected !== null]).toEqual([one.code, source === 'The bot read back']);
  }
});

it.each([...failures])('stand for a failure told by %s, which is shown word for word', (_source, samples) => {
  for (const failure of samples) {
    expect(messageOf(failure)).toBe('message' in failure ? failure.message : '');
    expect(failureLine(failure)).toContain('code' in failure ? failure.code : '?');
    expect(sourceWords(failure)).not.toMatch(/bot/);
    // Somebody has to know where to turn.
    expect(remedyWords(failure)).toMatch(/^\p{Lu}.*\.$/su);
    expect(expectedWords(failure)).toBeNull();
  }
});

it('name the group of a linked scope that the bot can’t use', () => {
  const message =
    "The client has permission to perform action 'a/read' on scope '/s'; however, it does not have permission to perform action(s) 'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action' on the linked scope(s) '/subscriptions/s/resourceGroups/rg-x'";
  const failed = outside.find((one) => one.source === 'azure' && one.code === 'LinkedAuthorizationFailed');
  if (failed?.source !== 'azure') throw new Error('no sample');
  expect(remedyWords({ ...failed, message })).toContain('The bot can’t use group rg-x.');
});

it('say of a failed operation that it failed, and not that the poll was answered with 200', () => {
  const failed = outside.find((one) => one.source === 'azure');
  if (failed?.source !== 'azure') throw new Error('no sample');
  expect(sourceWords({ ...failed, status: 200, code: 'KeyNotFound' })).toBe(
    'Azure says · operation failed · KeyNotFound',
  );
  expect(sourceWords({ ...failed, status: 403, code: 'ScopeLocked' })).toBe('Azure says · 403 ScopeLocked');
});

it.each([...effects])('stand for change %s', (_change, samples) => {
  for (const effect of samples) {
    expect(effectWords(effect)).toMatch(/^\S[^:]*: .*\S$/s);
    expect(gistOf(effect)).not.toBe('');
  }
});

it.each(Object.entries(eventSamples))('stand for event %s, whatever is in it', (type, samples) => {
  expect(samples.length).toBeGreaterThan(0);
  for (const body of samples) {
    expect(body.type).toBe(type);
    expect(parseEventBody({ ...body, schema: recordVersion })).toEqual(body);
    for (const texts of eventTexts) {
      for (const { title, detail } of storedWords(body, texts)) {
        expect(title.trim()).not.toBe('');
        expect(isText(detail)).toBe(true);
      }
    }
  }
});

it.each(RefusalCode.options)('stand for refusal %s, whatever its fact', (code) => {
  for (const fact of oddTexts) {
    const { title, text } = refusalWords(refuse(code, fact));
    expect([title, text, refusalLine(refuse(code, fact))].map((words) => words.trim())).not.toContain('');
  }
});

it('stand for a refusal because of every failure', () => {
  const all = [...outside, ...[...found.values()].flat().map((one) => botFailure('looking', one))];
  for (const failure of all) expect(refusalWords(refuseFailure(failure)).text).toContain(excerptLine(failure, 200));
});

it('do not send people to wait for what stays as it is', () => {
  const lasting = outside.filter(({ next }) => next === 'ask');
  for (const failure of lasting) {
    expect(refusalWords(refuseFailure(failure)).text).not.toMatch(/again in a minute/);
    expect(refusalWords({ ...refuse('cannot-check-membership'), failure }).text).not.toMatch(/again in a minute/);
  }
});

it('stand for every step, every proof and every operation', () => {
  expect([...stepWords, ...proofs, ...operationWords].filter((words) => words.trim() === '')).toEqual([]);
});

it('neither plead, nor shout, nor say what the program could not do', () => {
  const said = [
    ...[...checks.values()].flat().flatMap((check) => Object.values(checkWords(check))),
    ...RefusalCode.options.flatMap((code) =>
      oddTexts.flatMap((fact) => Object.values(refusalWords(refuse(code, fact)))),
    ),
    ...[...found.values()].flat().flatMap((one) => failureWords(botFailure('looking', one))),
    ...outside.flatMap(failureWords),
    ...[...effects.values()].flat().flatMap((effect) => [effectWords(effect), gistOf(effect)]),
    ...Object.values(eventSamples)
      .flat()
      .flatMap((body) => storedWords(body, {}).flatMap(({ title, detail }) => [title, detail])),
    ...stepWords,
    ...proofs,
    ...operationWords,
  ];
  const texts = said.filter(isText);
  expect(texts.length).toBeGreaterThan(1000);
  expect(
    texts.filter((words) => /please|oops|sorry|!|failed to|undefined|\[object|\bnan\b|invalid date/i.test(words)),
  ).toEqual([]);
});
