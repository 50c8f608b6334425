/** The newest checkpoint of a published log, checked with the keys of the log that it should be. */
import type { AnchorFiles } from '../../domain/ports/anchor.ts';
import { type Checkpoint, readCheckpoint } from '../tlog/checkpoint.ts';
import type { VerifierKey } from '../tlog/keys.ts';
import { noteOf, openNote } from '../tlog/note.ts';
import { newestPath } from './files.ts';

type ContradictionKind =
  /** The newest checkpoint is not signed with a key of this log, or is of a log of another name. */
  | 'not-this-log'
  /** More events were published than the record has: its end was cut off, or an older copy was put in its place. */
  | 'record-shorter'
  /** Events were published that are not those of the record. */
  | 'record-differs';

/** Why a checkpoint is not this log's. */
type ForeignReason =
  /** It names another log. */
  | 'other-log'
  /** It names this log, and no key of this log has signed it. */
  | 'other-key'
  /** A key of this log has signed another text. */
  | 'changed'
  /** It isn't a signed checkpoint. */
  | 'unreadable';

/** What was published and the record do not agree. Both cannot be what was written: nothing is published on top of it. */
export class AnchorContradicts extends Error {
  override readonly name = 'AnchorContradicts';
  readonly kind: ContradictionKind;
  /** How many events were published; null where it could not be read. */
  readonly published: number | null;
  /** How many the record has, as far as it was read. */
  readonly recorded: number;
  /** Only of `not-this-log`. */
  readonly reason: ForeignReason | null;

  constructor(
    kind: ContradictionKind,
    published: number | null,
    recorded: number,
    reason: ForeignReason | null = null,
  ) {
    super(
      `the published log contradicts the record: ${kind}, published ${published ?? 'unknown'}, recorded ${recorded}`,
    );
    this.kind = kind;
    this.published = published;
    this.recorded = recorded;
    this.reason = reason;
  }
}

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

// A published log as the bot hands it on: of its newest checkpoint only what the log signed, and signatures that the bot's own
// keys verify. Anyone who can write where the log is published can write anything else there.

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
class ForeignCheckpoint extends Error {
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

export interface Published extends Checkpoint {
  /** Signed by the log alone. */
  readonly signedNote: string;
}
