import { z } from 'zod';
import { safeJson } from '../../audit/export-jsonl.ts';
import { codeOf, type Failure, receiptOf, statusOf } from '../../domain/failure.ts';
import type { StreamId } from '../../domain/ids.ts';
import { retriesAutomatically } from '../../domain/request/decide-attention.ts';
import type { StoredEvent } from '../../domain/request/events.ts';
import { fold } from '../../domain/request/evolve.ts';
import { RequestState } from '../../domain/request/payloads.ts';
import type { Request } from '../../domain/request/request.ts';
import { workOf } from '../../operations/registry.ts';
import type { OpenStore } from '../../store/store.ts';
import { eventWords } from '../../text/events.ts';
import { messageOf } from '../../text/failures.ts';
import { utcSecond } from '../../text/instants.ts';
import { assignmentCommand } from '../../text/permission-remedies.ts';
import { refusalLine } from '../../text/refusals.ts';
import { remedyWords } from '../../text/remedies.ts';
import { type Act, type ActResult, actOn } from './records.ts';
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
import { safeNow } from './words/safe-now.ts';
import { indent, textTable } from './words/table.ts';

/** Fields of a request for `--json` lists. They can be added, never renamed. */
const summaryOf = (request: Request) => {
  const { id, state, plan, resourceName, outputs, requester, submittedAt, changedAt } = request;
  const { operation, resource } = plan.spec;
  const { vaultId, keyName, keyVersion } = workOf(plan).to;
  const target = { vaultId, keyName, keyVersion: keyVersion ?? outputs.keyVersion ?? null };
  return { id, state, operation, resource, resourceName, ...target, requester, submittedAt, changedAt };
};

const requestTable = (requests: readonly Request[], names: (id: string) => string): string =>
  textTable([
    ['REQUEST', 'STATE', 'AGENT', 'KEY', 'VAULT', 'REQUESTED BY', 'REQUESTED', 'CHANGED'],
    ...requests.map((request) => [
      request.id,
      request.state,
      request.resourceName,
      workOf(request.plan).to.keyName,
      request.plan.observation.vault.name,
      names(request.requester),
      utcSecond(request.submittedAt),
      utcSecond(request.changedAt),
    ]),
  ]);

type Names = (id: string | null) => string;

function lastFailure(request: Request): Failure | null {
  if (request.state === 'needs-attention' || request.state === 'failed') return request.failure;
  return request.progress.findLast((step) => step.failure !== null)?.failure ?? null;
}

const nextRetry = (request: Request): string | null =>
  request.progress
    .flatMap((step) => (step.state === 'waiting' && step.retryAt !== null ? [step.retryAt] : []))
    .sort()[0] ?? null;

function headOf(request: Request): string {
  const { plan } = request;
  const { from, to } = workOf(plan);
  const change = `${from?.keyName ?? 'Microsoft-managed key'} → ${to.keyName} in ${plan.observation.vault.name}`;
  return `${request.id}  ${request.state.replace('-', ' ')}\n${request.resourceName}: ${change}`;
}

function failureWords(failure: Failure, id: string): string {
  const status = statusOf(failure);
  // At a terminal, a command takes the place of the card’s button.
  const remedy = remedyWords(failure).replaceAll(
    /\b([Ss]elect) Retry\b/g,
    (_all, select) => `${select === 'select' ? 'run' : 'Run'} “cmk-bot requests retry ${id}”`,
  );
  const command = assignmentCommand(failure);
  const { clientRequestId, correlationId } = receiptOf(failure);
  const ids = textTable([
    ['Client request', clientRequestId ?? 'none'],
    ['Correlation', correlationId ?? 'none'],
  ]);
  const head = `${status === null ? '' : `${status} `}${codeOf(failure)}, ${failure.doing}`;
  return [
    head,
    messageOf(failure),
    ids,
    ...(remedy === '' ? [] : [remedy]),
    ...(command === null ? [] : [command]),
  ].join('\n');
}

function retryWords(request: Request): string {
  const at = nextRetry(request);
  if (at !== null) return `${utcSecond(at)}, automatically`;
  if (retriesAutomatically(request)) return 'once, automatically, when Azure answers again';
  return request.state === 'needs-attention' ? 'none: a person must decide' : 'none';
}

