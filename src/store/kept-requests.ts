/**
 * The requests that this process read or wrote last, each up to one event. It is a part of the chain that was found sound, so
 * whoever knows that the request's last event is that very one need not read it again to decide on it.
 */
import type { StoredEvent } from '../domain/request/events.ts';
import type { Request } from '../domain/request/request.ts';

/** A click reads one and decides on it; a run writes to its own again and again. */
const mostKept = 64;

export interface KeptRequest {
  /** Of the last of its events. */
  readonly hash: string;
  /** Oldest first. */
  readonly events: readonly StoredEvent[];
  /** What they come to; null: nobody asked so far. */
  readonly request: Request | null;
}

export class KeptRequests {
  readonly #kept = new Map<string, KeptRequest>();

  /** Undefined: it is not kept, or up to another event. */
  upTo(id: string, hash: string): KeptRequest | undefined {
    const kept = this.#kept.get(id);
    return kept?.hash === hash ? kept : undefined;
  }

  /** The one that was kept first is forgotten first. */
  keep(id: string, kept: KeptRequest): void {
    this.#kept.delete(id);
    this.#kept.set(id, kept);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > mostKept && oldest !== undefined) this.#kept.delete(oldest);
  }

  forget(id: string): void {
    this.#kept.delete(id);
  }
}
