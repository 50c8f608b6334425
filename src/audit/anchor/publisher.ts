/**
 * Publishes the record as a log that outsiders can check (C2SP tlog-tiles): tiles first, then the signed checkpoint over them.
 * What was published before is compared with the record on the way: a record that was made anew, or cut off, while nobody
 * looked does not get past it.
 */
import type { AnchorFiles } from '../../domain/ports/anchor.ts';
import { type Checkpoint, checkpointText } from '../tlog/checkpoint.ts';
import { keyLine, type SigningKey, type VerifierKey } from '../tlog/keys.ts';
import { GrowingTree, leafHash } from '../tlog/merkle-tree.ts';
import { noteOf, signText } from '../tlog/note.ts';
import { bundleOf, tilePath, tileWidth } from '../tlog/tiles.ts';
import { checkpointPath, keysPath, newestPath } from './files.ts';
import { AnchorContradicts, openNewest, type Published } from './newest-checkpoint.ts';
import type { VaultLine } from './vault-cosignature.ts';
import type { Witnessed, Witnesses } from './witnesses.ts';

export interface PublisherPorts {
  readonly files: AnchorFiles;
  /** Lines of the record behind a number, oldest first, each found sound; fewer than `limit` at the end only. */
  readonly lines: (after: number, limit: number) => Promise<readonly { readonly seq: number; readonly body: string }[]>;
  readonly key: SigningKey;
  /** Keys that this log was signed with before. */
  readonly olderKeys: readonly VerifierKey[];
  readonly witnesses: Witnesses;
  /** Null: no key in a vault signs as well. */
  readonly vaultLine: VaultLine | null;
  /** Told each time that witnesses, and the vault, were asked. */
  readonly onWitnessed: (outcomes: readonly Witnessed[]) => void;
}

const pageSize = 500;

/** Where every version of a file is kept for good, the same bytes again are one more for nothing. What can't be read is replaced. */
async function writeChanged(files: AnchorFiles, path: string, bytes: Buffer): Promise<void> {
  const there = await files.read(path).catch(() => null);
  if (there?.equals(bytes) !== true) await files.write(path, bytes);
}

/** The tree so far, and the events that do not fill a tile yet. */
interface Grown {
  readonly tree: GrowingTree;
  entries: Buffer[];
}

const nothingGrown = (): Grown => ({ tree: new GrowingTree(), entries: [] });

export class Publisher {
  readonly #ports: PublisherPorts;
  #grown = nothingGrown();

  constructor(ports: PublisherPorts) {
    this.#ports = ports;
  }

  /** The log's name. */
  get origin(): string {
    return this.#ports.key.verifier.name;
  }

