/** Selects the events of an export, in order. */
import { z } from 'zod';
import type { ExportPart } from '../../audit/export-jsonl.ts';
import { genesis } from '../../audit/verify.ts';
import type { ChainLine, Link } from '../../domain/record/chain.ts';
import type { RecordedEvent } from './open-records.ts';

interface EventFilter {
  /** ISO 8601, UTC. */
  readonly since?: string | undefined;
  readonly request?: string | undefined;
  /** An agent's name or complete id; case doesn't matter. */
  readonly resource?: string | undefined;
}

const WithTime = z.object({ time: z.string() });
const WithTarget = z.object({ target: z.string() });

function read<T>(schema: z.ZodType<T>, { body }: ChainLine): T | null {
  try {
    return schema.parse(JSON.parse(body));
  } catch {
    return null;
  }
}

const matchesResource = (target: string, resource: string): boolean => {
  const [id, filter] = [target.toLowerCase(), resource.toLowerCase()];
  return id === filter || id.slice(id.lastIndexOf('/') + 1) === filter;
};

/** Filter of events. An unreadable event is never excluded for a missing field. */
export class EventSelector {
  readonly #filter: EventFilter;
  readonly #requests = new Set<string>();
  #started = false;

  constructor(filter: EventFilter) {
    this.#filter = filter;
    this.#started = filter.since === undefined;
  }

  /** Null: all requests. */
  get part(): ExportPart | null {
    const { request, resource } = this.#filter;
    return request === undefined && resource === undefined
      ? null
      : { request: request ?? null, resource: resource ?? null };
  }

  /** Returns whether the start time isn't reached yet. Until then, the chain position advances. */
  isBefore(line: ChainLine): boolean {
    const { since } = this.#filter;
    if (!this.#started && since !== undefined) this.#started = !((read(WithTime, line)?.time ?? since) < since);
    return !this.#started;
  }

  /**
   * Returns whether the event belongs to a selected request. Call it for every event: a request's first event names its agent.
   */
  isOfRequest(line: ChainLine): boolean {
    const { request, resource } = this.#filter;
    if (request !== undefined && line.request !== request) return false;
    if (resource === undefined) return true;
    if (line.revision === 1 && matchesResource(read(WithTarget, line)?.target ?? resource, resource)) {
      this.#requests.add(line.request);
    }
    return this.#requests.has(line.request);
  }
}

/** `after`: chain position before the first event; the same for all. */
interface SelectedEvent {
  readonly after: Link;
  readonly event: RecordedEvent;
}

/** Yields the selected events. Returns the start position and the head. */
export async function* selectEvents(
  events: AsyncGenerator<RecordedEvent, Link>,
  choice: EventSelector,
): AsyncGenerator<SelectedEvent, { readonly after: Link; readonly head: Link }> {
  let after: Link = { seq: 0, hash: genesis };
  for (;;) {
    const next = await events.next();
    if (next.done) return { after, head: next.value };
    const { line } = next.value;
    const isWanted = choice.isOfRequest(line);
    if (choice.isBefore(line)) after = { seq: line.seq, hash: line.hash };
    else if (isWanted) yield { after, event: next.value };
  }
}