const eventRows = (events: readonly StoredEvent[], names: Names): string =>
  textTable(
    events.map((event) => {
      const words = eventWords(event, names, { texts: true });
      const detail = words.detail.replaceAll('\n', ' ');
      return [utcSecond(event.time), `${event.seq}`, detail === '' ? words.title : `${words.title}: ${detail}`];
    }),
  );

const section = (title: string, body: string): string => `${title}\n${indent(body)}`;

export function requestStory(request: Request, events: readonly StoredEvent[], names: Names): string {
  const failure = lastFailure(request);
  const sections = [
    headOf(request),
    section('History (with the number of each event in the audit log)', eventRows(events, names)),
    ...(failure === null ? [] : [section('Last failure', failureWords(failure, request.id))]),
    section('Next attempt', retryWords(request)),
    section('Safe now', safeNow(request).words),
  ];
  return sections.join('\n\n');
}

const states = RequestState.options;
const pageSize = 100;

async function allRequests(requests: OpenStore['requests']): Promise<readonly Request[]> {
  const found: Request[] = [];
  for (;;) {
    const page = await requests.list(pageSize, found.length);
    found.push(...page);
    if (page.length < pageSize) return found;
  }
}

const requestsList = subcommand({
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
  async run({ state, json }, { store, print, write }) {
    const opened = await store();
    const all = await allRequests(opened.requests);
    const requests = state === undefined ? all : all.filter((request) => request.state === state);
    if (json) {
      await write(`${safeJson(requests.map(summaryOf), 2)}\n`);
      return exit.done;
    }
    const names = await namesOf(
      opened.people,
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

const requestsShow = subcommand({
  name: 'requests show',
  summary: 'shows the events, the last failure, what is done, and what is safe now',
  examples: ['cmk-bot requests show CMK-7F3K9Q'],
  input: z.object({ id: requestIdInput, json: jsonFlag }),
  async run({ id, json }, { store, print, write }) {
    const { requests, people } = await store();
    const events = await requests.events(id);
    const request = fold(id, events);
    if (request === null) throw new Unusable(`there is no request ${id}`);
    if (json) {
      await write(`${safeJson(detailsOf(request, events), 2)}\n`);
      return exit.done;
    }
    const names = await namesOf(people, [request.requester, ...events.map((event) => event.body.actor.id)]);
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

export const requestCommands: readonly Subcommand[] = [requestsList, requestsShow, ...acts.map(asSubcommand), giveUp];

export async function sayRefused(
  { complain, write }: Pick<CommandEnvironment, 'complain' | 'write'>,
  answer: Extract<ActResult, { kind: 'refused' }>,
  json: boolean,
): Promise<Exit> {
  if (json) await write(`${JSON.stringify({ done: false, refusal: answer.code })}\n`);
  await complain(`Nothing was done. ${refusalLine(answer)}`);
  return exit.no;
}

interface ActReport {
  readonly done: string;
  readonly json: boolean;
  /** Returns what is left to be done after the action; null: nothing. */
  readonly rest?: () => Promise<{ readonly words: string; readonly messages: readonly object[] } | null>;
}

/** Carries out the action and reports the result. A repeated call has no further effect. */
export async function carryOutAct(
  { store, print, complain, write }: CommandEnvironment,
  id: StreamId,
  act: Act,
  { done, json, rest = async () => null }: ActReport,
): Promise<Exit> {
  const answer = await actOn(await store(), id, act);
  if (answer.kind === 'refused') return sayRefused({ complain, write }, answer, json);
  const { event, replay } = answer;
  const { seq, time } = event;
  const by = event.body.submittedBy ?? 'unknown';
  const recorded = replay ? `Already done: event ${seq} of ${utcSecond(time)}` : `${done} Recorded as event ${seq}`;
  const left = await rest();
  const said = { done: true, repeated: replay, seq, time, by, ...(left === null ? {} : { notUpdated: left.messages }) };
  if (json) await write(`${JSON.stringify(said)}\n`);
  else await print(`${recorded}, by ${by}.${left === null ? '' : `\n${left.words}`}`);
  return left === null ? exit.done : exit.unchecked;
}
