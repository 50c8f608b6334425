/** Looks in the published log for the later request that put the agent under another key than the one asked about. */

import { type EventOfRequest, eventsOfReplacement, replacementIn } from '../../domain/evidence/replacement.ts';
import { verdictOf } from '../../domain/evidence/verdict.ts';
import { isNamedAlike } from '../../domain/observed.ts';
import type { StoredEvent } from '../../domain/request/events.ts';
import { fold } from '../../domain/request/evolve.ts';
import type { Request } from '../../domain/request/request.ts';
import { parseEventBody } from '../../operations/registry.ts';
import { readEvent } from '../pack/read-events.ts';
import { tileWidth } from '../tlog/tile-paths.ts';
import type { TileReader } from '../tlog/tile-reader.ts';

/** What only these events hold. */
const isOfInterest = (body: string): boolean =>
  body.includes('"type":"approved"') || body.includes('"step":"set-cmk"') || body.includes('"step":"make-key-version"');

async function eventsBetween(reader: TileReader, first: number, last: number): Promise<readonly EventOfRequest[]> {
  const found: EventOfRequest[] = [];
  for (let tile = Math.floor((first - 1) / tileWidth); tile * tileWidth < last; tile += 1) {
    for (const entry of await reader.entries(tile)) {
      const body = entry.toString('utf8');
      const read = isOfInterest(body) ? readEvent(body, [], parseEventBody) : null;
      if (read === null || typeof read === 'string') continue;
      const { line, event } = read;
      if (event.seq >= first && event.seq <= last) found.push({ request: line.request, event });
    }
  }
  return found;
}

/** Numbers of its events; none: Azure shows the key that was asked for, or no later request explains what it shows. */
export async function findReplacement(
  reader: TileReader,
  id: Request['id'],
  events: readonly StoredEvent[],
): Promise<readonly number[]> {
  const request = fold(id, events);
  const verdict = request === null ? null : verdictOf(request, events);
  if (request === null || verdict?.is !== 'under-key' || verdict.now !== 'other' || verdict.found === null) return [];
  const [first, last] = [events[0]?.seq ?? 1, events.at(-1)?.seq ?? 0];
  const resource = request.plan.wish.resource.id;
  const others = (await eventsBetween(reader, first, last)).filter((one) => one.request !== id);
  const later = eventsOfReplacement(others, resource);
  const replacement = replacementIn(later, resource);
  return replacement !== null && isNamedAlike(replacement.key, verdict.found)
    ? later.map(({ event }) => event.seq)
    : [];
}
