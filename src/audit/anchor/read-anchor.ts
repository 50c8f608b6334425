/**
 * Reads a published log and verifies it: each stored checkpoint must be signed and have the root of the events up to it. Yields
 * events one by one, for comparison or replay.
 */
import { isUtf8 } from 'node:buffer';
import type { AnchorFiles, AnchorSource } from '../../domain/ports/published-log.ts';
import { type Checkpoint, readCheckpoint } from '../tlog/checkpoint.ts';
import { GrowingTree } from '../tlog/growing-tree.ts';
import type { VerifierKey } from '../tlog/keys.ts';
import { leafHash } from '../tlog/merkle-tree.ts';
import { type OpenedNote, openNote } from '../tlog/note.ts';
import { openTiles, TileUnusable } from '../tlog/tile-reader.ts';
import { tilePath, tileWidth } from '../tlog/tiles.ts';
import type { Finding } from '../verify.ts';
import { checkpointPath, newestPath } from './file-names.ts';

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

/** All but `newest` is complete after `bodies` ended. `keysMissing`: checkpoints that a log key signed that wasn't given. */
export async function openAnchor({ read, sizes: listSizes }: AnchorSource, keys: readonly VerifierKey[]) {
  // In this order: a checkpoint that is published now is the newest before it's stored under its size.
  const stored = await listSizes();
  const { fault: unusable, checkpoint: newest } = await openCheckpoint(read, newestPath, keys);
  if (newest === null) throw new AnchorUnusable(unusable);
  const found = { newest, findings: [] as Finding[], checkpoints: 0, keysMissing: 0 };
  const tree = new GrowingTree();
  const report = (seq: number, kind: Finding['kind'], detail: string): void => {
    found.findings.push({ seq, kind, detail });
  };

  function compare(checkpoint: SignedCheckpoint): void {
    const signed = checkpoint.root.toString('base64');
    const made = tree.root().toString('base64');
    if (signed !== made)
      report(checkpoint.size, 'checkpoint-differs', `root: signed ${signed}, the events make ${made}`);
  }

  /** Returns the stored checkpoint of this size; null: invalid. */
  async function storedOf(size: number): Promise<SignedCheckpoint | null> {
    const path = checkpointPath(size);
    const { fault, keyMissing, checkpoint } = await openCheckpoint(read, path, keys);
    if (keyMissing) found.keysMissing += 1;
    else if (checkpoint === null) report(size, 'checkpoint-not-signed', fault);
    if (checkpoint === null) return null;
    if (checkpoint.origin !== found.newest.origin || checkpoint.size !== size || size > found.newest.size) {
      const detail = `of ${checkpoint.size} events of ${checkpoint.origin}, where ${found.newest.size} are published`;
      report(size, 'checkpoint-differs', `${path}: ${detail}`);
      return null;
    }
    found.checkpoints += 1;
    return checkpoint;
  }

  async function compareTiles(tiles: ReturnType<typeof tree.add>): Promise<void> {
    for (const tile of tiles) {
      const path = tilePath(tile);
      if ((await read(path))?.equals(tile.bytes) !== true)
        report(tree.size, 'tile-differs', `${path}: not the hashes of the events`);
    }
  }

  /** Yields all event bodies, in order. Stops with a finding at an unreadable one. */
  async function* bodies(): AsyncGenerator<string> {
    const { size } = found.newest;
    const tiles = openTiles(read, size);
    // Opened one by one as the tree grows: there can be one for each minute of many years.
    const sizes = [...stored].sort((a, b) => b - a);
    for (let index = 0; index * tileWidth < size; index += 1) {
      const entries = await tiles.entriesOf(index).catch((error: unknown) => {
        if (!(error instanceof TileUnusable)) throw error;
        report(index * tileWidth + 1, 'tile-differs', error.message);
        return null;
      });
      if (entries === null) break;
      for (const entry of entries) {
        await compareTiles(tree.add(leafHash(entry)));
        const checkpoint = sizes.at(-1) === tree.size ? await storedOf(sizes.pop() ?? 0) : null;
        if (checkpoint !== null) compare(checkpoint);
        // Read as text, such an entry would have another hash.
        if (!isUtf8(entry)) report(tree.size, 'tile-differs', 'event: not UTF-8');
        yield entry.toString('utf8');
      }
    }
    // Checkpoints of sizes that weren't reached.
    for (const left of sizes.reverse()) await storedOf(left);
    if (tree.size < size) return;
    await compareTiles(tree.partial());
    compare(found.newest);
  }

  return Object.assign(found, { bodies });
}
