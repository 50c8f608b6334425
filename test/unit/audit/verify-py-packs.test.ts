import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openCheckpoint } from '../../../src/audit/anchor/read-anchor.ts';
import { archiveOf, packFile } from '../../../src/audit/evidence/pack-files.ts';
import { checkpointText } from '../../../src/audit/tlog/checkpoint.ts';
import { signingKey } from '../../../src/audit/tlog/keys.ts';
import { cosignText, noteOf, signText } from '../../../src/audit/tlog/note.ts';
import { hashOf } from '../../../src/audit/verify.ts';
import { canonicalJson, parseCanonical } from '../../../src/domain/canonical-json.ts';
import { planDigest } from '../../../src/domain/digest.ts';
import { driftIdOf, FormId, type PersonId } from '../../../src/domain/ids.ts';
import { planSchema } from '../../../src/domain/plan.ts';
import {
  botActor,
  type EventBody,
  isStep,
  type NewEvent,
  newEvent,
  operatorActor,
  personActor,
} from '../../../src/domain/request/events.ts';
import { type EventType, payloadsWith } from '../../../src/domain/request/payloads.ts';
import type { Command } from '../../../src/domain/request/request-command.ts';
import type { UseAnswer } from '../../../src/domain/usage-check.ts';
import { StoredChangeSpec } from '../../../src/operations/registry.ts';
import { checkWitnesses, isWitnessed } from '../../../src/operator/cli/verifier-keys.ts';
import { forgeries, unsignedBy } from '../../support/audit/forged-packs.ts';
import { type Body, edited, packKeys, withFile, witnessKey } from '../../support/audit/packs.ts';
import { logKey, publishedIn, suiteFolders } from '../../support/audit/published-log.ts';
import { byRules, inPython, saidOf } from '../../support/audit/python-verifier.ts';
import { asked, rejected as rejects, logOf as sealedLog, succeeds, takes } from '../../support/audit/sealed-log.ts';
import {
  checks,
  decides,
  doneWith,
  eventsAfter,
  expiresAt,
  failedWith,
  id,
  intends,
  outsider,
  policy,
  proved,
  records,
  reject,
  secondApprover,
  settles,
  submit,
  type Turn,
} from '../../support/builders/commands.ts';
import { approver, requester, requestId, tenant } from '../../support/builders/fixtures.ts';
import { noon, planFor, ref, spec } from '../../support/builders/plans.ts';
import { sealedRecord, type Written, writtenEvent } from '../../support/builders/sealed-record.ts';

/** What `verify.py` says of packs of evidence and of every change of one, of text, and of signatures. */

const folder = suiteFolders();

const erasing = { do: 'erase-texts', actor: operatorActor('duty'), reason: 'asked for' } as const;
/** The bot makes a pack of each request. */
const logOf = (...lives: readonly (readonly Turn[])[]) => sealedLog(lives.map((turns) => [...turns, takes]));
const log = logOf(rejects, succeeds);
const rejected = await log.packOf(1);
const succeeded = await log.packOf(2, { fromSize: 3 });
const quorumless = `${packKeys}quorum 0\n`;
const provedWords = expect.stringMatching(/^proved: /);

test('a pack is proved, also with tags that the two languages sort differently, and says what came of the request', () => {
  const [no, yes] = saidOf([archiveOf(rejected), archiveOf(succeeded)], packKeys);
  expect([no?.[0], yes?.[0]]).toEqual([0, 0]);
  expect(no?.[1]).toContain(`was not changed: rejected by ${approver} at `);
  for (const words of [
    `requested by ${requester}, approved by ${approver}`,
    'witnessed by witness.example/w1',
    'it proves that its log continues one of 3 events',
    'not proved, only checked for damage: README.txt, controls.json, names.json, keys.txt, report.html',
  ])
    expect(yes?.[1]).toContain(words);
});

