/** Replays the drifts of agents: each agent's events are in a stream named for it, and open, change and close one drift at a time. */
import { createHash } from 'node:crypto';
import { driftIdOf } from '../domain/ids.ts';
import type { ChainLine } from '../domain/record/chain.ts';
import type { RecordFault } from '../domain/record/faults.ts';
import type { EventBody } from '../domain/request/events.ts';

interface ReplayedDrift {
  revision: number;
  /** Null: its beginning wasn't seen. */
  open: boolean | null;
}

type Note = (seq: number, kind: RecordFault, detail: string) => void;

const streamOf = (target: string | null): string =>
  driftIdOf(
    createHash('sha256')
      .update((target ?? '').toLowerCase(), 'utf8')
      .digest('hex'),
  );

export class DriftReplay {
  readonly #note: Note;
  /** The record is seen from its first line on. */
  readonly #whole: boolean;
  readonly #streams = new Map<string, ReplayedDrift>();

  constructor(whole: boolean, note: Note) {
    this.#whole = whole;
    this.#note = note;
  }

  event({ seq, request, revision }: ChainLine, { type, target, actor }: EventBody): void {
    const known = this.#streams.get(request) ?? { revision: 0, open: this.#whole || revision === 1 ? false : null };
    const expected = known.open === null && known.revision === 0 ? revision : known.revision + 1;
    const isErasure = type === 'texts-erased';
    this.#streams.set(request, { revision, open: isErasure ? known.open : type !== 'drift-closed' });
    if (revision !== expected) {
      this.#note(seq, 'revision-differs', `revision of ${request}: expected ${expected}, found ${revision}`);
    }
    if (request !== streamOf(target)) this.#note(seq, 'begins-otherwise', `${request} is not of ${target}`);
    if (actor.kind !== (isErasure ? 'operator' : 'bot'))
      this.#note(seq, 'not-theirs', `${type} of ${request}: by ${actor.kind}`);
    if (isErasure || known.open === null || known.open === (type !== 'drift-opened')) return;
    this.#note(seq, 'not-in-this-state', `${type} of ${request}: ${known.open ? 'one is open' : 'none is open'}`);
  }

  /** Whether an outbox row follows from these events. */
  has(stream: string, kind: string, key: string): boolean {
    const known = this.#streams.get(stream);
    return known !== undefined && kind === 'alert' && Number(key) <= known.revision;
  }
}
