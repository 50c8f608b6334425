import { z } from 'zod';
import { safeJson } from '../../audit/export-jsonl.ts';
import type { StreamId } from '../../domain/ids.ts';
import type { StoredEvent } from '../../domain/request/events.ts';
import { RequestState } from '../../domain/request/payloads.ts';
import type { Request } from '../../domain/request/request.ts';
import { utcSecond } from '../../text/instants.ts';
import { refusalLine } from '../../text/refusals.ts';
import type { Act, ActResult, Records } from '../rpc/calls.ts';
import {
  argument,
  type CommandEnvironment,
  type Exit,
  exit,
  jsonFlag,
  nameInput,
  namesOf,
  reasonInput,
  requestIdInput,
  type Subcommand,
  subcommand,
  Unusable,
} from './subcommand.ts';
import { lastFailure, nextRetry, requestOf, requestStory, requestTable, summaryOf } from './words/request-story.ts';
import { safeNow } from './words/safe-now.ts';

const states = RequestState.options;
const pageSize = 100;

async function allRequests(records: Records): Promise<readonly Request[]> {
  const found: Request[] = [];
  for (;;) {
    const page = await records.page({ limit: pageSize, offset: found.length });
    found.push(...page.map(requestOf));
    if (page.length < pageSize) return found;
  }
}

export const requestsList = subcommand({
  name: 'requests list',
  summary: 'lists requests, newest first',
  examples: ['cmk-bot requests list --state needs-attention'],
  input: z.object({
    state: argument(z.enum(states, { error: `must be one of ${states.join(', ')}` }).optional(), [
      '--state STATE',
      `only requests in this state: ${states.join(', ')}`,
    ]),
    json: jsonFlag,
  }),
  async run({ state, json }, { records, print, write }) {
    const opened = await records();
    const all = await allRequests(opened.records);
    const requests = state === undefined ? all : all.filter((request) => request.state === state);
    if (json) {
      await write(`${safeJson(requests.map(summaryOf), 2)}\n`);
      return exit.done;
    }
    const names = await namesOf(
      opened.records,
      requests.map((request) => request.requester),
    );
    const none = state === undefined ? 'There are no requests.' : `No request is in state ${state}.`;
    await print(requests.length === 0 ? none : requestTable(requests, names));
    return exit.done;
  },
});

/** All fields of a request for `--json`. Fields can be added, never renamed. */
const detailsOf = (request: Request, events: readonly StoredEvent[]) => ({
  ...summaryOf(request),
  planDigest: request.digest,
  justification: request.justification,
  changeReference: request.changeReference,
  expiresAt: request.policy.expiresAt,
  approvalsRequired: request.policy.approvalsRequired,
  approvals: request.approvals,
  steps: request.progress,
  proofs: request.state === 'succeeded' ? request.proofs : [],
  /** Null: no usage check, or not yet. */
  use: request.state === 'succeeded' ? request.use : null,
  lastFailure: lastFailure(request),
  nextRetryAt: nextRetry(request),
  safeNow: safeNow(request).verbs,
  events: events.map(({ seq, revision, time, cause, body, texts }) => ({
    seq,
    revision,
    time,
    type: body.type,
    cause,
    actor: body.actor,
    submittedBy: body.submittedBy,
    result: body.result,
    texts,
  })),
});

export const requestsShow = subcommand({
  name: 'requests show',
  summary: 'shows the events, the last failure, what is done, and what is safe now',
  examples: ['cmk-bot requests show CMK-7F3K9Q'],
  input: z.object({ id: requestIdInput, json: jsonFlag }),
  async run({ id, json }, { records, print, write }) {
    const { records: record } = await records();
    const events = await record.events({ id });
    if (events.length === 0) throw new Unusable(`there is no request ${id}`);
    const request = requestOf({ id, events });
    if (json) {
      await write(`${safeJson(detailsOf(request, events), 2)}\n`);
      return exit.done;
    }
    const names = await namesOf(record, [request.requester, ...events.map((event) => event.body.actor.id)]);
    await print(requestStory(request, events, names));
    return exit.done;
  },
});

interface RequestAct {
  readonly verb: Exclude<Act['verb'], 'erase' | 'give-up'>;
  readonly summary: string;
  readonly done: (id: StreamId) => string;
}

const acts: readonly RequestAct[] = [
  {
    verb: 'cancel',
    summary: 'cancels a request whose run hasn’t started',
    done: (id) => `Request ${id} is cancelled.`,
  },
  {
    verb: 'stop',
    summary: 'stops a run after the attempt under way',
    done: (id) => `Request ${id} stops after the attempt under way. Completed changes stay; requests show lists them.`,
  },
  {
    verb: 'retry',
    summary: 'retries a request that needs attention, from the step that failed',
    done: (id) => `Request ${id} continues where it stopped.`,
  },
];

const asSubcommand = ({ verb, summary, done }: RequestAct): Subcommand =>
  subcommand({
    name: `requests ${verb}`,
    summary,
    examples: [`cmk-bot requests ${verb} CMK-7F3K9Q`],
    input: z.object({ id: requestIdInput, as: nameInput, json: jsonFlag }),
    run: ({ id, as, json }, surroundings) =>
      carryOutAct(surroundings, id, { verb, by: as ?? surroundings.user }, { done: done(id), json }),
  });

/** Ends a request. It needs a reason, which the requester can read; no other person decides afterwards. */
const giveUp = subcommand({
  name: 'requests give-up',
  summary: 'ends a request that needs attention; completed changes stay',
  examples: ['cmk-bot requests give-up CMK-7F3K9Q --reason "The vault is being replaced"'],
  input: z.object({
    id: requestIdInput,
    reason: reasonInput('enter why the request is ended', 'why; everyone who sees the card can read it'),
    as: nameInput,
    json: jsonFlag,
  }),
  run: ({ id, reason, as, json }, surroundings) =>
    carryOutAct(
      surroundings,
      id,
      { verb: 'give-up', by: as ?? surroundings.user, reason },
      { done: `Request ${id} has ended as failed. Completed changes stay; requests show lists them.`, json },
    ),
});

export const requestActs: readonly Subcommand[] = [...acts.map(asSubcommand), giveUp];

export async function sayRefused(
  { complain, write }: Pick<CommandEnvironment, 'complain' | 'write'>,
  answer: Extract<ActResult, { kind: 'refused' }>,
  json: boolean,
): Promise<Exit> {
  if (json) await write(`${JSON.stringify({ done: false, refusal: answer.code })}\n`);
  await complain(`Nothing was done. ${refusalLine(answer)}`);
  return exit.no;
}

/** Carries out the action and reports the result. A repeated call has no further effect. */
export async function carryOutAct(
  { records, print, complain, write }: CommandEnvironment,
  id: StreamId,
  act: Act,
  { done, json }: { readonly done: string; readonly json: boolean },
): Promise<Exit> {
  const answer = await (await records()).records.act({ id, act });
  if (answer.kind === 'refused') return sayRefused({ complain, write }, answer, json);
  const { event, replay } = answer;
  const { seq, time } = event;
  const by = event.body.submittedBy ?? 'unknown';
  const recorded = replay ? `Already done: event ${seq} of ${utcSecond(time)}` : `${done} Recorded as event ${seq}`;
  if (json) await write(`${JSON.stringify({ done: true, repeated: replay, seq, time, by })}\n`);
  else await print(`${recorded}, by ${by}.`);
  return exit.done;
}
