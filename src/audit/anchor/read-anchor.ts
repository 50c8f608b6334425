/**
 * Reads a published log and verifies it: each stored checkpoint must be signed and have the root of the events up to it. Yields
 * events one by one, for comparison or replay.
 */
import { isUtf8 } from 'node:buffer';
import type { AnchorFiles, AnchorSource } from '../../domain/ports/published-log.ts';
import type { VerifierKey } from '../tlog/keys.ts';
import { GrowingTree, leafHash, tilePath, tileWidth } from '../tlog/merkle-tree.ts';
import { type Checkpoint, type OpenedNote, openNote, readCheckpoint } from '../tlog/note.ts';
import { TileReader, TileUnusable } from '../tlog/tile-reader.ts';
import type { Finding } from '../verify.ts';
import { checkpointPath, newestPath } from './files.ts';

export interface SignedCheckpoint extends Checkpoint {
  readonly signatures: OpenedNote['signatures'];
  readonly note: string;
}

/** The log is empty, or its newest checkpoint is unusable, so nothing can be compared. */
export class AnchorUnusable extends Error {
  override readonly name = 'AnchorUnusable';
}

/** Returns whether a key with the log's name that isn't known signed too, such as one from before a rotation. */
const isSignedByOther = (note: string, known: OpenedNote['signatures']): boolean =>
  note
    .split('\n')
    .some(
      (line) =>
        line.startsWith(`\u2014 ${note.slice(0, note.indexOf('\n'))} `) &&
        !known.some((one) => one.line === `${line}\n`),
    );

/** Opens a checkpoint that one of the log's keys signed. Otherwise returns the fault, and whether only a key is missing. */
export async function openCheckpoint(read: AnchorFiles['read'], path: string, keys: readonly VerifierKey[]) {
  const bytes = await read(path);
  if (bytes === null) return { fault: `${path}: there is no such file`, keyMissing: false, checkpoint: null };
  const note = bytes.toString('utf8');
  const opened = openNote(note, keys);
  if (typeof opened === 'string') {
    const keyMissing = opened === 'no-known-signature' && isSignedByOther(note, []);
    return { fault: `${path}: ${opened}`, keyMissing, checkpoint: null };
  }
  const checkpoint = readCheckpoint(opened.text);
  const isOurs = checkpoint !== null && keys.some(({ name, kind }) => kind === 'log' && name === checkpoint.origin);
  const isSigned = opened.signatures.some(({ key }) => key.kind === 'log' && key.name === checkpoint?.origin);
  if (checkpoint === null || !isOurs || !isSigned) {
    const keyMissing = checkpoint !== null && isSignedByOther(note, opened.signatures);
    return { fault: `${path}: of another log`, keyMissing, checkpoint: null };
  }
  return { fault: null, keyMissing: false, checkpoint: { ...checkpoint, signatures: opened.signatures, note } };
}

export class AnchorReader {
  readonly #source: AnchorSource;
  readonly #keys: readonly VerifierKey[];
  /** Findings so far; these three are complete after {@link bodies} ended. */
  readonly findings: Finding[] = [];
  checkpoints = 0;
  /** Number of checkpoints that can't be verified: a key of the log that wasn't given signed them. */
  keysMissing = 0;
  readonly newest: SignedCheckpoint;

  private constructor(source: AnchorSource, keys: readonly VerifierKey[], newest: SignedCheckpoint) {
    this.#source = source;
    this.#keys = keys;
    this.newest = newest;
  }

  static async open(source: AnchorSource, keys: readonly VerifierKey[]): Promise<AnchorReader> {
    // In this order: a checkpoint that is published now is the newest before it's stored under its size.
    const sizes = await source.sizes();
    const { fault, checkpoint } = await openCheckpoint(source.read, newestPath, keys);
    if (checkpoint === null) throw new AnchorUnusable(fault);
    return new AnchorReader({ ...source, sizes: async () => sizes }, keys, checkpoint);
  }

  /** Yields all event bodies, in order. Stops with a finding at an unreadable one. */
  async *bodies(): AsyncGenerator<string> {
    const { size } = this.newest;
    const reader = new TileReader(this.#source.read, size);
    // Opened one by one as the tree grows: there can be one for each minute of many years.
    const sizes = [...(await this.#source.sizes())].sort((a, b) => b - a);
    const tree = new GrowingTree();
    for (let index = 0; index * tileWidth < size; index += 1) {
      const entries = await this.#entries(reader, index);
      if (entries === null) break;
      for (const entry of entries) {
        for (const tile of tree.add(leafHash(entry))) await this.#compareTile(tilePath(tile), tile.bytes, tree.size);
        if (sizes.at(-1) === tree.size) this.#compare(await this.#kept(sizes.pop() ?? 0), tree);
        // Read as text, such an entry would have another hash.
        if (!isUtf8(entry)) this.findings.push({ seq: tree.size, kind: 'tile-differs', detail: 'event: not UTF-8' });
        yield entry.toString('utf8');
      }
    }
    // Checkpoints of sizes that weren't reached.
    for (const left of sizes.reverse()) await this.#kept(left);
    if (tree.size < size) return;
    for (const tile of tree.partial()) await this.#compareTile(tilePath(tile), tile.bytes, tree.size);
    this.#compare(this.newest, tree);
  }

  async #entries(reader: TileReader, index: number): Promise<readonly Buffer[] | null> {
    try {
      return await reader.entries(index);
    } catch (error) {
      if (!(error instanceof TileUnusable)) throw error;
      this.findings.push({ seq: index * tileWidth + 1, kind: 'tile-differs', detail: error.message });
      return null;
    }
  }

  /** Returns the stored checkpoint of this size; null: invalid. */
  async #kept(size: number): Promise<SignedCheckpoint | null> {
    const path = checkpointPath(size);
    const { fault, keyMissing, checkpoint } = await openCheckpoint(this.#source.read, path, this.#keys);
    if (checkpoint === null) {
      if (keyMissing) this.keysMissing += 1;
      else this.findings.push({ seq: size, kind: 'checkpoint-not-signed', detail: fault });
      return null;
    }
    const isOther = checkpoint.origin !== this.newest.origin;
    if (isOther || checkpoint.size !== size || size > this.newest.size) {
      const detail = `${path}: of ${checkpoint.size} events of ${checkpoint.origin}, where ${this.newest.size} are published`;
      this.findings.push({ seq: size, kind: 'checkpoint-differs', detail });
      return null;
    }
    this.checkpoints += 1;
    return checkpoint;
  }

  #compare(checkpoint: SignedCheckpoint | null, tree: GrowingTree): void {
    if (checkpoint === null) return;
    const [expected, found] = [checkpoint.root.toString('base64'), tree.root().toString('base64')];
    if (expected === found) return;
    const detail = `root: signed ${expected}, the events make ${found}`;
    this.findings.push({ seq: checkpoint.size, kind: 'checkpoint-differs', detail });
  }

  async #compareTile(path: string, bytes: Buffer, seq: number): Promise<void> {
    if ((await this.#source.read(path))?.equals(bytes) === true) return;
    this.findings.push({ seq, kind: 'tile-differs', detail: `${path}: not the hashes of the events` });
  }
}
