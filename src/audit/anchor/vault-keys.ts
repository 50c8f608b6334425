/**
 * The keys in vaults that signed a log, as the bot remembers them in its database. The log's key signs each one: whoever can
 * only write in the database, or where the log is published, can't add one.
 */
import type { WitnessBook } from '../../domain/ports/witnesses.ts';
import { noteOf, openNote, signText } from '../tlog/note.ts';
import type { SigningKey } from '../tlog/signing-key.ts';
import { keyLine, readKeyLine, type VerifierKey } from '../tlog/verifier-key.ts';

/** Its second line is no number, so it's no checkpoint, and no witness signs it. */
const statementOf = (key: VerifierKey): string => `${key.name}\nsigned with this key in a vault\n${keyLine(key)}\n`;

/** Keys whose statement one of the log's own keys signed, oldest first. `logKeys`: the log's, older ones included. */
export async function knownVaultKeys(
  book: Pick<WitnessBook, 'of'>,
  log: string,
  logKeys: readonly VerifierKey[],
): Promise<readonly VerifierKey[]> {
  const rows = [...(await book.of(log))].sort((a, b) => a.since.getTime() - b.since.getTime());
  return rows.flatMap(({ key: line, asked }) => {
    const key = readKeyLine(line);
    if (typeof key === 'string' || key.kind !== 'vault' || key.name !== log) return [];
    const opened = openNote(noteOf(statementOf(key), [asked.detail]), logKeys);
    return typeof opened === 'string' ? [] : [key];
  });
}

export interface VaultKeys {
  known(): Promise<readonly VerifierKey[]>;
  /** `signed`: how many events the checkpoint covers that it signed, and when. */
  remember(key: VerifierKey, signed: { readonly size: number; readonly at: Date }): Promise<void>;
}

/** `olderKeys`: the log was signed with them before. */
export function openVaultKeys(
  book: Pick<WitnessBook, 'of' | 'keep'>,
  logKey: SigningKey,
  olderKeys: readonly VerifierKey[],
): VaultKeys {
  const { verifier } = logKey;
  const known = (): Promise<readonly VerifierKey[]> => knownVaultKeys(book, verifier.name, [verifier, ...olderKeys]);
  return {
    known,
    async remember(key, { size, at }) {
      if ((await known()).some(({ publicKey }) => publicKey.equals(key.publicKey))) return;
      const detail = signText(statementOf(key), logKey);
      await book.keep(verifier.name, [{ key: keyLine(key), size, at, outcome: 'signed', detail, note: '' }]);
    },
  };
}
