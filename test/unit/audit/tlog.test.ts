import { describe, expect, test } from '@jest/globals';
import { checkpointText, readCheckpoint } from '../../../src/audit/tlog/checkpoint.ts';
import { keyLine, readKeyLine, signingKey, type VerifierKey } from '../../../src/audit/tlog/keys.ts';
import { leafHash } from '../../../src/audit/tlog/merkle-tree.ts';
import { noteOf, openNote, signText } from '../../../src/audit/tlog/note.ts';
import { provesConsistency, provesInclusion } from '../../../src/audit/tlog/verify-proof.ts';
import { growTree } from '../../support/audit/grown-tree.ts';

/** Made by another program with the seed 32 × 01, and opened by Go's x/mod/sumdb/note. */
const origin = 'bot.example/audit';
const logLine = 'bot.example/audit+dcc43fdd+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c';
const signed = [
  'bot.example/audit',
  '7',
  'cunxoRv0e6r1s4sHTQn7bqIqw18S/aceoJGgM8+wKuM=',
  '',
  '— bot.example/audit 3MQ/3S6dNjck7/LQLxlztbjS7VFULv70sTx5fsYzN+0nifanroxeqCNWjBP6Moz5RV1R1dsEjPmZ3HlAirtK80aOOQo=',
  '',
].join('\n');
/** Signed by a witness that nobody here wrote. */
const witnessLine = 'witness.example/w1+a0442588+BAWHTO2Rpp5Qa2t+bvx8jSWCyVorxU+BgF/h7J9q4Mo/';
const witnessed = [
  'bot.example/audit',
  '700',
  'fC52gmfi09DShlIGmbam68lxIxQxJ1AzvTOvkAiV03c=',
  '',
  '— bot.example/audit 3MQ/3SkFyTxMTfyHCA0jPYoS1i7T/10qq/p1A1Njb1xBNzA0W3wCgXsDYm/7ImhfrV+RqmZdz0PjueFic1mrV66TtgU=',
  '— witness.example/w1 oEQliAAAAABrBjV0wK7mZU1gDUheQF7d1sy/s6U7XbEKOOiPbEAd0l7g99yKjO9PdjjWE32100TVxoWACsDDaLjfrcSUJEzp9kFWAA==',
  '',
].join('\n');

function read(line: string): VerifierKey {
  const key = readKeyLine(line);
  if (typeof key === 'string') throw new Error(`${key}: ${line}`);
  return key;
}

const log = signingKey(origin, 'log', Buffer.alloc(32, 1));

describe('a signed checkpoint', () => {
  test('is byte for byte the one that other programs make and read', () => {
    const root = Buffer.from('72e9f1a11bf47baaf5b38b074d09fb6ea22ac35f12fda71ea091a033cfb02ae3', 'hex');
    const text = checkpointText({ origin, size: 7, root });
    expect(noteOf(text, [signText(text, log)])).toBe(signed);
    expect(keyLine(log.verifier)).toBe(logLine);
  });

  test('of a replaced key counts up to the size that its line says', () => {
    expect(openNote(signed, [read(`${logLine} until 7`)])).toMatchObject({ signatures: [{ time: null }] });
    expect(openNote(signed, [read(`${logLine} until 6`)])).toBe('no-known-signature');
    expect(keyLine(read(`${logLine} until 6`))).toBe(`${logLine} until 6`);
  });

  test('is read back with the log’s key, and a witness’s signature with its time', () => {
    const opened = openNote(witnessed, [read(logLine), read(witnessLine)]);
    if (typeof opened === 'string') throw new Error(opened);
    expect(opened.signatures.map(({ key, time }) => [key.name, key.kind, time])).toEqual([
      [origin, 'log', null],
      ['witness.example/w1', 'witness', 1_795_569_012],
    ]);
    expect(readCheckpoint(opened.text)).toEqual({
      origin,
      size: 700,
      root: Buffer.from('fC52gmfi09DShlIGmbam68lxIxQxJ1AzvTOvkAiV03c=', 'base64'),
    });
  });

  test('does not open with a key that it was not signed with, nor for one that only has its id', () => {
    expect(openNote(signed, [read(witnessLine)])).toBe('no-known-signature');
    const other = signingKey(origin, 'log', Buffer.alloc(32, 3)).verifier;
    expect(openNote(signed, [other])).toBe('no-known-signature');
  });

  test.each([
    ['no empty line', 'text\n'],
    ['base64 that is written otherwise than it is meant', signed.replace('OOQo=', 'OOQp=')],
    [
      'a hundred signatures',
      noteOf(
        'text\n',
        Array.from({ length: 100 }, () => signText('text\n', log)),
      ),
    ],
  ])('is no note with %s', (_, note) => expect(openNote(note, [log.verifier])).toBe('not-a-note'));

  test.each([
    ['a line behind the root', `${origin}\n7\n${Buffer.alloc(32).toString('base64')}\nhead abc\n`],
    ['a size with a zero before it', `${origin}\n07\n${Buffer.alloc(32).toString('base64')}\n`],
  ])('is no checkpoint with %s', (_, text) => expect(readCheckpoint(text)).toBeNull());
});

