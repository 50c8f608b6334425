/**
 * The published log as the bot passes it on: of its newest checkpoint only what the log signed, and signatures that the bot's
 * own keys verify. Anyone with write access to the published log could add other text.
 */
import type { AnchorFiles } from '../../domain/ports/published-log.ts';
import type { VerifierKey } from '../tlog/keys.ts';
import { noteOf, openNote } from '../tlog/note.ts';
import { keysPath } from './file-names.ts';
import { ForeignCheckpoint, openNewest } from './newest-checkpoint.ts';

/** The bot's own keys for a log, never read from the published log. */
export interface KnownSigners {
  readonly origin: string;
  readonly log: readonly VerifierKey[];
  readonly witnesses: readonly VerifierKey[];
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
