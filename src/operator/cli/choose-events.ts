/** Which events of the record an export takes, told as they come by, first to last. */
import { z } from 'zod';
import type { ExportPart } from '../../audit/export-jsonl.ts';
import { genesis } from '../../audit/verify.ts';
import type { ChainLine, Link } from '../../domain/record/chain.ts';
import type { RecordedEvent } from './open-records.ts';

export interface EventFilter {
  /** ISO 8601, UTC. */
  readonly since?: string | undefined;
  readonly request?: string | undefined;
  /** The name of an agent or its whole id, in any case. */
  readonly resource?: string | undefined;
}

const Timed = z.object({ time: z.string() });
const Targeted = z.object({ target: z.string() });

function read<T>(schema: z.ZodType<T>, { body }: ChainLine): T | null {
  try {
    return schema.parse(JSON.parse(body));
  } catch {
    return null;
  }
}

const names = (target: string, resource: string): boolean => {
  const [id, wanted] = [target.toLowerCase(), resource.toLowerCase()];
  return id === wanted || id.slice(id.lastIndexOf('/') + 1) === wanted;
};

/** A line that cannot be read is never left out for what it does not say. */
export class EventChoice {
  readonly #wanted: EventFilter;
  readonly #requests = new Set<string>();
  #began = false;

  constructor(wanted: EventFilter) {
    this.#wanted = wanted;
    this.#began = wanted.since === undefined;
  }

  /** Null: all requests. */
  get part(): ExportPart | null {
    const { request, resource } = this.#wanted;
    return request === undefined && resource === undefined
      ? null
      : { request: request ?? null, resource: resource ?? null };
  }

  /** The time from which on was not reached yet: nothing was taken so far, and the place goes on. */
  isBefore(line: ChainLine): boolean {
    const { since } = this.#wanted;
    if (!this.#began && since !== undefined) this.#began = !((read(Timed, line)?.time ?? since) < since);
    return !this.#began;
  }

  /** Of requests that are wanted. Has to be asked of every line, for the first of a request says which agent it is about. */
  isOfRequest(line: ChainLine): boolean {
    const { request, resource } = this.#wanted;
    if (request !== undefined && line.request !== request) return false;
    if (resource === undefined) return true;
    if (line.revision === 1 && names(read(Targeted, line)?.target ?? resource, resource)) {
      this.#requests.add(line.request);
    }
    return this.#requests.has(line.request);
  }
}

/** `after`: the place in the chain that what is read follows on; the same for all of them. */
export interface Chosen {
  readonly after: Link;
  readonly event: RecordedEvent;
}

/** Yields what is wanted of a record, and returns where that begins and where the record ends. */
export async function* chosenOf(
  events: AsyncGenerator<RecordedEvent, Link>,
  choice: EventChoice,
): AsyncGenerator<Chosen, { readonly after: Link; readonly head: Link }> {
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
