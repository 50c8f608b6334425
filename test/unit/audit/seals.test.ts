import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { openDocumentSeals, openRowSeals } from '../../../src/audit/chat-seals.ts';
import { readKeys } from '../../../src/audit/key-file.ts';
import { sealWith } from '../../../src/audit/seal-event.ts';
import { lineChecker, openSeals, sealKeyId } from '../../../src/audit/seals.ts';
import { hashOf, lineFrom, verifyTexts } from '../../../src/audit/verify.ts';
import type { ChainLine, Link } from '../../../src/domain/record/chain.ts';
import { parseEventBody } from '../../../src/operations/registry.ts';
import { sealKeyUse } from '../../../src/text/record.ts';
import { inPython } from '../../support/audit/python-verifier.ts';
import { verifyChain } from '../../support/builders/sealed-record.ts';
import { keysOf } from '../../support/store/seal-keys.ts';

/** The bytes of a sealed line, fixed by vectors that another program computed. When this fails, the code is wrong. */
const Vector = z.object({
  key: z.number(),
  body: z.string(),
  hash: z.string(),
  sealKey: z.string(),
  seal: z.string(),
  texts: z.array(z.object({ field: z.string(), text: z.string(), salt: z.string() })),
});
const golden = z
  .object({ keys: z.array(z.string()), vectors: z.array(Vector) })
  .parse(JSON.parse(readFileSync(new URL('../../golden/chain.json', import.meta.url), 'utf8')));
const bytes = golden.keys.map((key) => Buffer.from(key, 'base64'));
const [first = Buffer.alloc(0)] = bytes;
const keys = keysOf(bytes);

const lines: readonly ChainLine[] = golden.vectors.map(({ body, hash, sealKey, seal }) => ({
  ...lineFrom(body),
  hash,
  sealKey,
  seal,
}));
const [one, two] = lines as [ChainLine, ChainLine];
const { sealKey: _key, ...rest } = JSON.parse(one.body);
const unnamed = { ...one, body: JSON.stringify(rest), hash: hashOf(JSON.stringify(rest)) };

describe('golden vectors', () => {
  it.each(golden.vectors.map((vector, n) => [n + 1, vector] as const))(
    'sealed line %i has these bytes',
    (_seq, { key, texts, ...sealed }) => {
      const { seq, time, prev, request, revision, cause, n, schema, commitments, sealKey, ...body } = JSON.parse(
        sealed.body,
      );
      const salts = texts.map(({ salt }) => Buffer.from(salt, 'hex'));
      const seal = sealWith(() => salts.shift() ?? Buffer.of(), openSeals(keys.slice(0, key + 1)));
      const shown = Object.fromEntries(texts.map(({ field, text }) => [field, text]));
      const place = { seq, time, prev, request, revision, cause, n };
      // In another order than theirs.
      const event = { body: parseEventBody(Object.fromEntries(Object.entries(body).reverse())), texts: shown };
      expect(seal(place, event)).toMatchObject(sealed);
      expect([schema, commitments.length, sealKey]).toEqual([1, texts.length, sealed.sealKey]);
    },
  );

  it('form a chain that the bot and verify.py accept, with their texts and both keys', () => {
    const check = lineChecker(keys);
    expect(lines.map((line) => check(line).fault)).toEqual(lines.map(() => null));
    expect(verifyChain(lines)).toEqual([]);
    const texts = lines.flatMap(({ request, revision }, n) =>
      (golden.vectors[n]?.texts ?? []).map((text) => ({ request, revision, ...text })),
    );
    expect(texts).toHaveLength(2);
    expect([...verifyTexts(lines, texts)]).toEqual([]);
    const chained = '[verify.check_chain(n + 1, body.encode(), prev)[0] for n, (body, prev) in enumerate(given)]';
    const given = lines.map(({ body, prev }) => [body, prev]);
    expect(inPython(chained, given)).toEqual(lines.map(({ hash }) => hash));
  });
});

