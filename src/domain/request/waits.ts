/** For whom an open request waits, by the types of its events alone: enough to sort a list without folding what is not on it. */
import type { EventType } from './events.ts';

/** In the order in which lists have them. */
export const waits = ['attention', 'approval', 'nobody'] as const;
export type Waits = (typeof waits)[number];

/** A type that is missing leaves it as it was. */
const after: Partial<Record<EventType, Waits>> = {
  submitted: 'approval',
  'plan-changed': 'approval',
  'request-changed': 'approval',
  'run-ordered': 'nobody',
  retried: 'nobody',
  'attention-needed': 'attention',
};

const known: ReadonlyMap<string, Waits> = new Map(Object.entries(after));

export const waitsAfter = (before: Waits, type: string): Waits => known.get(type) ?? before;
