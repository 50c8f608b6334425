/** The newest checkpoint of a published log, checked with the keys of the log that it should be. */
import { type Checkpoint, readCheckpoint } from '../tlog/checkpoint.ts';
import { openNote } from '../tlog/note.ts';
import type { VerifierKey } from '../tlog/verifier-key.ts';
import type { ForeignReason } from './contradiction.ts';

const textOf = (note: string): string => note.slice(0, note.indexOf('\n\n') + 1);

/** The checkpoint, or why it isn't one of this log. `origin`: the log's name. */
export function openNewest(note: string, origin: string, keys: readonly VerifierKey[]): Checkpoint | ForeignReason {
  const claimed = readCheckpoint(textOf(note));
  if (claimed === null) return 'unreadable';
  if (claimed.origin !== origin) return 'other-log';
  const opened = openNote(note, keys);
  if (opened === 'no-known-signature') return 'other-key';
  if (opened === 'signature-differs') return 'changed';
  return (typeof opened === 'string' ? null : readCheckpoint(opened.text)) ?? 'unreadable';
}
