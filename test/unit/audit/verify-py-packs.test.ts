import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openCheckpoint } from '../../../src/audit/anchor/read-anchor.ts';
import { type PackFiles, packFile } from '../../../src/audit/evidence/make-pack.ts';
import { keyLine, signingKey } from '../../../src/audit/tlog/keys.ts';
import { checkpointText, cosignText, noteOf, signText } from '../../../src/audit/tlog/note.ts';
import { canonicalJson, parseCanonical } from '../../../src/domain/canonical-json.ts';
import { planDigest } from '../../../src/domain/digest.ts';
import { planSchema } from '../../../src/domain/plan.ts';
import { operatorActor } from '../../../src/domain/request/events.ts';
import { payloadsWith } from '../../../src/domain/request/payloads.ts';
import type { Command } from '../../../src/domain/request/request-command.ts';
import { StoredChangeSpec } from '../../../src/operations/registry.ts';
import { checkWitnesses, isWitnessed } from '../../../src/operator/cli/verifier-keys.ts';
import { edited } from '../../support/audit/forged-packs.ts';
import { withSums } from '../../support/audit/pack-changes.ts';
import { logKey, suiteFolders } from '../../support/audit/published-log.ts';
import { inPython, packAnswers } from '../../support/audit/python-verifier.ts';
import { type Body, packOfRewritten } from '../../support/audit/rewritten-log.ts';
import {
  checks,
  does,
  doneWith,
  eventsAfter,
  id,
  intends,
  policy,
  proved,
  records,
} from '../../support/builders/commands.ts';
import { approve, approver, reject, submit } from '../../support/builders/fixtures.ts';
import { planFor, resource } from '../../support/builders/plans.ts';
import { sealedRecord, writtenEvent } from '../../support/builders/sealed-record.ts';

/** What `verify.py` says of small changes of a pack, of text, and of signatures. */

const folder = suiteFolders();

/** Sorted by code points, the second one comes first. */
const tags = { '\u{1f511}': 'key', '\uff21': 'wide', é: '', tier: 'gold' };
const plan = planFor({ seen: { resource: resource({ tags }) } });
const asked = submit({ plan, digest: planDigest(plan) });
const comment = 'As agreed \ud83d\ude00';

function recordOf(...commands: readonly Command[]) {
  const lines = sealedRecord(eventsAfter(...commands).map((event) => writtenEvent(id, event)));
  return { bodies: lines.map(({ line }) => line.body), texts: lines.flatMap((line) => line.texts) };
}

const approved = [
  asked,
  approve(approver, { comment }),
  checks({ plan, policy: policy(1), roleStatuses: { [approver]: 'yes' } }),
];
const succeeded = recordOf(
  ...approved,
  ...plan.steps.flatMap(({ name }) => (name === 'verify' ? [] : does(name))),
  ...[intends(1, 'verify'), records(1, doneWith('verify', { proofs: proved }))],
);
const rejected = recordOf(asked, reject());

/** A pack with the texts, of events that were changed before the log was signed. */
async function packOf(
  { bodies, texts }: ReturnType<typeof recordOf>,
  change: (body: Body) => Body | null = (body) => body,
): Promise<PackFiles> {
  const files = await packOfRewritten(bodies, id, logKey, change);
  const lines = texts.map((text) => `${JSON.stringify(text)}\n`).join('');
  return withSums(new Map([...files, [packFile.texts, Buffer.from(lines)]]));
}

const found = async (...packs: readonly PackFiles[]) => packAnswers(packs, logKey.verifier);

const put = (name: string, bytes: string) => (files: PackFiles) =>
  withSums(new Map([...files, [name, Buffer.from(bytes)]]));
const after = (name: string, more: string) => (files: PackFiles) => edited(files, name, (text) => `${text}${more}`);
const inTexts = (from: string | RegExp, to: string) => (files: PackFiles) =>
  edited(files, packFile.texts, (text) => text.replace(from, to));

test('a pack is proved, also with tags that the two languages sort differently', async () => {
  const said = await found(await packOf(succeeded), await packOf(rejected));
  expect(said).toEqual(['proved', 'proved']);
});

test('a pack with texts needs each one that no later erasure covers', async () => {
  const erasing = { do: 'erase-texts', actor: operatorActor('duty'), reason: 'asked for' } as const;
  const [before, later] = [recordOf(asked, erasing, reject()), recordOf(asked, reject(), erasing)];
  const cut = (record: typeof before, field: string) =>
    packOf({ ...record, texts: record.texts.filter((text) => text.field !== field) });
  const said = await found(
    await cut(succeeded, 'comment'),
    await cut(before, 'justification'),
    await cut(before, 'comment'),
    await packOf({ ...later, texts: [] }),
  );
  const missing = expect.stringContaining('comment');
  expect(said).toEqual([missing, 'proved', missing, 'proved']);
});

const altered: readonly (readonly [what: string, change: (files: PackFiles) => PackFiles, named: string])[] = [
  ['half an event behind the last newline', after(packFile.events, '{"type":"approved"}'), packFile.events],
  ['half a text behind the last newline', after(packFile.texts, '{"text":"I object"}'), packFile.texts],
  ['bytes behind the last text that are no UTF-8', after(packFile.texts, '\ufffd'), packFile.texts],
  ['later events without a newline', put(packFile.later, 'x'), packFile.later],
  ['a file for later events, and none', put(packFile.later, ''), packFile.later],
  ['a proof of consistency that is empty', put(packFile.consistency, ''), packFile.consistency],
  ['a text of another request', inTexts(id, 'CMK-999999'), ''],
  ['a text with one more field', inTexts('{"request"', '{"by":"someone","request"'), packFile.texts],
  ['a text with blanks', inTexts('{"request"', '{ "request"'), packFile.texts],
  ['a number of a text written otherwise', inTexts(/"revision":(\d+)/, '"revision":$1.0'), packFile.texts],
];
const saidOfAltered = await found(
  ...(await Promise.all(altered.map(async ([, change]) => change(await packOf(succeeded))))),
);
test.each(altered.map(([what, , named], n) => [what, named, n] as const))('%s: it is found', (_what, named, n) => {
  expect(saidOfAltered[n]).toContain(named);
  expect(saidOfAltered[n]).not.toBe('proved');
});

