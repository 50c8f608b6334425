/** Reads the newest checkpoint of a published log. Only {@link openNewest} and {@link verifiedRead} verify it, with the log's keys. */
import type { AnchorFiles } from '../../domain/ports/published-log.ts';
import { type Checkpoint, readCheckpoint } from '../tlog/checkpoint.ts';
import type { VerifierKey } from '../tlog/keys.ts';
import { noteOf, openNote, textOfNote } from '../tlog/note.ts';
import { checkpointPath, keysPath, newestPath } from './files.ts';

type ContradictionKind =
  | 'not-this-log'
  /** More events were published than the audit log has: its end was cut off, or it was replaced with an older copy. */
  | 'record-shorter'
  | 'record-differs';

type ForeignReason =
  | 'other-log'
  /** It names this log, but no key of this log signed it. */
  | 'other-key'
  /** A key of this log signed another text. */
  | 'changed'
  | 'unreadable';

/** The published log and the audit log contradict each other. One of them was altered, so nothing more is published. */
export class AnchorContradicts extends Error {
  override readonly name = 'AnchorContradicts';
  readonly kind: ContradictionKind;
  /** Number of published events; null: unreadable. */
  readonly published: number | null;
  /** Number of events in the audit log, as far as it was read. */
  readonly recorded: number;
  /** Only for `not-this-log`. */
  readonly reason: ForeignReason | null;

  constructor(
    kind: ContradictionKind,
    published: number | null,
    recorded: number,
    reason: ForeignReason | null = null,
  ) {
    super(
      `the published log contradicts the audit log: ${kind}, published ${published ?? 'unknown'}, recorded ${recorded}`,
    );
    this.kind = kind;
    this.published = published;
    this.recorded = recorded;
    this.reason = reason;
  }
}

/**
 * Reads the newest checkpoint, or the one of `size` events, without verifying it; null: nothing was published. Throws {@link ForeignCheckpoint} if it can't
 * be parsed, and errors of the place.
 */
export async function newestCheckpoint(
  { read }: Pick<AnchorFiles, 'read'>,
  size?: number,
): Promise<(Checkpoint & { readonly note: string }) | null> {
  const note = (await read(size === undefined ? newestPath : checkpointPath(size)))?.toString('utf8');
  if (note === undefined) return null;
  const checkpoint = readCheckpoint(textOfNote(note));
  if (checkpoint === null) throw new ForeignCheckpoint('unreadable');
  return { ...checkpoint, note };
}

/** Returns the checkpoint, or why it isn't this log's. `origin`: the log's name. */
export function openNewest(note: string, origin: string, keys: readonly VerifierKey[]): Checkpoint | ForeignReason {
  const claimed = readCheckpoint(textOfNote(note));
  if (claimed === null) return 'unreadable';
  if (claimed.origin !== origin) return 'other-log';
  const opened = openNote(note, keys);
  if (opened === 'no-known-signature') return 'other-key';
  if (opened === 'signature-differs') return 'changed';
  return (typeof opened === 'string' ? null : readCheckpoint(opened.text)) ?? 'unreadable';
}

// The published log as the bot passes it on: of its newest checkpoint only what the log signed, and signatures that the bot's
// own keys verify. Anyone with write access to the published log could add other text.

/** The bot's own keys for a log, never read from the published log. */
export interface KnownSigners {
  readonly origin: string;
  readonly log: readonly VerifierKey[];
  readonly witnesses: readonly VerifierKey[];
}

class ForeignCheckpoint extends Error {
  override readonly name = 'ForeignCheckpoint';
  readonly reason: ForeignReason;

  constructor(reason: ForeignReason) {
    super(`the newest checkpoint is not this log’s: ${reason}`);
    this.reason = reason;
  }
}

/** Returns a reader of checkpoints with only verified signatures. It throws {@link ForeignCheckpoint}. */
export const verifiedRead =
  (read: AnchorFiles['read'], { origin, log, witnesses }: KnownSigners): AnchorFiles['read'] =>
  async (name) => {
    const bytes = await read(name);
    if (bytes === null || name.startsWith('tile/') || name === keysPath) return bytes;
    const note = bytes.toString('utf8');
    const found = openNewest(note, origin, log);
    if (typeof found === 'string') throw new ForeignCheckpoint(found);
    const opened = openNote(note, [...log, ...witnesses]);
    if (typeof opened === 'string') throw new ForeignCheckpoint('changed');
    const lines = opened.signatures.map(({ line }) => line);
    return Buffer.from(noteOf(opened.text, lines));
  };

export interface Published extends Checkpoint {
  /** The note with only the log's own signature. */
  readonly signedNote: string;
}
