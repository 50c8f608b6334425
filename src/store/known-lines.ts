/**
 * Lines that were read lately, and what was found in them. A click has its request read several times: the same letters under the
 * same key are as sound as they were, and are read as the same event. What differs in one letter is looked at like any other.
 */
import { ChainLine } from '../domain/record/chain.ts';
import type { CheckLine, SoundLine } from '../domain/record/seals.ts';
import type { EventBody } from '../domain/request/events.ts';
import type { ReadEvent } from './event-rows.ts';

/** A few kilobytes each. The one that was found first is forgotten first. */
const mostKept = 500;

const columns = ChainLine.keyof().options;
const isSame = (a: ChainLine, b: ChainLine): boolean => columns.every((column) => a[column] === b[column]);

/** Remembers no line with a fault. */
export function rememberingLines(check: CheckLine): CheckLine {
  const kept = new Map<string, { readonly line: ChainLine; readonly found: SoundLine }>();
  return (line) => {
    const before = kept.get(line.hash);
    if (before !== undefined && isSame(before.line, line)) return before.found;
    const found = check(line);
    if (found.fault !== null) return found;
    kept.set(line.hash, { line, found });
    const [oldest] = kept.keys();
    if (kept.size > mostKept && oldest !== undefined) kept.delete(oldest);
    return found;
  };
}

/** Reads the body of a line that {@link rememberingLines} knows once, for as long as it does. */
export function rememberingBodies(read: ReadEvent): ReadEvent {
  const known = new WeakMap<object, EventBody>();
  return (body) => {
    if (typeof body !== 'object' || body === null) return read(body);
    const event = known.get(body) ?? read(body);
    known.set(body, event);
    return event;
  };
}
