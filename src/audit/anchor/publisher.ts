/**
 * Publishes the audit log as a transparency log (C2SP tlog-tiles): tiles first, then the signed checkpoint. Compares the
 * published log with the audit log first, so that a replaced or truncated audit log is detected and not published.
 */
import type { AnchorFiles } from '../../domain/ports/published-log.ts';
import { type Checkpoint, checkpointText } from '../tlog/checkpoint.ts';
import { GrowingTree } from '../tlog/growing-tree.ts';
import { keyLine, type SigningKey, type VerifierKey } from '../tlog/keys.ts';
import { leafHash } from '../tlog/merkle-tree.ts';
import { noteOf, signText } from '../tlog/note.ts';
import { bundleOf, tilePath, tileWidth } from '../tlog/tiles.ts';
import { AnchorContradicts } from './contradiction.ts';
import { checkpointPath, keysPath, newestPath } from './file-names.ts';
import { openNewest, type Published } from './newest-checkpoint.ts';
import type { openWitnesses, ReportOutcomes } from './witnesses.ts';

interface PublisherPorts {
  readonly files: AnchorFiles;
  /** Verified events after a number, oldest first. Fewer than `limit` only at the end. */
  readonly lines: (after: number, limit: number) => Promise<readonly { readonly seq: number; readonly body: string }[]>;
  readonly key: SigningKey;
  readonly olderKeys: readonly VerifierKey[];
  readonly witnesses: ReturnType<typeof openWitnesses>;
  readonly onCosigned: ReportOutcomes;
}

const pageSize = 500;

/**
 * Writes a file if it changed: with immutable versions, an identical write would add a version for nothing. An unreadable file
 * is replaced.
 */
async function writeChanged(files: AnchorFiles, path: string, bytes: Buffer): Promise<void> {
  const there = await files.read(path).catch(() => null);
  if (there?.equals(bytes) !== true) await files.write(path, bytes);
}

interface TreeProgress {
  readonly tree: GrowingTree;
  entries: Buffer[];
}

const emptyProgress = (): TreeProgress => ({ tree: new GrowingTree(), entries: [] });

export function openLogPublisher({ files, lines: linesAfter, key, olderKeys, witnesses, onCosigned }: PublisherPorts) {
  const origin = key.verifier.name;
  let last = emptyProgress();

  /**
   * Publishes up to the end of the audit log. Returns the newest checkpoint, which might be the existing one; null: no events
   * yet. Only one process can publish at a time. Throws {@link AnchorContradicts} and errors of the files and the audit log;
   * the next call then starts from the beginning.
   */
  async function publish(): Promise<Published | null> {
    const before = last;
    await witnesses.remember();
    // If this call fails, the next one doesn't reuse its partial state.
    last = emptyProgress();
    let newest = await readNewest(before.tree.size);
    const from = newest !== null && newest.size >= before.tree.size ? before : emptyProgress();
    for (let isEnd = false; !isEnd; ) {
      if (newest !== null && (witnesses.isDue(newest.size) || (await files.read(checkpointPath(newest.size))) === null))
        await store(newest);
      isEnd = await grow(from, newest);
      if (from.tree.size !== (newest?.size ?? 0)) {
        newest = await sign(from);
        await store(newest);
      }
    }
    last = from;
    return newest;
  }

  async function readNewest(recorded: number): Promise<Published | null> {
    const bytes = await files.read(newestPath);
    if (bytes === null) return null;
    const note = bytes.toString('utf8');
    const checkpoint = openNewest(note, origin, [key.verifier, ...olderKeys]);
    if (typeof checkpoint === 'string') throw new AnchorContradicts('not-this-log', null, recorded, checkpoint);
    witnesses.recall(note, checkpoint.size);
    return signed(checkpoint);
  }

  /** Deterministic: Ed25519 signatures aren't randomized. */
  function signed(checkpoint: Checkpoint): Published {
    const text = checkpointText(checkpoint);
    return { ...checkpoint, signedNote: noteOf(text, [signText(text, key)]) };
  }

  /**
   * Adds events up to the end, or up to the next event that made a pack: its checkpoint covers exactly the events up to there, and
   * witnesses sign no smaller one later. Returns true at the end. At the published size, the roots must be equal.
   */
  async function grow(progress: TreeProgress, before: Published | null): Promise<boolean> {
    const compare = (): void => {
      if (before === null || progress.tree.size !== before.size || progress.tree.root().equals(before.root)) return;
      throw new AnchorContradicts('record-differs', before.size, before.size);
    };
    compare();
    for (;;) {
      const lines = await linesAfter(progress.tree.size, pageSize);
      for (const { seq, body } of lines) {
        if (seq !== progress.tree.size + 1)
          throw new Error(`reading the audit log: event ${seq} after ${progress.tree.size}`);
        await add(progress, Buffer.from(body, 'utf8'), before?.size ?? 0);
        compare();
        if (seq > (before?.size ?? 0) && body.includes('"type":"evidence-made"')) return false;
      }
      if (lines.length < pageSize) break;
    }
    if (before !== null && progress.tree.size < before.size) {
      throw new AnchorContradicts('record-shorter', before.size, progress.tree.size);
    }
    return true;
  }

  /** Adds an event. Writes tiles that became full, unless they were published. */
  async function add(progress: TreeProgress, entry: Buffer, published: number): Promise<void> {
    const { tree } = progress;
    const full = tree.add(leafHash(entry));
    progress.entries.push(entry);
    const isNew = tree.size > published;
    if (isNew) for (const tile of full) await files.write(tilePath(tile), tile.bytes);
    if (progress.entries.length < tileWidth) return;
    if (isNew) await writeEntries(progress);
    progress.entries = [];
  }

  async function writeEntries({ tree, entries }: TreeProgress): Promise<void> {
    const index = Math.floor((tree.size - 1) / tileWidth);
    const path = tilePath({ kind: 'entries', index, width: entries.length });
    await files.write(path, bundleOf(entries));
  }

  async function sign(progress: TreeProgress): Promise<Published> {
    for (const tile of progress.tree.partial()) await files.write(tilePath(tile), tile.bytes);
    if (progress.entries.length > 0) await writeEntries(progress);
    return signed({ origin, size: progress.tree.size, root: progress.tree.root() });
  }

  /**
   * Requests cosignatures, and then writes the checkpoint as the newest and under its size. In this order, because a stored
   * checkpoint beyond the newest one would look like a log that was rolled back. A missing copy is written the next time.
   */
  async function store(newest: Published): Promise<void> {
    await witnesses.ask(files, newest, onCosigned);
    // The bot never reads the keys, because anyone with write access to the published log can replace them. The log's current
    // key is last: that line is for distribution.
    const lines = [...olderKeys, key.verifier].map((one) => `${keyLine(one)}\n`);
    await writeChanged(files, keysPath, Buffer.from(lines.join('')));
    const bytes = Buffer.from(`${newest.signedNote}${witnesses.linesOf(newest.size).join('')}`);
    await writeChanged(files, newestPath, bytes);
    await writeChanged(files, checkpointPath(newest.size), bytes);
  }

  return { publish };
}
