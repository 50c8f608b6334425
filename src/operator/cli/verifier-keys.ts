/** A verifier's keys file: verifier keys, one per line, and the required number of witnesses. */
import { KeyFileInvalid, KeyMissing, readKeys } from '../../audit/key-file.ts';
import type { SealKeys } from '../../audit/seals.ts';
import { readKeyLine, type VerifierKey } from '../../audit/tlog/keys.ts';
import type { NoteSignature } from '../../audit/tlog/note.ts';
import { readConfig } from '../../config/config.ts';
import { readSealKeyPlace } from '../../config/env.ts';
import type { KeyPlace } from '../../config/place.ts';
import { sealKeyUse } from '../../text/record.ts';
import { keyLineWords } from '../check-settings.ts';
import { Unusable } from './subcommand.ts';

interface VerifierKeysFile {
  readonly keys: readonly VerifierKey[];
  /** From the line `quorum N`; null: none, so all given witnesses must have signed. */
  readonly quorum: number | null;
}

export interface WitnessCheck {
  readonly needed: number;
  readonly isDefault: boolean;
  /** One per name. `at`: ISO 8601 by the witness's clock. */
  readonly signed: readonly { readonly name: string; readonly at: string }[];
  readonly missing: readonly string[];
}

const quorumLine = /^quorum (0|[1-9]\d{0,2})$/;

const witnessesIn = (keys: readonly VerifierKey[]): readonly string[] => [
  ...new Set(keys.flatMap(({ kind, name }) => (kind === 'witness' ? name : []))),
];

/** Parses given keys. `where`: the source, for errors. Throws {@link Unusable}. */
export function parseVerifierKeys(text: string, where: string): VerifierKeysFile {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const keys = lines
    .filter((line) => !quorumLine.test(line))
    .map((line) => {
      const key = readKeyLine(line);
      if (typeof key !== 'string') return key;
      throw new Unusable(`${where}: a line ${keyLineWords[key]}. Copy the whole line`);
    });
  const [line] = lines.flatMap((one) => quorumLine.exec(one)?.[1] ?? []);
  const quorum = line === undefined ? null : Number(line);
  const witnesses = witnessesIn(keys).length;
  if (quorum !== null && quorum > witnesses) throw new Unusable(`${where}: quorum ${quorum} of ${witnesses} witnesses`);
  return { keys, quorum };
}

export function checkWitnesses({ keys, quorum }: VerifierKeysFile, signatures: readonly NoteSignature[]): WitnessCheck {
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

export const isWitnessed = ({ needed, signed }: WitnessCheck): boolean => signed.length >= needed;

/** The seal key is unusable; the rest of the audit log is readable. */
export class SealKeyUnusable extends Unusable {}

const rethrowUnusable = (error: unknown): never => {
  throw error instanceof KeyFileInvalid ? new SealKeyUnusable(error.message) : error;
};

/** Loads Azure's clients only for a secret: they load slowly. */
async function fromSecret(named: KeyPlace): Promise<SealKeys> {
  const { loadKeys } = await import('../published-log.ts');
  return (await loadKeys(named, readConfig(), sealKeyUse)).keys;
}

/**
 * Returns the seal keys of the audit log. A key file needs no other setting. A secret is read as the bot reads it, so the
 * complete configuration is required. `missing`: message if a configured key doesn't exist. Both null: no key is configured, as for
 * an auditor.
 */
export async function loadSealKeys() {
  const named = readSealKeyPlace();
  if (named === null) return { keys: null, missing: null };
  const read = named.kind === 'file' ? readKeys(named.file, sealKeyUse) : fromSecret(named);
  return read
    .then((keys) => ({ keys, missing: null }))
    .catch((error: unknown) =>
      error instanceof KeyMissing ? { keys: null, missing: error.message } : rethrowUnusable(error),
    );
}

/** Returns the seal keys of the named file, else those of the audit log if `isDatabase`; else none. Throws {@link Unusable} with the fix. */
export async function keysFor(file: string | undefined, isDatabase: boolean) {
  if (file !== undefined) return { keys: await readKeys(file, sealKeyUse).catch(rethrowUnusable), missing: null };
  return isDatabase ? loadSealKeys() : { keys: null, missing: null };
}