test('every forgery of a pack is found, or the answer names the file as not proved', () => {
  const all = forgeries(succeeded, rejected);
  const unchanged = archiveOf(succeeded);
  expect(all.flatMap(({ what, archive }) => (archive.equals(unchanged) ? what : []))).toEqual([]);
  const said = saidOf(
    all.map(({ archive }) => archive),
    packKeys,
  );
  const missed = all.filter(({ words = '', named }, n) => {
    const [code, out] = said[n] ?? [0, ''];
    const lines = out.split('\n').filter((line) => /^ {2}(not proved|not in the pack|also signed by)/.test(line));
    const isNamed = named !== undefined && lines.some((line) => line.includes(named));
    return (code === 0 && !isNamed) || !out.includes(words);
  });
  expect(missed.map(({ what }) => what)).toEqual([]);
});

test('a pack with texts needs each one that no later erasure covers', async () => {
  const texts = logOf([asked, erasing, reject()], [asked, reject(), erasing]);
  const cut = (files: typeof succeeded, field: string) =>
    edited(files, packFile.texts, (text) => text.replace(new RegExp(`.*"field":"${field}".*\n`), ''));
  const said = saidOf(
    [
      cut(succeeded, 'comment'),
      cut(await texts.packOf(1), 'justification'),
      cut(await texts.packOf(1), 'comment'),
      await texts.packOf(2, { texts: [] }),
    ].map(archiveOf),
    packKeys,
  );
  expect(said.map(([code]) => code)).toEqual([1, 0, 1, 0]);
});

/** What the owner of log and key could sign: the signatures hold, and the rules do not. */
test.each<readonly [what: string, change: (body: Body) => Body, words: string]>([
  [
    'an approval by the requester',
    (body) => (body.type === 'approved' ? { ...body, actor: { ...body.actor, id: requester } } : body),
    'event 5: ',
  ],
  [
    'an approval after the time to decide',
    ({ data, ...body }) => ({
      ...body,
      data,
      ...(body.type === 'submitted' ? { data: { ...data, policy: { ...data.policy, expiresAt: body.time } } } : {}),
    }),
    'event 5: ',
  ],
  [
    'another plan, beside the right plan.json',
    (body) =>
      body.type === 'submitted' ? JSON.parse(JSON.stringify(body).replaceAll('kv-care.vault', 'kv-evil.vault')) : body,
    'its plan has another digest',
  ],
  [
    'an event after the end',
    (body) => (body.type === 'succeeded' ? [body, { ...body, type: 'reminded', data: {} }] : body),
    'event ',
  ],
  [
    'its last event cut off, and a checkpoint of that size',
    (body) => (body.type === 'evidence-made' ? null : body),
    "the last event isn't the one that made this pack",
  ],
])('a log with %s is found although it is signed', async (_what, change, words) => {
  const forged = withFile(await log.packOf(2, { change }), packFile.plan, String(succeeded.get(packFile.plan)));
  expect(saidOf([archiveOf(forged)], packKeys)).toEqual([[1, expect.stringContaining(`NOT proved: `)]]);
  expect(saidOf([archiveOf(forged)], packKeys)[0]?.[1]).toContain(words);
});

