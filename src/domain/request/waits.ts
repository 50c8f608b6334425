/** The state of an open request, from its event types alone. It's enough to count and sort without computing the request. */
import type { EventType } from './events.ts';

export const openStates = ['awaiting-approval', 'approved', 'running', 'needs-attention'] as const;
export type OpenState = (typeof openStates)[number];

/** What a request waits for, in list order. */
export const waits = ['attention', 'approval', 'nobody'] as const;
export type Waits = (typeof waits)[number];

export const waitsIn: Readonly<Record<OpenState, Waits>> = {
  'awaiting-approval': 'approval',
  approved: 'nobody',
  running: 'nobody',
  'needs-attention': 'attention',
};

/** Types that are missing here don't change the state. */
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
