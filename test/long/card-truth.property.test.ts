import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { changedNothing } from '../../src/domain/failure.ts';
import type { EventBodyOf, StoredEvent } from '../../src/domain/request/events.ts';
import type { EventType } from '../../src/domain/request/payloads.ts';
import type { Request } from '../../src/domain/request/request.ts';
import { everybody, type Reader } from '../../src/teams/cards/views/reader.ts';
import { requestCard } from '../../src/teams/cards/views/request-card.ts';
import { stepWordsIn } from '../../src/text/steps.ts';
import { textsOf } from '../contract/card-walk.ts';
import { approver, requester } from '../support/builders/fixtures.ts';
import { changeFate, lead, type ModelTurn, people } from '../support/builders/random-lives.ts';
import { contextAt } from '../support/cards/card-readers.ts';

/**
 * What cards claim, compared with the stored events, for random histories of runs that fail, stop and are retried. The claims
 * are checked by reading the events, not by the code that draws the card.
 */
const [asks, approves] = [requester, approver].map((one) => people.indexOf(one)) as [number, number];
const onRequest = { slot: 0, off: 0 } as const;
/** A check, or a step with its result. */
const onward: ModelTurn = { do: 'onward', slot: 0, moves: 2 };
const click = (verb: 'approve' | 'stop' | 'retry' | 'give-up', person: number): ModelTurn => ({
  do: 'click',
  ...onRequest,
  verb,
  person,
  odd: true,
  ticked: true,
});
const turn: fc.Arbitrary<ModelTurn> = fc.oneof(
  { weight: 6, arbitrary: fc.constant(onward) },
  { weight: 5, arbitrary: fc.constant<ModelTurn>({ do: 'intend', ...onRequest, step: null, more: 0 }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('record' as const),
      slot: fc.constant(0),
      off: fc.constant(0),
      step: fc.constant(null),
      more: fc.constant(0),
      outcome: fc.constantFrom('done', 'waits', 'waits', 'stuck'),
      change: changeFate,
    }),
  },
  { weight: 2, arbitrary: fc.constantFrom(click('stop', asks), click('stop', approves)) },
  { weight: 3, arbitrary: fc.constantFrom(click('retry', asks), click('retry', approves)) },
  { weight: 2, arbitrary: fc.constant(click('approve', approves)) },
  { weight: 1, arbitrary: fc.constant(click('give-up', asks)) },
  // The check before a run fails, or the run is lost in a step.
  { weight: 1, arbitrary: fc.constant<ModelTurn>({ do: 'stop', ...onRequest }) },
);
const asked: readonly ModelTurn[] = [
  { do: 'submit', slot: 0, person: asks, world: 'as it was' },
  click('approve', approves),
];
/** Some begin well, so that the step that sets the key is reached often. */
const lives = fc
  .tuple(fc.nat(4), fc.array(turn, { minLength: 10, maxLength: 40, size: 'max' }))
  .map(([well, turns]) => [...asked, ...Array.from({ length: well }, () => onward), ...turns]);

const bodies = <T extends EventType>(events: readonly StoredEvent[], type: T): readonly EventBodyOf<T>[] =>
  events.flatMap(({ body }) => (body.type === type ? [body as EventBodyOf<T>] : []));
const since = (events: readonly StoredEvent[], types: readonly EventType[]): readonly StoredEvent[] =>
  events.slice(events.findLastIndex(({ body }) => types.includes(body.type)) + 1);

/** Whether every intended attempt of the step was answered, and none of the answers leaves a change in doubt. */
function isUntouched(events: readonly StoredEvent[], step: string): boolean {
  const intended = bodies(events, 'step-intended').filter(({ data }) => data.step === step).length;
  const failed = bodies(events, 'step-failed').filter(({ data }) => data.step === step);
  const done = bodies(events, 'step-done').some(({ data }) => data.step === step && !data.already);
  return !done && failed.length === intended && failed.every(({ data }) => changedNothing(data));
}

const lastOf = (events: readonly StoredEvent[], step: string): EventType | undefined =>
  events.findLast(
    ({ body }) =>
      (body.type === 'step-intended' || body.type === 'step-done' || body.type === 'step-failed') &&
      body.data.step === step,
  )?.body.type;

const inRun = (events: readonly StoredEvent[], run: number, type: 'step-intended' | 'step-failed') =>
  bodies(events, type).filter(({ data }) => data.run === run);

interface Seen {
  readonly request: Request;
  readonly events: readonly StoredEvent[];
  /** How often each claim was met: a claim that never comes proves nothing. */
  readonly met: Map<string, number>;
}