test('another log, or another approver in every event, shows only by key, witness or copy', async () => {
  const stranger = signingKey(logKey.verifier.name, 'log', Buffer.alloc(32, 9));
  const theirs = archiveOf(await log.packOf(2, { key: stranger }));
  expect(saidOf([theirs], quorumless)).toEqual([[2, expect.stringMatching(/^unknown: .*that you didn't give/)]]);
  const swap = (body: Body) => JSON.parse(JSON.stringify(body).replaceAll(approver, approver.replace(/.$/, '9')));
  const swapped = archiveOf(unsignedBy(await log.packOf(2, { change: swap }), witnessKey.verifier.name));
  expect(saidOf([swapped], quorumless)).toEqual([[0, provedWords]]);
  expect(saidOf([swapped], packKeys)).toEqual([[2, expect.stringMatching(/^unknown: [\s\S]*NOT signed by witness/)]]);
  const copy = await publishedIn(await folder(), log.bodies, [log.bodies.length]);
  expect(saidOf([swapped], quorumless, '--later', copy)).toEqual([[1, expect.stringMatching(/^NOT proved: /)]]);
});

test.each([
  ['an older one that the pack proves from', 3, 3, 0, 'the pack proves that its log continues your copy'],
  ['another history', 3, -3, 1, 'NOT proved: '],
])('a copy or a kept checkpoint that is %s', async (_what, size, salt, code, words) => {
  const record = salt < 0 ? log.bodies.map((body) => body.replace('Succeeded', 'Failed')) : log.bodies;
  const longer = [...record, ...Array.from({ length: 99 }, (_, n) => `{"n":${n}}`)];
  const at = await publishedIn(await folder(), longer, [size]);
  const pack = archiveOf(succeeded);
  expect(saidOf([pack], packKeys, '--later', path.join(at, 'checkpoint'))).toEqual([
    [code, expect.stringContaining(words)],
  ]);
});

const names = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('10', '2', '\uff21', '\u{1f511}', '\ud83d', ''));
const numbers = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(1e21, 1e-7, 1e16, -0));
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.jsonValue(),
    numbers,
    names,
    fc.array(tie('value')),
    fc.dictionary(names, tie('value')),
  ),
}));
const written =
  'NaN Infinity 1e999 -0 -0.0 1.0 1E2 1e+21 1e21 12345678901234567890 "\\ud83d" "\\u00e9" "\\/" "\\u001f" "\\u001F" 1,"a":2'.split(
    ' ',
  );

test('both take the same text for canonical JSON', () => {
  const canonical = fc.sample(fc.dictionary(names, value), { numRuns: 500 }).flatMap((one) => {
    try {
      return [canonicalJson(one), JSON.stringify(one)];
    } catch {
      return [JSON.stringify(one)];
    }
  });
  const texts = [...canonical, ...written.map((one) => `{"a":${one}}`)];
  const ours = texts.map((text) => typeof parseCanonical(text) === 'object');
  const one = 'isinstance(answer(lambda: verify.canonical(text.encode("utf-8", "surrogatepass"), "it")), dict)';
  const python = inPython(`[${one} for text in given]`, texts) as readonly boolean[];
  expect(texts.filter((_, at) => ours[at] !== python[at])).toEqual([]);
  expect(ours).toContain(true);
  expect(ours).toContain(false);
});

const text = checkpointText({ origin: logKey.verifier.name, size: 1, root: Buffer.alloc(32) });
const openedNote = (note: string, keys: string) =>
  inPython('answer(lambda: verify.open_note(given[0], verify.read_keys(given[1]), "it")[3])', [note, keys]);

test('a signature at no time, as of a witness that counts microseconds, counts for nothing and hides nothing', async () => {
  const note = noteOf(text, [signText(text, logKey), cosignText(text, witnessKey, 1_795_569_012_000_000)]);
  const keys = [logKey.verifier, witnessKey.verifier];
  const { checkpoint } = await openCheckpoint(async () => Buffer.from(note), 'it', keys);
  const check = checkWitnesses({ keys, quorum: null }, checkpoint?.signatures ?? []);
  expect([checkpoint?.size, isWitnessed(check), check.missing]).toEqual([1, false, [witnessKey.verifier.name]]);
  expect(openedNote(note, packKeys)).toEqual([[logKey.verifier.name, 1, null]]);
});

