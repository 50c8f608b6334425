/**
 * A request's history. An intent and its results are one entry, with any number of attempts. Contains no text that
 * people wrote.
 */
import type { Effect } from '../domain/effect.ts';
import { codeOf, type Failure } from '../domain/failure.ts';
import type { StepName } from '../domain/plan.ts';
import { eventTraitsOf, isStep, type StepBody, type StoredEvent } from '../domain/request/events.ts';
import type { EventTraits } from '../domain/request/payloads.ts';
import { eventWords, joinParts } from './events.ts';
import { shortDuration, utcMinute } from './instants.ts';
import { effectWords, interruptedWords, stepWords } from './steps.ts';
import { countOf, type Mark, type Names } from './words.ts';

export interface HistoryEntry {
  /** Start time, ISO 8601. */
  readonly at: string;
  readonly mark: Mark;
  readonly title: string;
  /** Can be empty. */
  readonly detail: string;
  readonly kind: EventTraits['kind'];
}

/** One step of one run, from its first intent to its last result. */
interface StepEntry {
  readonly step: StepName;
  readonly from: string;
  readonly changes: readonly Effect[];
  readonly tries: number;
  readonly failure: { readonly failure: Failure; readonly retryAt: string | null } | null;
  readonly done: { readonly at: string; readonly note: string } | null;
}

function after(entry: StepEntry | undefined, body: StepBody, time: string): StepEntry {
  const before = entry ?? { step: body.data.step, from: time, changes: [], tries: 0, failure: null, done: null };
  const changes = before.changes.length > 0 ? before.changes : (body.changes ?? []);
  switch (body.type) {
    case 'step-intended':
      return { ...before, changes, tries: before.tries + 1, failure: null };
    case 'step-failed':
      return { ...before, changes, failure: body.data };
    case 'step-done': {
      const { interrupted, already } = body.data;
      const note = interrupted ? interruptedWords.toLowerCase() : already ? 'no change was needed' : 'read back';
      return { ...before, changes, failure: null, done: { at: time, note } };
    }
  }
}

function endOf({ from, tries, failure, done }: StepEntry): string {
  const after = tries > 1 ? countOf(tries, 'attempt', 'attempts') : '';
  if (done !== null) return joinParts(done.note, `in ${shortDuration(Date.parse(done.at) - Date.parse(from))}`, after);
  if (failure === null) return joinParts('not ended', after);
  const next = failure.retryAt === null ? 'needs attention' : `next attempt ${utcMinute(failure.retryAt)}`;
  return joinParts(`attempt ${tries} failed: ${codeOf(failure.failure)}`, next);
}

/** Only a step without a result, of a request that hasn't ended, is marked as running. */
function markOf({ failure, done }: StepEntry, ended: boolean): Mark {
  if (done !== null) return 'done';
  if (failure === null) return ended ? 'idle' : 'now';
  return failure.retryAt === null ? 'bad' : 'warn';
}

const entryOfStep = (entry: StepEntry, ended: boolean): HistoryEntry => ({
  at: entry.from,
  mark: markOf(entry, ended),
  title: stepWords(entry.step, entry.changes).title,
  detail: joinParts(...entry.changes.map(effectWords), endOf(entry)),
  kind: 'change',
});

export function historyOf(events: readonly StoredEvent[], names: Names, ended: boolean): readonly HistoryEntry[] {
  const steps = new Map<string, StepEntry>();
  const placed: (HistoryEntry | string)[] = [];
  const checkedRuns = new Set(events.flatMap(({ body }) => (body.type === 'run-checked' ? body.data.run : [])));
  for (const event of events) {
    const { body, time } = event;
    if (isStep(body)) {
      const key = `${body.data.run}/${body.data.step}`;
      if (!steps.has(key)) placed.push(key);
      steps.set(key, after(steps.get(key), body, time));
      // Leaves out the event for a new run: the check right after it says the same.
    } else if (body.type !== 'run-ordered' || !checkedRuns.has(body.data.run)) {
      const { mark, title, detail } = eventWords(event, names, { texts: false });
      placed.push({ at: time, mark: mark === 'now' ? 'idle' : mark, title, detail, kind: eventTraitsOf(body).kind });
    }
  }
  return placed.flatMap((one) => {
    if (typeof one !== 'string') return one;
    const entry = steps.get(one);
    return entry === undefined ? [] : entryOfStep(entry, ended);
  });
}