test('a note does not open with any one byte of it changed', () => {
  const bytes = Buffer.from(signed);
  const opened = bytes.reduce((count, byte, at) => {
    const copy = Buffer.from(bytes);
    copy[at] = byte ^ 1;
    return count + (typeof openNote(copy.toString('utf8'), [read(logLine)]) === 'string' ? 0 : 1);
  }, 0);
  expect(opened).toBe(0);
});

test.each([
  ['not-a-key-line', 'hello'],
  ['key-cut-off', witnessLine.slice(0, -8)],
  ['key-id-differs', logLine.replace('bot.', 'bat.')],
  ['key-kind-unknown', logLine.replace('AYqI', 'BYqI')],
])('a verifier key is refused as %s: %s', (fault, line) => expect(readKeyLine(line)).toBe(fault));

const entriesOf = (count: number): Buffer[] =>
  Array.from({ length: count }, (_, index) => Buffer.from(`{"seq":${index + 1}}`));
const hex = (hashes: readonly Buffer[]): string[] => hashes.map((hash) => hash.toString('hex'));

/** Made and agreed on by other programs, Go's x/mod/sumdb/tlog among them. */
const leaf0 = 'b119a77a4864308c481efb947ff723d6bd4ea1e7fab902eb8ca98bd759e46aee';
const leaf2 = 'dbcc42d7596b3d629f1861d1e2097b97b5462eccae789dfcf997fea9b0690899';
const leaf3 = '1795798275c506dbbf46fde73240eb19d52fb72fa90a05a1fc4c8b48b4aa06a2';
const root2 = '7759a01b9ada866e466d88d1c5d0a1814113d8646f3eceb06a1e03c053a3066a';
const root3 = '8822325fdcc11989850a6fd8758e2cfd34be445b08c22a7f0f2d64504ceee24f';
const root4 = 'aab5fc05d4eb18b4083188fa3e97e6c1eec3df134dd64d5773ee409e10111ff6';
const root7 = '72e9f1a11bf47baaf5b38b074d09fb6ea22ac35f12fda71ea091a033cfb02ae3';
const node4to6 = 'dcc0fdc624d08650ec1a592a8f2f37da835c8c35bc6a196158914b0399e5d202';

describe('a tree of events', () => {
  const seven = growTree(entriesOf(7));

  test('has the roots that other programs compute', () => {
    const roots = [1, 2, 3, 4, 7].map((size) => seven.at(size).root);
    expect(hex(roots)).toEqual([leaf0, root2, root3, root4, root7]);
  });

  test('proves what other programs prove, with the same hashes', async () => {
    const reader = seven.reader(7);
    expect(hex(await reader.inclusion(2))).toEqual([leaf3, root2, node4to6]);
    expect(hex(await reader.consistency(3))).toEqual([leaf2, leaf3, root2, node4to6]);
    expect(hex(await reader.consistency(4))).toEqual([node4to6]);
  });

  test('proves every leaf and every beginning, at every size up to 70', async () => {
    const entries = entriesOf(70);
    const tree = growTree(entries);
    let proofs = 0;
    const wrong: string[] = [];
    for (let size = 1; size <= 70; size += 1) {
      const reader = tree.reader(size);
      for (let index = 0; index < size; index += 1) {
        const leaf = leafHash(entries[index] ?? Buffer.of());
        const inclusion = await reader.inclusion(index);
        if (!provesInclusion(leaf, index, size, inclusion, tree.at(size).root)) wrong.push(`leaf ${index} of ${size}`);
        const consistency = await reader.consistency(index);
        if (!provesConsistency(tree.at(index), tree.at(size), consistency)) wrong.push(`${index} of ${size}`);
        proofs += 2;
      }
    }
    expect(wrong).toEqual([]);
    expect(proofs).toBe(70 * 71);
  });
});
