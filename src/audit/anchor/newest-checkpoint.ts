/** Reads the newest checkpoint of a published log. Only {@link openNewest} verifies it, with the log's keys. */
import type { AnchorFiles } from '../../domain/ports/published-log.ts';
import { type Checkpoint, readCheckpoint } from '../tlog/checkpoint.ts';
import type { VerifierKey } from '../tlog/keys.ts';
import { openNote, textOfNote } from '../tlog/note.ts';
import type { ForeignReason } from './contradiction.ts';
import { checkpointPath, newestPath } from './file-names.ts';

export class ForeignCheckpoint extends Error {
  override readonly name = 'ForeignCheckpoint';
  readonly reason: ForeignReason;

  constructor(reason: ForeignReason) {
    super(`the newest checkpoint is not this log’s: ${reason}`);
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

export interface Published extends Checkpoint {
  /** The note with only the log's own signature. */
  readonly signedNote: string;
}
