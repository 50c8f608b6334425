/** OCSF class and activity of each event type. Numbers are those of OCSF 1.5.0. */
import type { StepName } from '../domain/plan.ts';
import { type EventBody, type EventTraits, type EventType, isStep, traitsOf } from '../domain/request/events.ts';

export const ocsfVersion = '1.5.0';

export interface OcsfClass {
  readonly uid: number;
  readonly name: string;
  readonly category: readonly [uid: number, name: string];
}

/** Decisions about a request, which is the entity. */
export const entityManagement: OcsfClass = {
  uid: 3004,
  name: 'Entity Management',
  category: [3, 'Identity & Access Management'],
};
export const apiActivity: OcsfClass = { uid: 6003, name: 'API Activity', category: [6, 'Application Activity'] };
/** Events that this version can't read. */
export const baseEvent: OcsfClass = { uid: 0, name: 'Base Event', category: [0, 'Uncategorized'] };

/** `[id, name]`. OCSF leaves the name to the source for id 99, "Other". */
type Activity = readonly [id: number, name: string];

const create: Activity = [1, 'Create'];
const update: Activity = [3, 'Update'];
const other = (name: string): Activity => [99, name];

type OnRequests = Exclude<EventType, `step-${string}`>;

/** A type without an activity doesn't compile. */
const onRequests: Readonly<Record<OnRequests, Activity>> = {
  submitted: create,
  'request-changed': update,
  'plan-changed': update,
  approved: other('Approve'),
  rejected: other('Reject'),
  cancelled: other('Cancel'),
  expired: other('Expire'),
  'decided-late': other('Decide too late'),
  reminded: other('Remind'),
  'run-ordered': other('Order run'),
  'run-checked': other('Check before run'),
  'attention-needed': other('Ask for a person'),
  succeeded: other('Succeed'),
  'use-judged': other('Judge use of key'),
  'stop-requested': other('Ask to stop'),
  retried: other('Retry'),
  'retried-automatically': other('Retry automatically'),
  'taken-on': other('Take on'),
  'given-up': other('Give up'),
  'texts-erased': other('Erase texts'),
  'evidence-made': other('Make evidence'),
  'clock-set-right': other('Set clock right'),
  'drift-opened': other('Find drift'),
  'drift-changed': other('Find changed drift'),
  'drift-closed': other('Find as approved'),
};

const onAzure: Readonly<Record<StepName, Activity>> = {
  'enable-identity': update,
  'make-key-version': create,
  'recover-key': [2, 'Read'],
  'enable-key-version': [2, 'Read'],
  'disable-key-version': [2, 'Read'],
  'grant-key-access': create,
  'protect-vault': update,
  'set-cmk': update,
  verify: [2, 'Read'],
};

export const activityOf = (body: EventBody): Activity =>
  isStep(body) ? onAzure[body.data.step] : onRequests[body.type];

/** `[id, caption]` of OCSF, which has none for `begun`. */
const statuses: Readonly<Record<EventTraits['outcome'], readonly [number, string]>> = {
  done: [1, 'Success'],
  failed: [2, 'Failure'],
  'no effect': [2, 'Failure'],
  begun: [99, 'Begun'],
};
export const ocsfStatusOf = (body: EventBody): readonly [number, string] => statuses[traitsOf(body).outcome];

/** Events that need a person's attention. All others are informational. */
const severities: Partial<Record<EventType, readonly [number, string]>> = {
  'step-failed': [2, 'Low'],
  'texts-erased': [2, 'Low'],
  'attention-needed': [3, 'Medium'],
  'given-up': [3, 'Medium'],
  'clock-set-right': [3, 'Medium'],
  'drift-opened': [4, 'High'],
  'drift-changed': [4, 'High'],
};
export const severityOf = (body: EventBody): readonly [number, string] => severities[body.type] ?? [1, 'Informational'];
