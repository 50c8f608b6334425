/** How what an event tells of ended, in one word: for whoever reads many of them and filters. */
import type { EventType } from '../domain/request/events.ts';

/** `begun`: its end is told by a later event. `no effect`: it came too late. */
export type EventOutcome = 'done' | 'begun' | 'failed' | 'no effect';

/** A type without its outcome does not compile. */
const outcomes: Readonly<Record<EventType, EventOutcome>> = {
  submitted: 'done',
  approved: 'done',
  rejected: 'done',
  cancelled: 'done',
  expired: 'done',
  'decided-late': 'no effect',
  'plan-changed': 'done',
  'request-changed': 'done',
  'run-ordered': 'begun',
  'run-checked': 'done',
  'step-intended': 'begun',
  'step-done': 'done',
  'step-failed': 'failed',
  'attention-needed': 'failed',
  succeeded: 'done',
  // The looking is; what was seen stands in it.
  'use-judged': 'done',
  'stop-requested': 'begun',
  retried: 'begun',
  reminded: 'done',
  'given-up': 'done',
  'texts-erased': 'done',
  'evidence-made': 'done',
  'clock-set-right': 'done',
};

export const outcomeOf = ({ type }: { readonly type: EventType }): EventOutcome => outcomes[type];
