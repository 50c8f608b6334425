import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openCheckpoint } from '../../../src/audit/anchor/read-anchor.ts';
import { archiveOf, packFile } from '../../../src/audit/evidence/make-pack.ts';
import { signingKey } from '../../../src/audit/tlog/keys.ts';
import { checkpointText, cosignText, noteOf, signText } from '../../../src/audit/tlog/note.ts';
import { canonicalJson, parseCanonical } from '../../../src/domain/canonical-json.ts';
import { planSchema } from '../../../src/domain/plan.ts';
import { operatorActor } from '../../../src/domain/request/events.ts';
import { payloadsWith } from '../../../src/domain/request/payloads.ts';
import { StoredChangeSpec } from '../../../src/operations/registry.ts';
import { checkWitnesses, isWitnessed } from '../../../src/operator/cli/verifier-keys.ts';
import { forgeries, unsignedBy } from '../../support/audit/forged-packs.ts';
import { type Body, edited, packKeys, withFile, witnessKey } from '../../support/audit/packs.ts';
import { logKey, publishedIn, suiteFolders } from '../../support/audit/published-log.ts';
import { inPython, saidOf } from '../../support/audit/python-verifier.ts';
import { asked, rejected as rejects, logOf as sealedLog, succeeds, takes } from '../../support/audit/sealed-log.ts';
import type { Turn } from '../../support/builders/commands.ts';
import { reject } from '../../support/builders/commands.ts';
import { approver, requester } from '../../support/builders/fixtures.ts';

/** What `verify.py` says of packs of evidence and of every change of one, of text, and of signatures. */

const folder = suiteFolders();

const erasing = { do: 'erase-texts', actor: operatorActor('duty'), reason: 'asked for' } as const;
/** The bot makes a pack of each request. */
const logOf = (...lives: readonly (readonly Turn[])[]) => sealedLog(lives.map((turns) => [...turns, takes]));
const log = logOf(rejects, succeeds);
const rejected = await log.packOf(1);
const succeeded = await log.packOf(2, { fromSize: 3 });
const [quorumless, provedWords] = [`${packKeys}quorum 0\n`, expect.stringMatching(/^proved: /)];

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
      ...{ ...body, data },
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
const opened = (note: string, keys: string) =>
  inPython('answer(lambda: verify.open_note(given[0], verify.read_keys(given[1]), "it")[3])', [note, keys]);

test('a signature at no time, as of a witness that counts microseconds, counts for nothing and hides nothing', async () => {
  const note = noteOf(text, [signText(text, logKey), cosignText(text, witnessKey, 1_795_569_012_000_000)]);
  const keys = [logKey.verifier, witnessKey.verifier];
  const { checkpoint } = await openCheckpoint(async () => Buffer.from(note), 'it', keys);
  const check = checkWitnesses({ keys, quorum: null }, checkpoint?.signatures ?? []);
  expect([checkpoint?.size, isWitnessed(check), check.missing]).toEqual([1, false, [witnessKey.verifier.name]]);
  expect(opened(note, packKeys)).toEqual([[logKey.verifier.name, 1, null]]);
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
