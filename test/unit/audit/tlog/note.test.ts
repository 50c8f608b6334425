import { describe, expect, test } from '@jest/globals';
import { keyLine, readKeyLine, signingKey, type VerifierKey } from '../../../../src/audit/tlog/keys.ts';
import { bundleOf, entriesIn, tilePath } from '../../../../src/audit/tlog/merkle-tree.ts';
import {
  checkpointText,
  cosignText,
  noteOf,
  openNote,
  readCheckpoint,
  signText,
} from '../../../../src/audit/tlog/note.ts';

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

  test('carries a cosignature that is checked like any other', () => {
    const witness = signingKey('w.example', 'witness', Buffer.alloc(32, 2));
    const text = checkpointText({ origin, size: 1, root: Buffer.alloc(32) });
    const note = noteOf(text, [signText(text, log), cosignText(text, witness, 1_795_569_012)]);
    expect(openNote(note, [witness.verifier])).toMatchObject({ signatures: [{ time: 1_795_569_012 }] });
    expect(openNote(note.replace('\n1\n', '\n2\n'), [witness.verifier])).toBe('signature-differs');
  });

  test('does not open with a key that it was not signed with, nor for one that only has its id', () => {
    expect(openNote(signed, [read(witnessLine)])).toBe('no-known-signature');
    const other = signingKey(origin, 'log', Buffer.alloc(32, 3)).verifier;
    expect(openNote(signed, [other])).toBe('no-known-signature');
  });

  test.each([
    ['no empty line', 'text\n'],
    ['no signature', 'text\n\n'],
    ['no line feed at the end', signed.slice(0, -1)],
    ['a control character', signed.replace('7', '7\r')],
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
    ['a size past what a number holds', `${origin}\n99999999999999999999\n${Buffer.alloc(32).toString('base64')}\n`],
    ['a root that is cut off', `${origin}\n7\n${Buffer.alloc(31).toString('base64')}\n`],
    ['no name', `\n7\n${Buffer.alloc(32).toString('base64')}\n`],
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

describe('tiles', () => {
  test.each([
    [0, 256, 'tile/0/000'],
    [999, 256, 'tile/0/999'],
    [1000, 256, 'tile/0/x001/000'],
    [1_234_067, 5, 'tile/0/x001/x234/067.p/5'],
  ])('are found by their number, the %dth', (index, width, path) => {
    expect(tilePath({ kind: 0, index, width })).toBe(path);
  });

  test('of entries are what other programs write, and are read back', () => {
    const entries = [Buffer.from('{"seq":1}'), Buffer.from('{"seq":2}')];
    const bundle = bundleOf(entries);
    expect(bundle.toString('hex')).toBe('00097b22736571223a317d00097b22736571223a327d');
    expect(entriesIn(bundle)).toEqual(entries);
    expect(entriesIn(bundle.subarray(0, -1))).toBeNull();
  });

  test('hold no entry that is longer than its length can say', () => {
    expect(() => bundleOf([Buffer.alloc(65_536)])).toThrow('at most 65535');
  });
});
