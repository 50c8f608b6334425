/** What happened, in words, for an event as it lies in the record. */
import { z } from 'zod';
import { outcomeOf } from '../../audit/event-classes.ts';
import type { Readable } from '../../audit/export-csv.ts';
import { PersonId } from '../../domain/ids.ts';
import type { StoredEvent } from '../../domain/request/events.ts';
import { parseEventBody } from '../../operations/registry.ts';
import { actorName, eventWords } from '../../text/events.ts';
import type { Records } from '../rpc/calls.ts';
import { namesOf } from './inputs.ts';
import type { RecordedEvent } from './read-record.ts';

const Timed = z.object({ time: z.string() });
const nothing: Readable = { who: '', what: '', detail: '', outcome: '' };

/** An event as it was read, null where this program does not know it as one, and in words. */
export interface ReadableEvent {
  readonly event: StoredEvent | null;
  readonly readable: Readable;
}

/** Null for what is no event that this program knows: the table has its ids and its data all the same. */
function eventIn({ line }: RecordedEvent): StoredEvent | null {
  try {
    const { seq, revision, cause } = line;
    const whole: unknown = JSON.parse(line.body);
    return { seq, revision, cause, time: Timed.parse(whole).time, body: parseEventBody(whole), texts: {} };
  } catch {
    return null;
  }
}

const peopleIn = ({ body }: StoredEvent): readonly PersonId[] =>
  [body.actor.id, ...(body.type === 'run-checked' ? body.data.counted : [])].flatMap(
    (id) => PersonId.safeParse(id).data ?? [],
  );

/** Each person is looked up once. What people wrote has a column of its own. */
export function openReadable(records: Records): (event: RecordedEvent) => Promise<ReadableEvent> {
  const known = new Map<string, string>();
  return async (recorded) => {
    const event = eventIn(recorded);
    if (event === null) return { event, readable: nothing };
    const fresh = peopleIn(event).filter((id) => !known.has(id));
    const found = await namesOf(records, fresh);
    for (const id of fresh) known.set(id, found(id));
    const names = (id: PersonId | null): string => (id === null ? found(null) : (known.get(id) ?? id));
    const { title, detail } = eventWords(event, names, { texts: false });
    const readable = { who: actorName(event, names), what: title, detail, outcome: outcomeOf(event.body) };
    return { event, readable };
  };
}
