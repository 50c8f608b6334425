/** What a forger could do to an evidence pack, one change at a time, with the list of sums made anew. */
import { zipSync } from 'fflate';
import { archiveOf, type PackFiles, packFile } from '../../../src/audit/evidence/pack-files.ts';
import { signingKey } from '../../../src/audit/tlog/keys.ts';
import { noteOf, signText, textOfNote } from '../../../src/audit/tlog/note.ts';
import { edited, withFile, witnessKey } from './packs.ts';
import { logKey } from './published-log.ts';

export interface Forgery {
  readonly what: string;
  readonly archive: Buffer;
  /** What stands in the answer that it isn't proved. */
  readonly words?: string;
  /** A file that proves nothing: that the answer names it as not proved, or as not in the pack, is enough. */
  readonly named?: string;
}

type Edit = (text: string) => string | null;
type Row = readonly [what: string, files: PackFiles, words?: string];

const textIn = (files: PackFiles, name: string): string => files.get(name)?.toString('utf8') ?? '';
const proofName = (line: string): string =>
  `proofs/${String(Number(JSON.parse(line).seq) - 1).padStart(10, '0')}.tlog-proof`;

function flipped(bytes: Buffer, offset: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[offset] = (copy[offset] ?? 0) ^ (1 << (offset % 8));
  return copy;
}

/** The checkpoint changed, and the copy of it in every proof. */
export function checkpointChanged(files: PackFiles, edit: (note: string) => string): PackFiles {
  const note = textIn(files, packFile.checkpoint);
  const signed = [...files.keys()].filter((name) => name === packFile.checkpoint || name.startsWith('proofs/'));
  return signed.reduce((all, name) => edited(all, name, (text) => text.replace(note, () => edit(note))), files);
}

/** Without the signatures of that name. */
export const unsignedBy = (files: PackFiles, name: string): PackFiles =>
  checkpointChanged(files, (note) => note.replaceAll(new RegExp(`^\u2014 ${name} .*\n`, 'gm'), ''));

/** Any byte of any file, the sums left; and of what is proved, the sums made anew. */
function bytesChanged(files: PackFiles): readonly Row[] {
  const proved = [packFile.events, packFile.checkpoint, packFile.plan, packFile.rules, packFile.texts];
  const anywhere = [...files].flatMap(([name, bytes]) =>
    [0, Math.floor(bytes.length / 2), bytes.length - 1].map((at): Row => {
      return [`${name}, a bit of byte ${at}`, new Map(files).set(name, flipped(bytes, at))];
    }),
  );
  const forged = [...files].flatMap(([name, bytes]) => {
    if (!proved.includes(name as never) && !name.startsWith('proofs/')) return [];
    return Array.from({ length: 5 }, (_, n): Row => {
      const at = Math.floor((bytes.length * n) / 5);
      return [`${name}, a bit of byte ${at}, sums made anew`, withFile(files, name, flipped(bytes, at))];
    });
  });
  return [...anywhere, ...forged];
}

/** Each event left out with its proof, doubled, and swapped with the next. */
function eventsMoved(files: PackFiles): readonly Row[] {
  const lines = textIn(files, packFile.events).split('\n').slice(0, -1);
  const withLines = (of: PackFiles, changed: readonly string[]) =>
    withFile(of, packFile.events, changed.map((line) => `${line}\n`).join(''));
  return lines.flatMap((line, at): readonly Row[] => [
    [`event ${at + 1} left out`, withLines(withFile(files, proofName(line), null), lines.toSpliced(at, 1))],
    [`event ${at + 1} doubled`, withLines(files, lines.toSpliced(at, 0, line))],
    [`event ${at + 1} swapped`, withLines(files, lines.toSpliced(at, 1).toSpliced(at === 0 ? 1 : at - 1, 0, line))],
  ]);
}

/** Files of another request's pack in it, and an event of that request with its own proof. */
function mixed(files: PackFiles, other: PackFiles): readonly Row[] {
  const names = [packFile.events, packFile.plan, packFile.texts];
  const [line = ''] = textIn(other, packFile.events).split('\n');
  const own = withFile(files, proofName(line), other.get(proofName(line)) ?? '');
  return [
    ...names.map((name): Row => [`${name} of another pack`, withFile(files, name, other.get(name) ?? null)]),
    ['an event of another request', edited(own, packFile.events, (text) => `${line}\n${text}`)],
  ];
}

function proofsChanged(files: PackFiles, other: PackFiles): readonly Row[] {
  const [first = '', second = ''] = [...files.keys()].filter((name) => name.startsWith('proofs/')).sort();
  const theirs = [...other].find(([name]) => name.startsWith('proofs/'))?.[1] ?? '';
  const change = (what: string, edit: Edit, name = first): Row => [what, edited(files, name, edit)];
  return [
    change('the index of a proof', (text) => text.replace(/index \d+/, 'index 99')),
    change('a hash too many in a proof', (text) => text.replace(/(\n[^\n]{43}=)\n\n/, '$1$1\n\n')),
    change('a proof left out', () => null),
    change('the proof of another event', () => textIn(files, second)),
    change('the proof of another request', () => String(theirs)),
    change('a proof of an event that is not there', () => String(theirs), 'proofs/0000000999.tlog-proof'),
    change('an extra line in a proof', (text) => text.replace('\nindex', '\nextra AAAA\nindex')),
  ];
}