test('a plan in an event that is not the plan of its digest is found, also beside the right plan.json', async () => {
  const honest = await packOf(succeeded);
  const other = await packOf(succeeded, (body) =>
    body.type === 'submitted' ? JSON.parse(JSON.stringify(body).replaceAll('kv-care.vault', 'kv-evil.vault')) : body,
  );
  const forged = put(packFile.plan, String(honest.get(packFile.plan)))(other);
  const [said] = await found(forged);
  expect(said).toContain('its plan has another digest');
});

const rewritten: readonly (readonly [what: string, of: typeof succeeded, change: (body: Body) => Body | null])[] = [
  [
    'an approval that does not accept what can’t be undone',
    succeeded,
    (body) => (body.type === 'approved' ? { ...body, data: { ...body.data, acknowledgedIrreversible: false } } : body),
  ],
  [
    'an approval after the time to decide',
    succeeded,
    (body) =>
      body.type === 'submitted'
        ? { ...body, data: { ...body.data, policy: { ...body.data.policy, expiresAt: body.time } } }
        : body,
  ],
  [
    'a reminder after the rejection',
    rejected,
    (body) => (body.type === 'ended' ? [body, { ...body, type: 'reminded', data: {}, actor: body.actor }] : body),
  ],
];
const saidOfRewritten = await found(...(await Promise.all(rewritten.map(([, of, change]) => packOf(of, change)))));
test.each(rewritten.map(([what], n) => [what, n] as const))('%s: it is found', (_what, n) => {
  expect(saidOfRewritten[n]).toMatch(/^Wrong: event /);
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
const witness = signingKey('witness.example/w1', 'witness', Buffer.alloc(32, 2));
const keyFile = [logKey.verifier, witness.verifier].map(keyLine).join('\n');
const opened = (note: string, keys: string) =>
  inPython('answer(lambda: verify.open_note(given[0], verify.read_keys(given[1]), "it")[3])', [note, keys]);

test('a signature at no time, as of a witness that counts microseconds, counts for nothing and hides nothing', async () => {
  const note = noteOf(text, [signText(text, logKey), cosignText(text, witness, 1_795_569_012_000_000)]);
  const keys = [logKey.verifier, witness.verifier];
  const { checkpoint } = await openCheckpoint(async () => Buffer.from(note), 'it', keys);
  const check = checkWitnesses({ keys, quorum: null }, checkpoint?.signatures ?? []);
  expect([checkpoint?.size, isWitnessed(check), check.missing]).toEqual([1, false, [witness.verifier.name]]);
  expect(opened(note, keyFile)).toEqual([[logKey.verifier.name, 1, null]]);
});

test('a name of a signer that one reader takes for two words, and more signatures than a reader must take', async () => {
  const log = signText(text, logKey);
  const stranger = signingKey('stranger.example', 'log', Buffer.alloc(32, 7));
  const odd = ['\u0085', '\ufeff'].map((space) => [log, signText(text, stranger).replace('stranger', `st${space}er`)]);
  const many = [log, ...Array.from({ length: 64 }, () => signText(text, stranger))];
  for (const signatures of [...odd, many]) {
    const note = noteOf(text, signatures);
    const { checkpoint } = await openCheckpoint(async () => Buffer.from(note), 'it', [logKey.verifier]);
    expect([checkpoint, opened(note, keyFile)]).toEqual([null, 'Wrong: it: not a signed note']);
  }
});

test('a checkpoint that is newer than the pack’s log leaves the comparison open', async () => {
  const newer = { origin: logKey.verifier.name, size: 3, root: Buffer.alloc(32) };
  const file = path.join(await folder(), 'checkpoint');
  await writeFile(file, noteOf(checkpointText(newer), [signText(checkpointText(newer), logKey)]));
  const words =
    'verify.later_words(given[2], verify.read_keys(given[3]), (given[1], b"", given[0]), None, [], [], None)';
  const said = inPython(words, [newer.origin, 2, file, keyLine(logKey.verifier)]);
  expect(said).toEqual([expect.stringContaining('your checkpoint is newer'), false]);
});

test.each<[string, (kept: string) => string | Buffer, boolean]>([
  ['line ends of Windows', (kept) => kept.replaceAll('\n', '\r\n'), true],
  ['a mark at the beginning', (kept) => `\ufeff${kept}`, true],
  ['no last line end', (kept) => kept.trimEnd(), true],
  ['a changed number', (kept) => kept.replace('\n5\n', '\n6\n'), false],
  ['the bytes of UTF-16', (kept) => Buffer.from(`\ufeff${kept}`, 'utf16le'), false],
])('a kept checkpoint with %s is read, or says nothing of the log', async (_, edit, isRead) => {
  const text = checkpointText({ origin: logKey.verifier.name, size: 5, root: Buffer.alloc(32) });
  const content = Buffer.from(edit(noteOf(text, [signText(text, logKey)])));
  const file = path.join(await folder(), 'checkpoint');
  await writeFile(file, content);
  const words = 'answer(lambda: verify.kept_at(given[0], verify.read_keys(given[1]))[0])';
  const inPy = inPython(words, [file, keyLine(logKey.verifier)]);
  expect(inPy).toEqual(isRead ? 5 : expect.stringMatching(/^Unknown: /));
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
