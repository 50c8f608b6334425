/** The state of an open request, by the types of its events alone: enough to count and to sort without folding any. */
import type { EventType } from './events.ts';

export const openStates = ['awaiting-approval', 'approved', 'running', 'needs-attention'] as const;
export type OpenState = (typeof openStates)[number];

/** For whom it waits, in the order in which lists have them. */
export const waits = ['attention', 'approval', 'nobody'] as const;
export type Waits = (typeof waits)[number];

export const waitsIn: Readonly<Record<OpenState, Waits>> = {
  'awaiting-approval': 'approval',
  approved: 'nobody',
  running: 'nobody',
  'needs-attention': 'attention',
};

/** A type that is missing leaves it as it was. */
const after: Partial<Record<EventType, OpenState>> = {
  submitted: 'awaiting-approval',
  'plan-changed': 'awaiting-approval',
  'request-changed': 'awaiting-approval',
  'run-ordered': 'approved',
  retried: 'approved',
  'step-intended': 'running',
  'attention-needed': 'needs-attention',
};

const known: ReadonlyMap<string, OpenState> = new Map(Object.entries(after));

export const openStateAfter = (before: OpenState, type: string): OpenState => known.get(type) ?? before;
