/**
 * What a forger could do to an evidence pack, one change at a time: every file fits the list of sums again. Events and what
 * follows from them: test/long/evidence-forgeries.
 */
import { type PackFiles, packFile } from '../../../src/audit/evidence/make-pack.ts';
import { signingKey } from '../../../src/audit/tlog/keys.ts';
import { noteOf, signText } from '../../../src/audit/tlog/note.ts';
import { type PackChange, put, withSums } from './pack-changes.ts';

type Edit = (text: string) => string | null;

/** Null takes the file away. */
export function edited(files: PackFiles, name: string, edit: Edit): PackFiles {
  const text = edit(files.get(name)?.toString('utf8') ?? '');
  return withSums(put(files, name, text === null ? null : Buffer.from(text)));
}

const proofNames = (files: PackFiles): readonly string[] =>
  [...files.keys()].filter((name) => name.startsWith('proofs/')).sort();

/** The checkpoint changed, and the copy of it in every proof. */
export function checkpointChanged(files: PackFiles, edit: (note: string) => string): PackFiles {
  const note = files.get(packFile.checkpoint)?.toString('utf8') ?? '';
  const isSigned = (name: string): boolean => name === packFile.checkpoint || name.startsWith('proofs/');
  const changed = [...files].map(([name, bytes]): [string, Buffer] => [
    name,
    isSigned(name) ? Buffer.from(bytes.toString('utf8').replace(note, () => edit(note))) : bytes,
  ]);
  return withSums(new Map(changed));
}

const bodyOf = (note: string): string => note.slice(0, note.indexOf('\n\n') + 1);
const signaturesOf = (note: string): readonly string[] => note.slice(note.indexOf('\n\n') + 2).split(/(?<=\n)/);

const proofChanges = (files: PackFiles, other: PackFiles): readonly PackChange[] => {
  const [first = '', second = ''] = proofNames(files);
  const theirs = other.get(proofNames(other)[0] ?? '')?.toString('utf8') ?? '';
  const flipped = (text: string): string =>
    text.replace(/\n([A-Za-z0-9+/])([A-Za-z0-9+/]{42}=)\n/, (_, a, rest) => `\n${a === 'A' ? 'B' : 'A'}${rest}\n`);
  return [
    { what: 'a hash of a proof', files: edited(files, first, flipped) },
    { what: 'the index of a proof', files: edited(files, first, (text) => text.replace(/index \d+/, 'index 99')) },
    {
      what: 'a hash too many in a proof',
      files: edited(files, first, (text) => text.replace(/(\n[^\n]{43}=)\n\n/, '$1$1\n\n')),
    },
    { what: 'a proof left out', files: edited(files, first, () => null) },
    {
      what: 'the proof of another event',
      files: edited(files, first, () => files.get(second)?.toString('utf8') ?? ''),
    },
    { what: 'the proof of another request', files: edited(files, first, () => theirs) },
    {
      what: 'a proof of an event that is not there',
      files: edited(files, 'proofs/0000000999.tlog-proof', () => theirs),
    },
    {
      what: 'an extra line in a proof',
      files: edited(files, first, (text) => text.replace('\nindex', '\nextra AAAA\nindex')),
    },
  ];
};

const checkpointChanges = (files: PackFiles): readonly PackChange[] => {
  const note = files.get(packFile.checkpoint)?.toString('utf8') ?? '';
  const origin = note.split('\n')[0] ?? '';
  const stranger = signingKey(origin, 'log', Buffer.alloc(32, 9));
  const change = (what: string, edit: (note: string) => string): PackChange => ({
    what,
    files: checkpointChanged(files, edit),
  });
  return [
    change('another size in the checkpoint', (text) => text.replace(/\n(\d+)\n/, '\n9$1\n')),
    change('another root in the checkpoint', (text) =>
      text.replace(/\n([A-Za-z0-9+/])(?=[A-Za-z0-9+/]{42}=\n\n)/, (_, a) => (a === 'B' ? '\nA' : '\nB')),
    ),
    change('the log’s signature taken away', (text) =>
      noteOf(
        bodyOf(text),
        signaturesOf(text).filter((line) => !line.startsWith(`\u2014 ${origin} `)),
      ),
    ),
    change('signed with another key of that name', (text) => noteOf(bodyOf(text), [signText(bodyOf(text), stranger)])),
    change('the witness’s signature taken away', (text) =>
      noteOf(
        bodyOf(text),
        signaturesOf(text).filter((line) => line.startsWith(`\u2014 ${origin} `)),
      ),
    ),
    change('a bit of the witness’s signature', (text) =>
      text.replace(/(witness\S+ \S{20})(\S)/, (_, a, b) => `${a}${b === 'A' ? 'B' : 'A'}`),
    ),
  ];
};

/** What proves nothing: it is found, or the answer names the file as not proved or not in the pack. */
const viewChanges = (files: PackFiles): readonly PackChange[] => {
  const change = (what: string, name: string, edit: Edit): PackChange => ({
    what: `${name}: ${what}`,
    files: edited(files, name, edit),
  });
  return [
    change('another name', packFile.report, (text) => text.replaceAll('Approver', 'Chief Security Officer')),
    change('a script', packFile.report, (text) => text.replace('</main>', '<script>alert(1)</script></main>')),
    change('another name', packFile.names, (text) => text.replace('Requester', 'Somebody else')),
    change('left out', packFile.names, () => null),
    change('“certified SOC 2”', packFile.controls, (text) => text.replace('audit controls', 'certified SOC 2')),
    change('left out', packFile.controls, () => null),
    change('“take the keys from here”', packFile.readme, () => 'Take the keys from keys.txt.\n'),
    change('another key', packFile.keys, (text) => text.replace(/\+A/, '+B')),
    change('left out', packFile.rules, () => null),
    {
      what: `${packFile.checkpoint}: one more signature, by a stranger`,
      files: checkpointChanged(
        files,
        (note) => `${note}${signText(bodyOf(note), signingKey('stranger.example', 'log', Buffer.alloc(32, 7)))}`,
      ),
    },
  ];
};

export interface Forgeries {
  readonly changes: readonly PackChange[];
  /** The least that the verifier does. */
  readonly expected: 'found' | 'found or named';
}

export const forgeries = (files: PackFiles, other: PackFiles): readonly Forgeries[] => [
  { changes: [...proofChanges(files, other), ...checkpointChanges(files)], expected: 'found' },
  { changes: viewChanges(files), expected: 'found or named' },
];