  /**
   * Publishes up to the end of the record; answers the newest checkpoint, which may be the one that was there. Null: there is
   * no event yet. Only one process at a time. Throws {@link AnchorContradicts}, and whatever the files or the record throw:
   * then the next time begins anew.
   */
  async publish(): Promise<Published | null> {
    const grown = this.#grown;
    await this.#ports.witnesses.remember();
    // Whatever happens on the way: what was half done is not built upon.
    this.#grown = nothingGrown();
    const before = await this.#newest(grown.tree.size);
    const from = before !== null && before.size >= grown.tree.size ? grown : nothingGrown();
    await this.#grow(from, before);
    const isNew = from.tree.size !== (before?.size ?? 0);
    const now = isNew ? await this.#sign(from) : before;
    if (now !== null && (isNew || (await this.#isDue(now.size)))) await this.#publish(now);
    this.#grown = from;
    return now;
  }

  async #isDue(size: number): Promise<boolean> {
    const { files, witnesses, vaultLine } = this.#ports;
    return (
      witnesses.isDue(size) || vaultLine?.isDue(size) === true || (await files.read(checkpointPath(size))) === null
    );
  }

  async #newest(recorded: number): Promise<Published | null> {
    const { files, key, olderKeys } = this.#ports;
    const bytes = await files.read(newestPath);
    if (bytes === null) return null;
    const note = bytes.toString('utf8');
    const checkpoint = openNewest(note, this.origin, [key.verifier, ...olderKeys]);
    if (typeof checkpoint === 'string') throw new AnchorContradicts('not-this-log', null, recorded, checkpoint);
    this.#ports.witnesses.recall(note, checkpoint.size);
    await this.#ports.vaultLine?.recall(note, checkpoint.size);
    return { ...checkpoint, signedNote: this.#signedNote(checkpoint) };
  }

  /** The same bytes each time: an Ed25519 signature has no chance in it. */
  #signedNote(checkpoint: Checkpoint): string {
    const text = checkpointText(checkpoint);
    return noteOf(text, [signText(text, this.#ports.key)]);
  }

  /** Reads on to the end. Where as many events are there as were published, they have to be those. */
  async #grow(grown: Grown, before: Published | null): Promise<void> {
    const compare = (): void => {
      if (before === null || grown.tree.size !== before.size || grown.tree.root().equals(before.root)) return;
      throw new AnchorContradicts('record-differs', before.size, before.size);
    };
    compare();
    for (;;) {
      const lines = await this.#ports.lines(grown.tree.size, pageSize);
      for (const { seq, body } of lines) {
        if (seq !== grown.tree.size + 1) throw new Error(`reading the record: event ${seq} after ${grown.tree.size}`);
        await this.#add(grown, Buffer.from(body, 'utf8'), before?.size ?? 0);
        compare();
      }
      if (lines.length < pageSize) break;
    }
    if (before !== null && grown.tree.size < before.size) {
      throw new AnchorContradicts('record-shorter', before.size, grown.tree.size);
    }
  }

  /** Tiles that became full are written at once, unless they were published. */
  async #add(grown: Grown, entry: Buffer, published: number): Promise<void> {
    const { tree } = grown;
    const full = tree.add(leafHash(entry));
    grown.entries.push(entry);
    const isNew = tree.size > published;
    if (isNew) for (const tile of full) await this.#ports.files.write(tilePath(tile), tile.bytes);
    if (grown.entries.length < tileWidth) return;
    if (isNew) await this.#writeEntries(grown);
    grown.entries = [];
  }

  async #writeEntries({ tree, entries }: Grown): Promise<void> {
    const index = Math.floor((tree.size - 1) / tileWidth);
    const path = tilePath({ kind: 'entries', index, width: entries.length });
    await this.#ports.files.write(path, bundleOf(entries));
  }

  async #sign(grown: Grown): Promise<Published> {
    const { files } = this.#ports;
    for (const tile of grown.tree.partial()) await files.write(tilePath(tile), tile.bytes);
    if (grown.entries.length > 0) await this.#writeEntries(grown);
    const checkpoint = { origin: this.origin, size: grown.tree.size, root: grown.tree.root() };
    return { ...checkpoint, signedNote: this.#signedNote(checkpoint) };
  }

  /**
   * Never read by the bot: anyone who can write where the log is published can write this file. The log's own key comes last:
   * that line is what is handed out.
   */
  async #writeKeys(): Promise<void> {
    const { files, key, olderKeys, vaultLine } = this.#ports;
    const vault = (await vaultLine?.keys()) ?? [];
    const lines = [...vault, ...olderKeys, key.verifier].map((one) => `${keyLine(one)}\n`);
    await writeChanged(files, keysPath, Buffer.from(lines.join('')));
  }

  /**
   * Shown to witnesses before it is the newest, and kept after it is: a checkpoint of more events than the newest covers is what
   * a log looks like that was put back. What is not kept for want of a moment is kept the next time.
   */
  async #publish(signed: Published): Promise<void> {
    const { files, witnesses, vaultLine, onWitnessed } = this.#ports;
    const [vault, witnessed] = await Promise.all([vaultLine?.ask(signed), witnesses.ask(files, signed)]);
    onWitnessed([...(vault === undefined ? [] : [vault]), ...witnessed]);
    await this.#writeKeys();
    const lines = [...(vaultLine?.linesOf(signed.size) ?? []), ...witnesses.linesOf(signed.size)];
    const bytes = Buffer.from(`${signed.signedNote}${lines.join('')}`);
    await writeChanged(files, newestPath, bytes);
    await writeChanged(files, checkpointPath(signed.size), bytes);
  }
}