describe('a line', () => {
  const check = lineChecker(keys);
  const faultOf = (line: ChainLine) => check(line).fault;

  it.each<[string, ChainLine, string]>([
    ['without a seal', { ...one, seal: null, sealKey: null }, 'seal-missing'],
    ['with the seal of another event', { ...one, seal: two.seal }, 'seal-differs'],
    [
      'with a seal of another key than its body names',
      { ...one, sealKey: sealKeyId(bytes[1] ?? first) },
      'seal-missing',
    ],
    ['whose body names no key', unnamed, 'seal-missing'],
  ])('%s is not sound', (_what, line, fault) => expect(faultOf(line)).toBe(fault));

  it('of a key that is not known is not sound, and names no key but by its id', () => {
    const other = lineChecker(keysOf([Buffer.alloc(32, 7)]))(one);
    expect(other).toMatchObject({ fault: 'seal-key-unknown' });
    expect(JSON.stringify(other)).not.toContain(golden.keys[0]);
  });

  it('of a replaced key is sound up to the last event of its time, which is that very one', () => {
    const faults = (until: Link) => [one, two].map((line) => lineChecker(keysOf(bytes, until))(line).fault);
    expect(faults({ seq: 2, hash: two.hash })).toEqual([null, null]);
    expect(faults({ seq: 1, hash: one.hash })).toEqual([null, 'seal-key-retired']);
    expect(faults({ seq: 2, hash: one.hash })).toEqual([null, 'seal-key-retired']);
  });
});

describe('the file with the key', () => {
  let folder = '';
  const file = (): string => path.join(folder, 'seal.key');
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'cmk-keys-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it.each([
    ['an older key without its last event', golden.keys.join('\n')],
    ['a last event of the key in use', `${golden.keys[0]} until 2 ${two.hash}`],
  ])('is refused with %s', async (_what, content) => {
    await writeFile(file(), content, { mode: 0o600 });
    await expect(readKeys(file(), sealKeyUse)).rejects.toThrow('cmk-bot audit verify prints the end');
  });

  it.each([0o644, 0o604])('is refused at mode %o', async (mode) => {
    await writeFile(file(), `${golden.keys[0]}\n`);
    await chmod(file(), mode);
    await expect(readKeys(file(), sealKeyUse)).rejects.toThrow(`chmod 600 ${file()}`);
  });

  it('is refused where it holds a good and a bad key, without a word of it', async () => {
    const content = `${golden.keys[0]}\nx\n`;
    await writeFile(file(), content, { mode: 0o600 });
    const error = await readKeys(file(), sealKeyUse).catch((thrown: Error) => thrown.message);
    expect(error).toContain('must be a key of at least 32 bytes');
    expect(error).not.toContain(golden.keys[0]);
    expect(await readFile(file(), 'utf8')).toBe(content);
  });
});

const own = Buffer.alloc(32, 1);
const document = { key: 'form/F-0000000000', writtenAt: new Date('2030-01-02T03:04:05.678Z'), text: '{"a":"\\n"}' };
const mac = (text: string) => createHmac('sha256', own).update(text, 'utf8').digest('hex');

describe('the seal of a document', () => {
  const seals = openDocumentSeals(keysOf([own]));

  it('is over label, key id, key, time and text, as it is documented', () => {
    const { sealKey, seal } = seals.seal(document);
    expect(sealKey).toBe(sealKeyId(own));
    const place = JSON.stringify([sealKey, document.key, '2030-01-02T03:04:05.678Z']);
    expect(seal).toBe(mac(`cmk-bot document seal 1\n${place}\n${document.text}`));
    expect(seals.faultOf(document, { sealKey, seal })).toBeNull();
  });

  it.each([
    ['another key', { key: 'form/F-0000000001' }],
    ['another text', { text: '{}' }],
    ['a text that takes over from the key', { key: 'form/F-0000000000\n', text: document.text.slice(1) }],
  ])('is not good for %s', (_what, change) => {
    expect(seals.faultOf({ ...document, ...change }, seals.seal(document))).toBe('seal-differs');
  });
});

const seals = openRowSeals(keysOf([own]));
const row = ['1', '29:1', null] as const;

it('the seal of a row is over label, key id, table and values, as it is documented', () => {
  const keyId = sealKeyId(own);
  const seal = seals.seal('person', row);
  expect(seal).toBe(`${keyId}:${mac(`cmk-bot row seal 1\n${JSON.stringify([keyId, 'person', ...row])}`)}`);
  expect(seals.isGood('person', row, seal)).toBe(true);
});
