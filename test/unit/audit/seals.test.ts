import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { sealWith } from '../../../src/audit/audit-tools.ts';
import { readKeys } from '../../../src/audit/key-file.ts';
import { lineChecker, openSeals, sealKeyId } from '../../../src/audit/seals.ts';
import { hashOf } from '../../../src/audit/verify.ts';
import type { ChainLine, Link, Position } from '../../../src/domain/record/chain.ts';
import type { NewEvent } from '../../../src/domain/request/events.ts';
import { sealKeyUse } from '../../../src/text/record.ts';
import { keysOf } from '../../support/store/seal-keys.ts';

/** The bytes of a sealed line, fixed by vectors that another program computed. When this fails, the code is wrong. */
const Vector = z.object({
  position: z.custom<Position>(),
  event: z.custom<NewEvent>(),
  salts: z.array(z.string()),
  key: z.number(),
  body: z.string(),
  hash: z.string(),
  sealKey: z.string(),
  seal: z.string(),
});
const golden = z
  .object({
    keys: z.array(z.string()),
    vectors: z.array(Vector),
  })
  .parse(JSON.parse(readFileSync(new URL('../../golden/chain.json', import.meta.url), 'utf8')));
const bytes = golden.keys.map((key) => Buffer.from(key, 'base64'));
const [first = Buffer.alloc(0)] = bytes;
const keys = keysOf(bytes);

const lineOf = ({ position: { time: _time, ...position }, body, hash, sealKey, seal }: z.infer<typeof Vector>) => ({
  ...position,
  ...{ body, hash, sealKey, seal },
});
const lines: readonly ChainLine[] = golden.vectors.map(lineOf);
const [one, two] = lines as [ChainLine, ChainLine];
const { sealKey: _key, ...rest } = JSON.parse(one.body);
const unnamed = { ...one, body: JSON.stringify(rest), hash: hashOf(JSON.stringify(rest)) };

describe('golden vectors', () => {
  it.each(golden.vectors.map((vector) => [vector.position.seq, vector] as const))(
    'sealed line %i has these bytes',
    (_seq, { position, event, salts, key, body, hash, sealKey, seal }) => {
      const left = [...salts];
      const seals = openSeals(keys.slice(0, key + 1));
      const made = sealWith(() => Buffer.from(left.shift() ?? '', 'hex'), seals)(position, event);
      expect(made).toMatchObject({ body, hash, sealKey, seal });
    },
  );

  it('are sound with both keys', () => {
    const check = lineChecker(keys);
    expect(lines.map((line) => check(line).fault)).toEqual(lines.map(() => null));
  });
});

describe('a line', () => {
  const check = lineChecker(keys);
  const faultOf = (line: ChainLine) => check(line).fault;

  it.each<[string, ChainLine, string]>([
    ['without a seal', { ...one, seal: null, sealKey: null }, 'seal-missing'],
    ['with the seal of another event', { ...one, seal: two.seal }, 'seal-differs'],
    ['with half a seal', { ...one, seal: one.seal?.slice(0, 32) ?? null }, 'seal-differs'],
    ['with text after its seal', { ...one, seal: `${one.seal} and more` }, 'seal-differs'],
    ['with its seal in upper-case letters', { ...one, seal: one.seal?.toUpperCase() ?? null }, 'seal-differs'],
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

  it('is looked at without its seal where there is no key', () => {
    expect(lineChecker(null)({ ...one, seal: null }).fault).toBeNull();
    expect(lineChecker(null)({ ...one, hash: two.hash }).fault).toBe('hash-differs');
  });
});

describe('the file with the key', () => {
  let folder = '';
  const file = (): string => path.join(folder, 'seal.key');
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'cmk-keys-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('holds older keys before the one that seals', async () => {
    await writeFile(file(), `# two of them\n${golden.keys.join(` until ${two.seq} ${two.hash}\n`)}\n`, { mode: 0o600 });
    const read = await readKeys(file(), sealKeyUse);
    expect(openSeals(read).keyId).toBe(golden.vectors[2]?.sealKey);
    expect(read[0]?.until).toEqual({ seq: two.seq, hash: two.hash });
  });

  it.each([
    ['an older key without its last event', golden.keys.join('\n')],
    ['a last event of the key in use', `${golden.keys[0]} until 2 ${two.hash}`],
  ])('is refused with %s', async (_what, content) => {
    await writeFile(file(), content, { mode: 0o600 });
    await expect(readKeys(file(), sealKeyUse)).rejects.toThrow('cmk-bot audit verify prints the end');
  });

  it.each([0o644, 0o604, 0o620, 0o602])('is refused at mode %o', async (mode) => {
    await writeFile(file(), `${golden.keys[0]}\n`);
    await chmod(file(), mode);
    await expect(readKeys(file(), sealKeyUse)).rejects.toThrow(`chmod 600 ${file()}`);
  });

  it.each([
    ['is empty', ''],
    ['holds a short key', 'c2hvcnQ=\n'],
    ['holds a good and a bad key', `${golden.keys[0]}\nx\n`],
  ])('is refused where it %s, without a word of it', async (_what, content) => {
    await writeFile(file(), content, { mode: 0o600 });
    const error = await readKeys(file(), sealKeyUse).catch((thrown: Error) => thrown.message);
    expect(error).toContain('must be a key of at least 32 bytes');
    expect(error).not.toContain(golden.keys[0]);
    expect(await readFile(file(), 'utf8')).toBe(content);
  });

  it('is asked for where it is missing', () => expect(readKeys(file(), sealKeyUse)).rejects.toThrow('doesn’t exist'));
});
