/**
 * Cosigns checkpoints with a vault key, so that a stolen log key alone isn't enough to forge one. An unreachable vault blocks
 * nothing; the next checkpoint asks again.
 */
import { codeOf, done, type Failure, type Outcome } from '../../domain/failure.ts';
import type { SigningVersion, VaultSigner, WitnessBook } from '../../domain/ports/published-log.ts';
import { keyLine, readKeyLine, type SigningKey, type VerifierKey } from '../tlog/keys.ts';
import { noteOf, openNote, signatureLine, signText, textOfNote } from '../tlog/note.ts';
import type { Published } from './newest-checkpoint.ts';
import { type CosignOutcome, maxDetail, type WitnessMemory } from './witnesses.ts';

interface SignedLine {
  readonly size: number;
  readonly line: string;
  readonly key: VerifierKey;
}

const detailOf = (failure: Failure): string => {
  if (failure.source !== 'bot') return `${codeOf(failure)}: ${failure.message}`.trim();
  return failure.found.code === 'key-not-usable' ? failure.found.message : failure.found.code;
};

/** `refused`: needs a change of settings. `no-answer`: might work the next time. */
const kindOf = (failure: Failure): 'refused' | 'no-answer' =>
  failure.source === 'bot' || (failure.source === 'azure' && failure.next === 'ask') ? 'refused' : 'no-answer';

export class VaultCosigner {
  readonly #name: string;
  readonly #signer: VaultSigner;
  readonly #memory: Pick<WitnessMemory, 'keep'>;
  readonly #keys: VaultKeys;
  readonly #now: () => Date;
  #signed: SignedLine | null = null;
  /** The vault's current signing key, read since this process started. */
  #known: VerifierKey | null = null;

  /** `name`: the log's name. */
  constructor(
    name: string,
    signer: VaultSigner,
    memory: Pick<WitnessMemory, 'keep'>,
    keys: VaultKeys,
    now: () => Date,
  ) {
    this.#name = name;
    this.#signer = signer;
    this.#memory = memory;
    this.#keys = keys;
    this.#now = now;
  }

  /** Restores the last signature from the note, so that it isn't lost while the vault is unreachable. */
  async recall(note: string, size: number): Promise<void> {
    if (this.#signed?.size === size) return;
    const opened = openNote(note, await this.keys());
    const found = typeof opened === 'string' ? undefined : opened.signatures[0];
    if (found !== undefined) this.#signed = { size, line: found.line, key: found.key };
  }

  isDue(size: number): boolean {
    return this.#known === null || this.#signed?.size !== size;
  }

  linesOf(size: number): readonly string[] {
    return this.#signed?.size === size ? [this.#signed.line] : [];
  }

  /** Returns the stored vault keys that signed this log, oldest first. */
  keys(): Promise<readonly VerifierKey[]> {
    return this.#keys.known();
  }

  /** Stores the outcome before it returns it. */
  async ask(published: Published): Promise<CosignOutcome> {
    const outcome = await this.#sign(published);
    const detail = outcome.kind === 'signed' ? '' : outcome.detail.slice(0, maxDetail);
    const { size, signedNote: note } = published;
    await this.#memory.keep([
      { key: this.#signer.address, size, at: this.#now(), outcome: outcome.kind, detail, note },
    ]);
    return outcome;
  }

  async #sign({ size, signedNote }: Published): Promise<CosignOutcome> {
    const text = textOfNote(signedNote);
    const version = await this.#signer.version();
    if (!version.ok) return this.#failed(version.failure);
    const key: VerifierKey = { name: this.#name, kind: 'vault', publicKey: version.value.publicKey };
    this.#known = key;
    const isSigned = this.#signed?.size === size && this.#signed.key.publicKey.equals(key.publicKey);
    const line = isSigned ? done(this.#signed?.line ?? '') : await this.#lineOf(text, version.value, key);
    if (!line.ok) return this.#failed(line.failure);
    // An invalid signature of a known key would invalidate the whole note.
    if (typeof openNote(`${signedNote}${line.value}`, [key]) === 'string') {
      const detail = 'its signature does not hold with its own public key';
      return { kind: 'refused', witness: this.#signer.address, detail };
    }
    await this.#keys.remember(key, { size, at: this.#now() });
    this.#signed = { size, line: line.value, key };
    const time = Math.floor(this.#now().getTime() / 1000);
    return { kind: 'signed', witness: this.#signer.address, size, time, line: line.value };
  }

  async #lineOf(text: string, version: SigningVersion, key: VerifierKey): Promise<Outcome<string>> {
    const signed = await this.#signer.sign(version, Buffer.from(text));
    return signed.ok ? done(signatureLine(key, signed.value)) : signed;
  }

  #failed(failure: Failure): CosignOutcome {
    return { kind: kindOf(failure), witness: this.#signer.address, detail: detailOf(failure) };
  }
}

// Vault keys that signed a log, stored in the database. The log's key signs each one, so that write access to the database or
// the published log isn't enough to add one.

/** Returns the statement to sign. Its second line isn't a number, so it's no checkpoint, and no witness signs it. */
const statementOf = (key: VerifierKey): string => `${key.name}\nsigned with this key in a vault\n${keyLine(key)}\n`;

/**
 * Returns the vault keys whose statement one of the log's keys signed, oldest first. `logKeys`: the log's keys, including
 * earlier ones.
 */
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

interface VaultKeys {
  known(): Promise<readonly VerifierKey[]>;
  /** `signed`: size of the checkpoint that it signed, and when. */
  remember(key: VerifierKey, signed: { readonly size: number; readonly at: Date }): Promise<void>;
}

/** `olderKeys`: earlier signing keys of the log. */
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