/** `words`: what a card says. `holds`: what the events have to say then. */
const claims: readonly {
  readonly words: RegExp;
  readonly holds: (seen: Seen, match: RegExpExecArray) => boolean;
}[] = [
  { words: /This request didn’t change the resource’s key/, holds: ({ events }) => isUntouched(events, 'set-cmk') },
  {
    words: /This request changed the resource’s key: Azure showed the new key/,
    holds: ({ events }) => lastOf(events, 'set-cmk') === 'step-done',
  },
  {
    words: /It isn’t known whether the resource’s key changed/,
    holds: ({ events }) => !isUntouched(events, 'set-cmk') && lastOf(events, 'set-cmk') !== 'step-done',
  },
  {
    words: /Nothing was changed in Azure|Nothing has been changed in Azure/,
    holds: ({ events }) => bodies(events, 'step-intended').length === 0,
  },
  {
    words: /(?:The run|Run \d+|the run|run \d+)(?: stopped| ended)? before its first step/,
    holds: ({ events, request }) => inRun(events, request.runs, 'step-intended').length === 0,
  },
  {
    words: /(?:The run|Run (\d+)) hasn’t started/,
    holds: ({ events, request }, [, run]) =>
      Number(run ?? 1) === request.runs && inRun(events, request.runs, 'step-intended').length === 0,
  },
  {
    words: /^Step (\d) of \d failed/m,
    holds: ({ events, request }, [, position]) => {
      const last = inRun(events, request.runs, 'step-failed').at(-1);
      return last !== undefined && request.progress[Number(position) - 1]?.name === last.data.step;
    },
  },
  {
    words: /(?:in|after) step (\d) of \d \([^)]+\)(?:, after attempt (\d+))?/,
    holds: ({ events, request }, [, position, attempt]) => {
      const last = inRun(events, request.runs, 'step-intended').at(-1);
      const isStep = request.progress[Number(position) - 1]?.name === last?.data.step;
      return isStep && (attempt === undefined || last?.data.attempt === Number(attempt));
    },
  },
  {
    words: /(Ana|Ben) stopped (?:the run|run \d+)/,
    holds: ({ events }, [, who]) =>
      bodies(since(events, ['run-ordered']), 'stop-requested')[0]?.actor.id === (who === 'Ana' ? requester : approver),
  },
  { words: /Retry asks for approval again/, holds: ({ events }) => isObjected(events) },
  { words: /Retry uses the existing approvals/, holds: ({ events }) => !isObjected(events) },
];

const isObjected = (events: readonly StoredEvent[]): boolean =>
  bodies(since(events, ['submitted', 'plan-changed', 'request-changed']), 'stop-requested').some(
    ({ actor }) => actor.kind === 'person' && actor.id !== requester,
  );

/** Rows of steps: the name, then what is said of it. */
function rowClaims({ request, events: all }: Seen, texts: readonly string[]): void {
  // Progress is that of the plan as it stands.
  const events = since(all, ['submitted', 'plan-changed', 'request-changed']);
  for (const { name } of request.progress) {
    const at = texts.indexOf(stepWordsIn(request.plan, name).title);
    const words = at < 0 ? '' : (texts[at + 1] ?? '');
    if (/^Completed/.test(words)) expect(bodies(events, 'step-done').map(({ data }) => data.step)).toContain(name);
    if (/^Not started/.test(words)) expect(lastOf(events, name)).toBeUndefined();
    if (/The attempts changed nothing/.test(words)) expect(isUntouched(events, name)).toBe(true);
    if (/might have changed/.test(words)) expect(isUntouched(events, name)).toBe(false);
  }
}

function look(seen: Seen, reader: Reader): void {
  const context = contextAt('2026-03-02T12:04:00.000Z', reader, { awaited: 'Ben' });
  const texts = textsOf(requestCard('status', seen.request, context));
  const said = texts.join('\n');
  for (const { words, holds } of claims) {
    const match = words.exec(said);
    if (match === null) continue;
    seen.met.set(String(words), (seen.met.get(String(words)) ?? 0) + 1);
    if (!holds(seen, match)) throw new Error(`not true: ${match[0]}\n${said}`);
  }
  rowClaims(seen, texts);
}

test('every claim of a card is what the events say', async () => {
  const met = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(lives, async (turns) => {
      await lead(turns, (request, events) => {
        for (const reader of [everybody, { kind: 'requester' }] as const) look({ request, events, met }, reader);
      });
    }),
    { numRuns: 120 },
  );
  for (const { words } of claims) expect([String(words), met.get(String(words)) ?? 0]).not.toContain(0);
});
