/**
 * Reads a published log and checks that it holds together: every checkpoint kept is signed and has the root that the events up
 * to it make. Events come out one by one, so that they can be compared with a record, or replayed.
 */
import type { AnchorFiles, AnchorSource } from '../../domain/ports/anchor.ts';
import { type Checkpoint, readCheckpoint } from '../tlog/checkpoint.ts';
import type { VerifierKey } from '../tlog/keys.ts';
import { GrowingTree, leafHash } from '../tlog/merkle-tree.ts';
import { type OpenedNote, openNote } from '../tlog/note.ts';
import { TileReader, TileUnusable } from '../tlog/tile-reader.ts';
import { tilePath, tileWidth } from '../tlog/tiles.ts';
import type { Finding } from '../verify.ts';
import { checkpointPath, newestPath } from './files.ts';

export interface SignedCheckpoint extends Checkpoint {
  readonly signatures: OpenedNote['signatures'];
}

/** The log is empty, or its newest checkpoint cannot be used: there is nothing to compare with. */
export class AnchorUnusable extends Error {
  override readonly name = 'AnchorUnusable';
}

/** Whether a key in a vault signed it as well, of those that are known. */
export const isVaultSigned = ({ origin, signatures }: SignedCheckpoint): boolean =>
  signatures.some(({ key }) => key.kind === 'vault' && key.name === origin);

/** A checkpoint that the log signed, by the keys that are known; or what is wrong with it. */
export async function openCheckpoint(read: AnchorFiles['read'], path: string, keys: readonly VerifierKey[]) {
  const bytes = await read(path);
  if (bytes === null) return { fault: `${path}: there is no such file`, checkpoint: null };
  const opened = openNote(bytes.toString('utf8'), keys);
  if (typeof opened === 'string') return { fault: `${path}: ${opened}`, checkpoint: null };
  const checkpoint = readCheckpoint(opened.text);
  const isOurs = checkpoint !== null && keys.some(({ name, kind }) => kind === 'log' && name === checkpoint.origin);
  const isSigned = opened.signatures.some(({ key }) => key.kind === 'log' && key.name === checkpoint?.origin);
  if (checkpoint === null || !isOurs || !isSigned) return { fault: `${path}: of another log`, checkpoint: null };
  return { fault: null, checkpoint: { ...checkpoint, signatures: opened.signatures } };
}

export class AnchorReader {
  readonly #source: AnchorSource;
  readonly #keys: readonly VerifierKey[];
  readonly #findings: Finding[] = [];
  #checkpoints = 0;
  #vaultSigned = 0;
  readonly newest: SignedCheckpoint;

  private constructor(source: AnchorSource, keys: readonly VerifierKey[], newest: SignedCheckpoint) {
    this.#source = source;
    this.#keys = keys;
    this.newest = newest;
  }

  /** Throws {@link AnchorUnusable}. */
  static async open(source: AnchorSource, keys: readonly VerifierKey[]): Promise<AnchorReader> {
    // In this order: one that is published meanwhile is the newest before it is kept.
    const sizes = await source.sizes();
    const { fault, checkpoint } = await openCheckpoint(source.read, newestPath, keys);
    if (checkpoint === null) throw new AnchorUnusable(fault);
    return new AnchorReader({ ...source, sizes: async () => sizes }, keys, checkpoint);
  }

  /** What was found so far; complete once {@link bodies} came to its end. */
  get findings(): readonly Finding[] {
    return this.#findings;
  }

  /** Every event's body, in order. Where one cannot be read that is found, and nothing comes after it. */
  async *bodies(): AsyncGenerator<string> {
    const { size } = this.newest;
    const reader = new TileReader(this.#source.read, size);
    // One after the other, as the tree grows to their sizes: there may be one for every minute of many years.
    const sizes = [...(await this.#source.sizes())].sort((a, b) => b - a);
    const tree = new GrowingTree();
    for (let index = 0; index * tileWidth < size; index += 1) {
      const entries = await this.#entries(reader, index);
      if (entries === null) break;
      for (const entry of entries) {
        for (const tile of tree.add(leafHash(entry))) await this.#compareTile(tilePath(tile), tile.bytes, tree.size);
        if (sizes.at(-1) === tree.size) this.#compare(await this.#kept(sizes.pop() ?? 0), tree);
        yield entry.toString('utf8');
      }
    }
    // Those of sizes that were not reached.
    for (const left of sizes.reverse()) await this.#kept(left);
    if (tree.size < size) return;
    for (const tile of tree.partial()) await this.#compareTile(tilePath(tile), tile.bytes, tree.size);
    this.#compare(this.newest, tree);
  }

  /** How many checkpoints were found good by themselves, known once {@link bodies} came to its end. */
  get checkpoints(): number {
    return this.#checkpoints;
  }

  /** How many of them carry the signature of a key in a vault that is known, known then as well. */
  get vaultSigned(): number {
    return this.#vaultSigned;
  }

  async #entries(reader: TileReader, index: number): Promise<readonly Buffer[] | null> {
    try {
      return await reader.entries(index);
    } catch (error) {
      if (!(error instanceof TileUnusable)) throw error;
      this.#findings.push({ seq: index * tileWidth + 1, kind: 'tile-differs', detail: error.message });
      return null;
    }
  }

  /** The checkpoint kept for that many events; null where it is none. */
  async #kept(size: number): Promise<SignedCheckpoint | null> {
    const { fault, checkpoint } = await openCheckpoint(this.#source.read, checkpointPath(size), this.#keys);
    if (checkpoint === null) {
      this.#findings.push({ seq: size, kind: 'checkpoint-not-signed', detail: fault });
      return null;
    }
    if (checkpoint.size !== size || size > this.newest.size) {
      const detail = `${checkpointPath(size)}: of ${checkpoint.size} events, where ${this.newest.size} are published`;
      this.#findings.push({ seq: size, kind: 'checkpoint-differs', detail });
      return null;
    }
    this.#checkpoints += 1;
    if (isVaultSigned(checkpoint)) this.#vaultSigned += 1;
    return checkpoint;
  }

  #compare(checkpoint: SignedCheckpoint | null, tree: GrowingTree): void {
    if (checkpoint === null) return;
    const [expected, found] = [checkpoint.root.toString('base64'), tree.root().toString('base64')];
    if (expected === found) return;
    const detail = `root: signed ${expected}, the events make ${found}`;
    this.#findings.push({ seq: checkpoint.size, kind: 'checkpoint-differs', detail });
  }

  async #compareTile(path: string, bytes: Buffer, seq: number): Promise<void> {
    if ((await this.#source.read(path))?.equals(bytes) === true) return;
    this.#findings.push({ seq, kind: 'tile-differs', detail: `${path}: not the hashes of the events` });
  }
}
