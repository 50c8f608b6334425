/**
 * Cosigns checkpoints with a vault key, so that a stolen log key alone isn't enough to forge one. An unreachable vault blocks
 * nothing; the next checkpoint asks again.
 */
import { codeOf, done, type Failure, type Outcome } from '../../domain/failure.ts';
import type { SigningVersion, VaultSigner, WitnessBook } from '../../domain/ports/published-log.ts';
import { keyLine, readKeyLine, type SigningKey, type VerifierKey } from '../tlog/keys.ts';
import { noteOf, openNote, signatureLine, signText, textOfNote } from '../tlog/note.ts';
import type { Published } from './newest-checkpoint.ts';
import { type CosignOutcome, type ReportOutcomes, responseOf } from './witnesses.ts';

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

interface VaultCosignerPorts {
  readonly signer: VaultSigner;
  /** The log's signing key, and its earlier ones. */
  readonly key: SigningKey;
  readonly olderKeys: readonly VerifierKey[];
  readonly book: Pick<WitnessBook, 'of' | 'keep'>;
  readonly now: () => Date;
}

export class VaultCosigner {
  readonly #ports: VaultCosignerPorts;
  /** The log's name. */
  readonly #log: string;
  #signed: SignedLine | null = null;
  /** The vault's current signing key, read since this process started. */
  #known: VerifierKey | null = null;

  constructor(ports: VaultCosignerPorts) {
    this.#ports = ports;
    this.#log = ports.key.verifier.name;
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
    const { book, key, olderKeys } = this.#ports;
    return knownVaultKeys(book, this.#log, [key.verifier, ...olderKeys]);
  }

  /** Reports the outcome and then stores it, with a new key of the vault. */
  async ask(published: Published, report: ReportOutcomes): Promise<void> {
    const { book, signer, now } = this.#ports;
    const result = await this.#sign(published);
    const outcome = 'key' in result ? this.#signedOutcome(result) : result;
    report([outcome]);
    if ('key' in result) {
      await this.#remember(result.key, result.size);
      this.#signed = result;
    }
    await book.keep(this.#log, [responseOf(signer.address, published, outcome, now())]);
  }

  async #sign({ size, signedNote }: Published): Promise<SignedLine | CosignOutcome> {
    const { signer } = this.#ports;
    const text = textOfNote(signedNote);
    const version = await signer.version();
    if (!version.ok) return this.#failed(version.failure);
    const key: VerifierKey = { name: this.#log, kind: 'vault', publicKey: version.value.publicKey };
    this.#known = key;
    const isSigned = this.#signed?.size === size && this.#signed.key.publicKey.equals(key.publicKey);
    const line = isSigned ? done(this.#signed?.line ?? '') : await this.#lineOf(text, version.value, key);
    if (!line.ok) return this.#failed(line.failure);
    // An invalid signature of a known key would invalidate the whole note.
    if (typeof openNote(`${signedNote}${line.value}`, [key]) === 'string') {
      const detail = 'its signature does not hold with its own public key';
      return { kind: 'refused', witness: signer.address, detail };
    }
    return { size, line: line.value, key };
  }

  #signedOutcome({ size, line }: SignedLine): CosignOutcome {
    const { signer, now } = this.#ports;
    const time = Math.floor(now().getTime() / 1000);
    return { kind: 'signed', witness: signer.address, size, time, line };
  }

  /** `size`: of the checkpoint that the key signed. */
  async #remember(vaultKey: VerifierKey, size: number): Promise<void> {
    if ((await this.keys()).some(({ publicKey }) => publicKey.equals(vaultKey.publicKey))) return;
    const { book, key, now } = this.#ports;
    const detail = signText(statementOf(vaultKey), key);
    await book.keep(this.#log, [{ key: keyLine(vaultKey), size, at: now(), outcome: 'signed', detail, note: '' }]);
  }

  async #lineOf(text: string, version: SigningVersion, key: VerifierKey): Promise<Outcome<string>> {
    const signed = await this.#ports.signer.sign(version, Buffer.from(text));
    return signed.ok ? done(signatureLine(key, signed.value)) : signed;
  }

  #failed(failure: Failure): CosignOutcome {
    return { kind: kindOf(failure), witness: this.#ports.signer.address, detail: detailOf(failure) };
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