function checkpointsChanged(files: PackFiles): readonly Row[] {
  const { name } = logKey.verifier;
  const stranger = signingKey(name, 'log', Buffer.alloc(32, 9));
  const change = (what: string, edit: (note: string) => string): Row => [what, checkpointChanged(files, edit)];
  const otherFirst = (_: string, a: string) => (a === 'B' ? '\nA' : '\nB');
  return [
    change('another size in the checkpoint', (text) => text.replace(/\n(\d+)\n/, '\n9$1\n')),
    change('another root in the checkpoint', (text) => text.replace(/\n(\S)(?=\S{42}=\n\n)/, otherFirst)),
    change('signed with another key of that name', (text) =>
      noteOf(textOfNote(text), [signText(textOfNote(text), stranger)]),
    ),
    change('a bit of the witness’s signature', (text) => text.replace(/(witness\S+ \S{20})./, '$1+')),
    ['the log’s signature taken away', unsignedBy(files, name), `not signed by ${name}`],
    ['the witness’s signature taken away', unsignedBy(files, witnessKey.verifier.name), 'NOT signed by witness'],
    [
      'a changed proof of consistency',
      edited(files, packFile.consistency, (text) => text.replace(/\n(\S)(?=\S{42}=\n\n)/, otherFirst)),
      'consistency: does not lead to the root',
    ],
  ];
}

const textsChanged = (files: PackFiles): readonly Row[] => {
  const { events, texts, later, consistency } = packFile;
  const after = (name: string, more: string) => edited(files, name, (text) => `${text}${more}`);
  const inTexts = (from: string | RegExp, to: string) => edited(files, texts, (text) => text.replace(from, to));
  return [
    ['half an event behind the last newline', after(events, '{"type":"approved"}'), events],
    ['half a text behind the last newline', after(texts, '{"text":"I object"}'), texts],
    ['bytes behind the last text that are no UTF-8', after(texts, '\ufffd'), texts],
    ['later events without a newline', withFile(files, later, 'x'), later],
    ['a file for later events, and none', withFile(files, later, ''), later],
    ['a proof of consistency that is empty', withFile(files, consistency, ''), consistency],
    ['a text of another request', inTexts(/CMK-\d+/, 'CMK-999999')],
    ['a text with one more field', inTexts('{"request"', '{"by":"someone","request"'), texts],
    ['a text with blanks', inTexts('{"request"', '{ "request"'), texts],
    ['a number of a text written otherwise', inTexts(/"revision":(\d+)/, '"revision":$1.0'), texts],
  ];
};

/** The same files, or one more, in a zip that the bot doesn't write. */
function zipsChanged(files: PackFiles): readonly Forgery[] {
  const archive = archiveOf(files);
  const plain = Object.fromEntries(files);
  const page = '<p>Approved by the auditor</p>';
  const bytes = (text: string) => Buffer.from(text, 'latin1');
  const twice = archiveOf(new Map(files).set('README.tx_', Buffer.from(page))).toString('latin1');
  const put = (what: string, name: string): Forgery => ({ what, archive: archiveOf(withFile(files, name, page)) });
  return [
    put('a page put in', 'START-HERE.html'),
    put('a program put in', 'verify.py'),
    put('a file that leaves the folder', '../../evil.sh'),
    { what: 'a name twice', archive: bytes(twice.replaceAll('README.tx_', 'README.txt')) },
    { what: 'another local name', archive: bytes(archive.toString('latin1').replace('report.html', 'rep0rt.html')) },
    { what: 'bytes before it', archive: Buffer.concat([bytes('#!/bin/sh\necho proved\nexit\n'), archive]) },
    { what: 'bytes behind it', archive: Buffer.concat([archive, bytes(page)]) },
    { what: 'cut off', archive: archive.subarray(0, 2_000) },
    { what: 'packed again, compressed', archive: Buffer.from(zipSync(plain, { level: 9 })) },
  ];
}

/** What proves nothing. */
function viewsChanged(files: PackFiles): readonly Forgery[] {
  const { report, controls, readme, keys, rules } = packFile;
  const stranger = signingKey('stranger.example', 'log', Buffer.alloc(32, 7));
  const signedToo = checkpointChanged(files, (note) => `${note}${signText(textOfNote(note), stranger)}`);
  const change = (what: string, named: string, edit: Edit): Forgery => ({
    what,
    named,
    archive: archiveOf(edited(files, named, edit)),
  });
  return [
    change('a script in the report', report, (text) => text.replace('</main>', '<script>alert(1)</script></main>')),
    change('“certified SOC 2”', controls, (text) => text.replace('audit controls', 'certified SOC 2')),
    change('“take the keys from here”', readme, () => 'Take the keys from keys.txt.\n'),
    change('another key', keys, (text) => text.replace(/\+A/, '+B')),
    change('no rules', rules, () => null),
    { what: 'signed by a stranger, too', named: 'stranger.example', archive: archiveOf(signedToo) },
  ];
}

/** `files`: with texts and a proof of consistency. `other`: the pack of another request in the same log. */
export function forgeries(files: PackFiles, other: PackFiles): readonly Forgery[] {
  const rows = [
    ...[...files.keys()].map(
      (name): Row => [`${name} taken away`, new Map([...files].filter(([one]) => one !== name))],
    ),
    ...bytesChanged(files),
    ...eventsMoved(files),
    ...mixed(files, other),
    ...proofsChanged(files, other),
    ...checkpointsChanged(files),
    ...textsChanged(files),
  ];
  const changed = rows.map(([what, of, words]) => ({ what, archive: archiveOf(of), ...(words ? { words } : {}) }));
  return [...changed, ...zipsChanged(files), ...viewsChanged(files)];
}
