/**
 * A published log as the bot hands it on: of its newest checkpoint only what the log signed, and signatures that the bot's own
 * keys verify. Anyone who can write where the log is published can write anything else there.
 */
import type { AnchorFiles } from '../../domain/ports/anchor.ts';
import { noteOf, openNote } from '../tlog/note.ts';
import type { VerifierKey } from '../tlog/verifier-key.ts';
import type { ForeignReason } from './contradiction.ts';
import { newestPath } from './files.ts';
import { openNewest } from './newest.ts';

/** What the bot itself knows of a log: never read from where it's published. */
export interface KnownSigners {
  /** The log's name. */
  readonly origin: string;
  /** The log's own keys, oldest first. */
  readonly log: readonly VerifierKey[];
  /** Keys in vaults that signed it, oldest first. */
  readonly vault: () => Promise<readonly VerifierKey[]>;
  readonly witnesses: readonly VerifierKey[];
}

/** The newest checkpoint is not this log's. */
export class ForeignCheckpoint extends Error {
  override readonly name = 'ForeignCheckpoint';
  readonly reason: ForeignReason;

  constructor(reason: ForeignReason) {
    super(`the newest checkpoint is not this log’s: ${reason}`);
    this.reason = reason;
  }
}

/** Throws {@link ForeignCheckpoint}. */
async function ownPart(note: string, { origin, log, vault, witnesses }: KnownSigners): Promise<string> {
  const found = openNewest(note, origin, log);
  if (typeof found === 'string') throw new ForeignCheckpoint(found);
  const opened = openNote(note, [...log, ...(await vault()), ...witnesses]);
  if (typeof opened === 'string') throw new ForeignCheckpoint('changed');
  return noteOf(
    opened.text,
    opened.signatures.map(({ line }) => line),
  );
}

/** Reads as `read` does, with the newest checkpoint checked and written anew. Throws {@link ForeignCheckpoint}. */
export const ownRead =
  (read: AnchorFiles['read'], signers: KnownSigners): AnchorFiles['read'] =>
  async (name) => {
    const bytes = await read(name);
    if (bytes === null || name !== newestPath) return bytes;
    return Buffer.from(await ownPart(bytes.toString('utf8'), signers));
  };
