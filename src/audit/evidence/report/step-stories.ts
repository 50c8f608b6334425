/** Attempts of each step, over all runs. */
import type { Effect } from '../../../domain/effect.ts';
import { codeOf } from '../../../domain/failure.ts';
import type { PlannedStep, StepName } from '../../../domain/plan.ts';
import { isStep, type StepBody, type StoredEvent } from '../../../domain/request/events.ts';
import type { Request } from '../../../domain/request/request.ts';

export interface ReportedAttempt {
  readonly run: number;
  readonly from: string;
  /** Null: in progress. */
  readonly to: string | null;
  /** The provider's error code; null: successful or in progress. */
  readonly code: string | null;
  readonly isDone: boolean;
  readonly already: boolean;
  readonly correlationId: string | null;
  readonly numbers: readonly number[];
}

export interface StepStory {
  readonly step: PlannedStep;
  readonly tries: readonly ReportedAttempt[];
  /** The attempt that made the change: later ones that only found it don't count. */
  readonly done: ReportedAttempt | null;
}

type StepEvent = StoredEvent & { readonly body: StepBody };
const isOfStep = (event: StoredEvent): event is StepEvent => isStep(event.body);

function completed(open: ReportedAttempt, { seq, time, body }: StepEvent): ReportedAttempt {
  const { correlationId } = body;
  const now = { ...open, to: time, correlationId, numbers: [...open.numbers, seq] };
  if (body.type === 'step-failed') return { ...now, code: codeOf(body.data.failure) };
  return { ...now, isDone: true, already: body.type === 'step-done' && body.data.already };
}

const started = ({ seq, time, body }: StepEvent): ReportedAttempt => ({
  run: body.data.run,
  from: time,
  to: null,
  code: null,
  isDone: false,
  already: false,
  correlationId: null,
  numbers: [seq],
});

const changedBy = (tries: readonly ReportedAttempt[]): ReportedAttempt | null =>
  tries.reduce<ReportedAttempt | null>(
    (done, one) => (one.isDone && (done === null || !one.already) ? one : done),
    null,
  );

/** Returns the attempts of each step: first those that only earlier plans have, then those of the plan, in its order. */
export function stepStories({ earlier, plan }: Request, events: readonly StoredEvent[]): readonly StepStory[] {
  const tries = new Map<StepName, ReportedAttempt[]>();
  const asked = events.findLast(({ body }) => 'plan' in body.data)?.seq ?? 0;
  for (const event of events.filter(isOfStep)) {
    const name = event.body.data.step;
    const known = tries.get(name) ?? [];
    const open = known.at(-1);
    if (event.body.type === 'step-intended') known.push(started(event));
    else if (open !== undefined) known[known.length - 1] = completed(open, event);
    tries.set(name, known);
  }
  const storyOf = (step: PlannedStep, since: number): StepStory => {
    const own = tries.get(step.name) ?? [];
    return { step, tries: own, done: changedBy(own.filter(({ numbers: [first = 0] }) => first > since)) };
  };
  return [...earlier.map(({ step }) => storyOf(step, 0)), ...plan.steps.map((step) => storyOf(step, asked))];
}

/** Title of a step, by its first change. */
export const propertyOf: { readonly [C in Effect['change']]: string } = {
  identity: 'Agent’s identity',
  key: 'Key in the vault',
  'key-recovery': 'Deleted key',
  'key-enablement': 'Version of the key',
  'key-disablement': 'Old version of the key',
  'role-assignment': 'Agent’s role on the key',
  'access-policy': 'Agent’s access to the key',
  'soft-delete': 'Vault’s soft delete',
  'purge-protection': 'Purge protection',
  'customer-key': 'Agent’s key',
};

/** Short names of steps for the timeline. */
export const lineNames: { readonly [S in StepName]: string } = {
  'enable-identity': 'identity on the agent',
  'make-key-version': 'key',
  'recover-key': 'key recovered',
  'enable-key-version': 'version enabled',
  'disable-key-version': 'old version disabled',
  'grant-key-access': 'role on the key',
  'protect-vault': 'purge protection',
  'set-cmk': 'key on the agent',
  verify: 'verify',
};
