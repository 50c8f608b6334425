/** What follows from events of an agent's drift: the rows that are written with them. */
import type { Consequence } from '../request/consequences.ts';
import type { StoredEvent } from '../request/events.ts';
import type { AgentWatch } from './agent-watch.ts';

/** The card of the last drift, which is the only one that these events can change. */
export function alertsOf({ drifts }: AgentWatch, events: readonly StoredEvent[]): readonly Consequence[] {
  const [number, dueAt] = [drifts.at(-1)?.number, events.at(-1)?.time];
  return number === undefined || dueAt === undefined ? [] : [{ kind: 'alert', key: `${number}`, dueAt }];
}
