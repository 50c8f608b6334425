/** The keys file of someone who verifies: verifier keys, one per line, and how many witnesses must have signed. */
import { KeyMissing, KeyUnusable, readKeys, sealKeyUse } from '../../audit/key-file.ts';
import type { SealKeys } from '../../audit/seals.ts';
import { type KeyLineFault, readKeyLine, type VerifierKey } from '../../audit/tlog/keys.ts';
import type { NoteSignature } from '../../audit/tlog/note.ts';
import { readConfig } from '../../config/config.ts';
import { readSealKeyPlace } from '../../config/env.ts';
import type { KeyPlace, Place } from '../../config/place.ts';
import { Unusable } from './inputs.ts';

/** What is wrong with the line of a verifier key. */
export const keyLineWords: Record<KeyLineFault, string> = {
  'not-a-key-line': 'not a verifier key: it is name, eight letters and the key, with plus signs between',
  'key-cut-off': 'the key is cut off, or too long: copy the whole line',
  'key-kind-unknown': 'a key of a kind that is not known here',
  'key-id-differs': 'the eight letters are not those of this name and key: copy the whole line',
};

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

/** Everything else of the record can be read. */
export class SealKeyUnusable extends Unusable {}

const unusable = (error: unknown): never => {
  throw error instanceof KeyUnusable ? new SealKeyUnusable(error.message) : error;
};

/** Throws {@link Unusable} with what to do. */
export const readKeysIn = (file: string): Promise<SealKeys> => readKeys(file, sealKeyUse).catch(unusable);

/** `missing`: where the key should be nothing is, and what to do about it. Neither: none is named, as for an auditor. */
export interface KnownKeys {
  readonly keys: SealKeys | null;
  readonly missing: string | null;
}

/** Azure's clients take a while to load, and a file needs none of them. */
async function fromSecret(named: KeyPlace): Promise<SealKeys> {
  const { keptKeys } = await import('../kept-keys.ts');
  return (await keptKeys(named, readConfig(), sealKeyUse)).keys;
}

/**
 * Those of the record that is there. Of a file the command line needs no other setting; a secret it reads as the bot would,
 * and then all of the bot's configuration has to be there.
 */
export async function knownKeys(place: Place): Promise<KnownKeys> {
  const named = readSealKeyPlace(place);
  if (named === null) return { keys: null, missing: null };
  const read = named.kind === 'file' ? readKeys(named.file, sealKeyUse) : fromSecret(named);
  return read
    .then((keys) => ({ keys, missing: null }))
    .catch((error: unknown) =>
      error instanceof KeyMissing ? { keys: null, missing: error.message } : unusable(error),
    );
}
