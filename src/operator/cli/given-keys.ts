/** The keys file of someone who verifies: verifier keys, one per line, and how many witnesses must have signed. */
import { readKeyLine, type VerifierKey } from '../../audit/tlog/keys.ts';
import type { NoteSignature } from '../../audit/tlog/note.ts';
import { Unusable } from './unusable.ts';
import { keyLineWords } from './words/key-line.ts';

export interface GivenKeys {
  readonly keys: readonly VerifierKey[];
  /** From the line `quorum N`; null: there is none, and every witness whose key is given must have signed. */
  readonly quorum: number | null;
}

/** Which of the witnesses signed a checkpoint, of those whose keys were given. */
export interface WitnessCheck {
  /** How many must have signed. */
  readonly needed: number;
  /** No line `quorum N` said how many. */
  readonly isDefault: boolean;
  /** Once per name. `at` is ISO 8601, by the witness's clock. */
  readonly signed: readonly { readonly name: string; readonly at: string }[];
  /** Names of the others. */
  readonly missing: readonly string[];
}

/** Empty lines and lines that start with # are for people. */
const linesIn = (text: string): readonly string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));

const quorumLine = /^quorum (0|[1-9]\d{0,2})$/;

const witnessesIn = (keys: readonly VerifierKey[]): readonly string[] => [
  ...new Set(keys.flatMap(({ kind, name }) => (kind === 'witness' ? name : []))),
];

/** Throws {@link Unusable}, which names `where`. */
export function readGivenKeys(text: string, where: string): GivenKeys {
  const lines = linesIn(text);
  const keys = lines
    .filter((line) => !quorumLine.test(line))
    .map((line) => {
      const key = readKeyLine(line);
      if (typeof key !== 'string') return key;
      throw new Unusable(`${where}: ${keyLineWords[key]}`);
    });
  const [line] = lines.flatMap((one) => quorumLine.exec(one)?.[1] ?? []);
  const quorum = line === undefined ? null : Number(line);
  const witnesses = witnessesIn(keys).length;
  if (quorum !== null && quorum > witnesses) throw new Unusable(`${where}: quorum ${quorum} of ${witnesses} witnesses`);
  return { keys, quorum };
}

export function checkWitnesses({ keys, quorum }: GivenKeys, signatures: readonly NoteSignature[]): WitnessCheck {
  const signed = new Map<string, string>();
  for (const { key, time } of signatures) {
    if (time !== null) signed.set(key.name, new Date(time * 1000).toISOString());
  }
  const names = witnessesIn(keys);
  return {
    needed: quorum ?? names.length,
    isDefault: quorum === null,
    signed: [...signed].map(([name, at]) => ({ name, at })),
    missing: names.filter((name) => !signed.has(name)),
  };
}

/** As many witnesses signed as must have. */
export const isWitnessed = ({ needed, signed }: WitnessCheck): boolean => signed.length >= needed;