test('it knows each field that an event can have', () => {
  const source = readFileSync(new URL('../../../src/audit/outside/verify.py', import.meta.url), 'utf8');
  const fields = (schema: object): string[] =>
    Object.entries(schema).map(([name, field]) => `${name}${field.isOptional() ? '?' : ''}`);
  const stored = new Map(
    Object.entries(payloadsWith(planSchema(StoredChangeSpec))).map(([type, { shape }]) => [type, fields(shape).sort()]),
  );
  const known = [...source.matchAll(/^ {4}"([\w-]+)": \("[^"]*", "[^"]*", "([^"]*)"\),/gm)]
    .map(([, type = '', names = '']) => [type, names.split(' ').filter(Boolean).sort()] as const)
    .filter(([type]) => stored.has(type));
  expect(known.length).toBeGreaterThan(15);
  for (const [type, names] of known) expect([type, names]).toEqual([type, stored.get(type)]);
});

/**
 * The verifier for others reads every rule a second time. Every way in which a life can be other than the rules allow is found,
 * although all hashes are right. `right-people.property` shows that whatever the product lets happen passes.
 */

const plan = planFor();
const asks = submit({
  plan,
  digest: planDigest(plan),
  policy: { ...policy(2), escalateAt: noon.toISOString() },
});

const stages = [['enable-identity'], ['grant-key-access'], ['protect-vault'], ['set-cmk'], ['verify']] as const;
const [first] = stages[0];

/** Two approve, the first run fails at its first step, the second does everything. */
const life = eventsAfter(
  asks,
  decides('approve', approver),
  decides('approve', secondApprover),
  checks(),
  intends(1, first),
  records(1, failedWith(first, null)),
  settles('retry', requester, { asking: 8 }),
  checks({ run: 2 }),
  ...stages.flatMap(([step]) => [
    intends(2, step),
    records(2, doneWith(step, { proofs: step === 'verify' ? proved : [] })),
  ]),
).map((event) => writtenEvent(id, event));

const unavailable = { next: 'wait', status: 503 } as const;
const retriesItself = (asking: number): Command => ({ do: 'retry-automatically', asking });
const stuckAgain = (run: number) => [
  checks({ run }),
  intends(run, first),
  records(run, failedWith(first, null, 1, unavailable)),
];
/** An outage ends the first run; the bot retries once, and a person after the second outage. */
const outageLife = eventsAfter(
  asks,
  decides('approve', approver),
  decides('approve', secondApprover),
  ...stuckAgain(1),
  {
    do: 'take-on',
    by: approver,
    actor: personActor(approver, tenant, 'local'),
    asking: 8,
    roleStatus: 'yes',
    released: false,
  },
  retriesItself(8),
  ...stuckAgain(2),
  settles('retry', requester, { asking: 15 }),
  ...stuckAgain(3),
  retriesItself(21),
).map((event) => writtenEvent(id, event));
/** The outages, each retried by the bot. */
const botRetry = newEvent('retried', botActor, {}).body;
const retriedByBot = outageLife.map((event) => (event.body.type === 'retried' ? { ...event, body: botRetry } : event));

const at = (type: EventType, nth = 0): number => {
  const found = life.flatMap(({ body }, index) => (body.type === type ? [index] : []))[nth];
  if (found === undefined) throw new Error(`the life has no ${type} ${nth}`);
  return found;
};
const eventAt = (index: number): Written => {
  const event = life[index];
  if (event === undefined) throw new Error(`the life has no event ${index}`);
  return event;
};

function changed(type: EventType, change: object, nth = 0): readonly Written[] {
  const event = eventAt(at(type, nth));
  return life.with(at(type, nth), { ...event, body: { ...event.body, ...change } as EventBody });
}
function withData(type: EventType, data: object, nth = 0): readonly Written[] {
  const { body } = eventAt(at(type, nth));
  return changed(type, { data: { ...('data' in body ? body.data : {}), ...data } }, nth);
}
const without = (type: EventType, nth = 0): readonly Written[] => life.toSpliced(at(type, nth), 1);
const again = (type: EventType, behind: EventType, nth = 0): readonly Written[] =>
  life.toSpliced(at(behind, nth) + 1, 0, eventAt(at(type)));
/** These events, behind the nth event of that type. */
const behind = (type: EventType, nth: number, ...events: readonly NewEvent[]): readonly Written[] =>
  life.toSpliced(at(type, nth) + 1, 0, ...events.map((one) => ({ ...eventAt(at(type, nth)), ...one })));
/** Somebody wants the run to stop, behind the nth event of that type. */
const stopBehind = (type: EventType, nth: number, run: number, who = requester): readonly Written[] =>
  behind(type, nth, newEvent('stop-requested', person(who), { run }));
const escalated = (...to: readonly PersonId[]): NewEvent =>
  newEvent('reminded', botActor, { escalated: [...to] }, { planDigest: planDigest(plan) });
const otherAgent = planFor({ wished: spec({ resource: ref('bot-ward') }) });
function changedBehind(type: EventType, times: number, who = requester, plan = planFor()): readonly Written[] {
  const data = { formId: FormId.parse('F-0000000002'), plan, policy: policy() };
  const event = newEvent('request-changed', person(who), data, { planDigest: planDigest(plan) });
  return behind(type, 0, ...Array<NewEvent>(times).fill(event));
}
const late = (written: readonly Written[]): readonly Written[] =>
  written.slice(0, 2).map((event, n) => (n === 0 ? event : { ...event, time: expiresAt }));
/** A step was begun, then a check before the second run asked anew. */
function changedAfterARun(): readonly Written[] {
  const data = { run: 2, plan: planFor(), policy: policy(), reason: 'approvers-changed' } as const;
  const { body } = newEvent('plan-changed', botActor, data, { planDigest: planDigest(plan) });
  const before = life.slice(0, at('run-checked', 1));
  const [change] = changedBehind('submitted', 1).slice(1, 2);
  if (change === undefined) throw new Error('no change was made');
  return [...before, { ...eventAt(at('run-checked', 1)), body, texts: {} }, change];
}
const person = (who: typeof approver) => personActor(who, tenant, 'local');
const byItself = { actor: botActor };
const withdrawnBehind = (type: EventType, nth = 0, who = approver): readonly Written[] =>
  behind(type, nth, newEvent('approval-withdrawn', person(who), {}, { planDigest: planDigest(plan) }));
const nextYear = '2027-01-01T00:00:00.000Z';

const since = noon.toISOString();
const until = new Date(noon.getTime() + 30 * 60_000).toISOString();
const after = (ms: number): string => new Date(noon.getTime() + ms).toISOString();
const usedAt = (at: string): UseAnswer => ({
  outcome: 'used',
  at,
  operation: 'KeyWrap',
  knownBy: 'object-id',
  allowedBy: { by: 'access-policy' },
});
const nobodyKnows: UseAnswer = { outcome: 'unknown', why: { code: 'not-asked' } };
/** The life whose success looks for a use, and what is judged of it then. */
function judgedThen(
  ...judged: readonly (readonly [time: string, answer: UseAnswer, more?: object])[]
): readonly Written[] {
  const success = withData('succeeded', { seeks: { since, until } });
  const [last] = success.slice(-1);
  if (last === undefined) throw new Error('no success');
  return [
    ...success,
    ...judged.map(([time, answer, more = {}]): Written => {
      const { body } = newEvent('use-judged', botActor, { run: 2, answer, ...more });
      return { ...last, time, body, texts: {} };
    }),
  ];
}

const bodiesOf = (events: readonly Written[]): readonly string[] => sealedRecord(events).map(({ line }) => line.body);

const stopByOperator = newEvent('stop-requested', person(outsider), { run: 1, asOperator: true });
it('passes the life, also with an escalation, and with a stop by an operator, which takes no approval', () => {
  const lives = [life, behind('approved', 0, escalated(secondApprover)), behind('step-intended', 0, stopByOperator)];
  expect(byRules(lives.map(bodiesOf))).toEqual(['ok', 'ok', 'ok']);
});
const twice = [escalated(approver), escalated(approver)];
const withPolicy = (change: object, written: readonly Written[]): readonly Written[] => {
  const [asked] = withData('submitted', { policy: { ...policy(2), escalateAt: since, ...change } });
  return asked === undefined ? [] : [asked, ...written.slice(1)];
};

const broken: readonly (readonly [words: string, events: readonly Written[]])[] = [
  ['event 1: events of CMK-000001 are missing, or of another request', life.slice(1)],
  ['event 23: run-ordered, after the end', again('run-ordered', 'succeeded')],
  ['event 2: decided by the one who asked', changed('approved', { actor: person(requester) })],
  ['event 3: a second approval by one person', changed('approved', { actor: person(approver) }, 1)],
  ['event 2: not of the plan that was to be approved', changed('approved', { planDigest: '0'.repeat(64) })],
  ['event 2: an approval that says 2 of 2, and is 1 of 2', withData('approved', { counted: 2 })],
  [
    "event 2: an approval that does not accept what can't be undone",
    withData('approved', { acknowledgedIrreversible: false }),
  ],
  [
    'event 2: approved, after the time to decide',
    life.map((event) => ({ ...event, time: '2026-04-01T00:00:00.000Z' })),
  ],
  ['event 3: an escalation that was not due, or a second one', behind('submitted', 0, ...twice)],
  [
    'event 2: an escalation that was not due',
    withPolicy({ escalateAt: until }, behind('submitted', 0, escalated(approver))),
  ],
  [
    'event 2: an escalation that was not due',
    withPolicy({ escalateAt: undefined }, behind('submitted', 0, escalated(approver))),
  ],
  [
    'event 2: an escalation by a person',
    behind('submitted', 0, { ...escalated(approver), body: { ...escalated(approver).body, actor: person(requester) } }),
  ],
  [
    'event 2: an escalation by a person, or a reminder by the bot',
    behind('submitted', 0, newEvent('reminded', botActor, {})),
  ],
  ['event 2: an escalation to no one', behind('submitted', 0, escalated())],
  [
    'event 2: an escalation to no one, to a person twice, to the one who asked',
    behind('submitted', 0, escalated(requester)),
  ],
  ['event 3: an escalation to no one', behind('approved', 0, escalated(approver))],
  ['event 5: reminded, when the request was ordered', behind('run-ordered', 0, escalated(outsider))],
  ['event 23: reminded, after the end', behind('succeeded', 0, escalated(outsider))],
  ['event 3: ordered with too few approvals', without('approved', 1)],
  ['event 5: ordered with too few approvals', withdrawnBehind('approved', 1)],
  ["event 3: an approval withdrawn that was not the person's own", withdrawnBehind('approved', 0, secondApprover)],
  ['event 7: approval-withdrawn, when the request was running', withdrawnBehind('step-intended')],
  ['event 11: an approval withdrawn that was not', withdrawnBehind('run-ordered', 1)],
  [
    'event 12: let go, although an approver had stopped a run of the same plan',
    stopBehind('step-intended', 0, 1, approver),
  ],
  ['event 5: let go before the time that was chosen', withData('submitted', { notBefore: nextYear })],
  ['event 2: request-changed by another person than the one who asked', changedBehind('submitted', 1, approver)],
  ['event 2: request-changed, after the time to decide', late(changedBehind('submitted', 1))],
  ['event 5: request-changed, when the request was ordered', changedBehind('run-ordered', 1)],
  ['event 7: edited more than 5 times', changedBehind('submitted', 6)],
  ['event 2: edited to be about something else', changedBehind('submitted', 1, requester, otherAgent)],
  ['event 12: edited after a run had begun', changedAfterARun()],
  ['event 5: let go with too few approvals', withData('run-checked', { counted: [approver, approver] })],
  ['event 5: enable-identity is not what was approved, or came before its turn', without('run-checked')],
  ['event 4: run-checked, when the request was awaiting-approval', without('run-ordered')],
  [
    'event 6: set-cmk is not what was approved, or came before its turn',
    withData('step-intended', { step: 'set-cmk' }),
  ],
  ['event 5: stop-requested, when the request was ordered', stopBehind('run-ordered', 0, 1)],
  ['event 15: grant-key-access was begun, although the run was to stop', stopBehind('step-intended', 1, 2)],
  ['event 7: attempt 1 of enable-identity, not none', again('step-intended', 'step-intended')],
  ['event 14: not of the plan that was to be approved', changed('step-intended', { planDigest: '0'.repeat(64) }, 2)],
  [
    'event 20: success, although something is not done or not proved',
    life.filter(({ body }) => !isStep(body) || body.data.step !== 'verify'),
  ],
  ['event 22: success, although something is not done or not proved', withData('succeeded', { proofs: [] })],
  [
    'event 23: use of a key, which no success was to look for, or for the second time',
    [...life, ...judgedThen([until, nobodyKnows]).slice(-1)],
  ],
  ['event 23: use of a key, before it was set', judgedThen([after(60_000), usedAt(after(-180_000))])],
  ['event 23: no use of a key, before the time to look was over', judgedThen([after(60_000), nobodyKnows])],
  ['event 16: a retry by the bot, although it had retried before', retriedByBot],
  ['event 9: a retry by the bot, although it had retried before', changed('retried', byItself)],
  ['event 13: step-done by 20000000-0000-4000-8000-000000000002', changed('step-done', { actor: person(approver) })],
  [
    'event 5: body-unknown: run-checked has no such field, or lacks it: data approvers',
    changed('run-checked', { data: { run: 1, observed: planDigest(plan), counted: [approver, secondApprover] } }),
  ],
];
const saidOfBroken = byRules(broken.map(([, events]) => bodiesOf(events)));

it.each(broken.map(([words], n) => [words, n] as const))('finds %s', (words, n) => {
  expect(saidOfBroken[n]).toContain(`Wrong: ${words}`);
});

const early = '2020-01-01T00:00:00.000Z';
const [last] = life.slice(-1).map(({ time }) => time);
const setRight = (ahead = '', time = early): Written => ({
  request: id,
  time,
  texts: {},
  body: newEvent('clock-set-right', operatorActor('duty'), { ahead }).body,
});
const erased = { ...setRight(), body: newEvent('texts-erased', operatorActor('duty'), { reason: 'asked for' }).body };
const dated = (n: number): string => `Wrong: event ${n}: dated before the event before it`;
const otherRequest = life.slice(0, 1).map((event) => ({ ...event, request: requestId(2) }));
const ended = eventsAfter(asks, decides('reject', approver)).map((event) => writtenEvent(id, event));

const drift = (found: readonly string[], more: Partial<Written> = {}, change: object = {}): Written => {
  const data: object = { kind: 'healthcare-agent', resourceName: 'bot-care', basis: {}, found };
  const { body: ordered } = newEvent('run-ordered', botActor, { run: 1 });
  const body = { ...ordered, type: 'drift-found', data, target: ref('bot-care').id };
  return {
    request: driftIdOf(hashOf(ref('bot-care').id.toLowerCase())),
    time: since,
    texts: {},
    body: { ...body, ...change } as EventBody,
    ...more,
  };
};
const opened = drift(['a']);
const alsoOpened = drift(['a', 'b']);
const closed = drift([]);

/** What holds between the requests of a log, and for drifts. */
const logs: readonly (readonly [what: string, said: string, events: readonly Written[]])[] = [
  ['a time before the event before', dated(23), [...life, erased]],
  ['a clock that was set right, from the very time that was ahead', 'ok', [...life, setRight(last)]],
  ['a clock that was set right, from another time', dated(23), [...life, setRight('2030-01-01T00:00:00.000Z')]],
  [
    'a second open request for one resource',
    'Wrong: event 2: a second open request for ',
    [...life.slice(0, 1), ...otherRequest],
  ],
  ['a second request for one resource, once the first ended', 'ok', [...ended, ...otherRequest]],
  ['a drift that is opened, changed, closed and opened again', 'ok', [opened, alsoOpened, closed, opened]],
  [
    'a drift that is closed and was not opened',
    'Wrong: event 1: drift-found by cmk-bot, when a drift was not open',
    [closed],
  ],
  [
    'a drift in the name of another resource',
    'Wrong: event 1: not the next event of',
    [drift(['a'], {}, { target: ref('bot-ward').id })],
  ],
];
const saidOfLogs = byRules(logs.map(([, , events]) => bodiesOf(events)));

it.each(logs.map(([what, said], n) => [what, said, n] as const))('says of %s: %s', (_what, said, n) => {
  expect(saidOfLogs[n]).toContain(said);
});
