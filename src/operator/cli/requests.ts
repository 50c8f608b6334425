/** `requests`: lists them, shows one, and acts on one. */
import { z } from 'zod';
import { quietJson } from '../../audit/export-jsonl.ts';
import type { RequestId } from '../../domain/ids.ts';
import type { StoredEvent } from '../../domain/request/events.ts';
import type { Request } from '../../domain/request/request.ts';
import { utcSecond } from '../../text/instants.ts';
import { refusalLine } from '../../text/operator-refusals.ts';
import type { Act, Records } from '../rpc/calls.ts';
import {
  asHelp,
  asOption,
  flag,
  jsonOption,
  nameInput,
  namesOf,
  reasonInput,
  reasonOption,
  requestIdInput,
  Unusable,
} from './inputs.ts';
import { type CommandEnvironment, type Exit, exit, type Subcommand, subcommand } from './subcommand.ts';
import {
  lastFailure,
  nextRetry,
  requestOf,
  requestStory,
  requestTable,
  stateWords,
  summaryOf,
} from './words/request-story.ts';
import { safeNow } from './words/safe-now.ts';

const states = Object.keys(stateWords) as [Request['state'], ...Request['state'][]];
const pageSize = 100;

/** Newest first, page by page. */
async function allRequests(records: Records): Promise<readonly Request[]> {
  const found: Request[] = [];
  for (;;) {
    const page = await records.page({ limit: pageSize, offset: found.length });
    found.push(...page.map(requestOf));
    if (page.length < pageSize) return found;
  }
}

/** Every request, or those in one state. */
export const requestsList = subcommand({
  name: 'requests list',
  usage: '[--state S] [--json]',
  summary: 'every request, newest first',
  help: `States: ${states.join(', ')}.`,
  options: { state: { type: 'string' }, ...jsonOption },
  positionals: [],
  input: z.object({
    state: z.enum(states, { error: `must be one of ${states.join(', ')}` }).optional(),
    json: flag,
  }),
  async run({ state, json }, { records, print, write }) {
    const opened = await records();
    const all = await allRequests(opened.records);
    const requests = state === undefined ? all : all.filter((request) => request.state === state);
    if (json) {
      await write(`${quietJson(requests.map(summaryOf), 2)}\n`);
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

/** One request in full as `--json` tells of it. Fields may be added, never renamed. */
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
  /** Null: the vault's log is not asked, or not yet. */
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

/** One request: what happened, what failed last, what comes next, what is done, what is safe now. */
export const requestsShow = subcommand({
  name: 'requests show',
  usage: 'ID [--json]',
  summary: 'what happened, what failed last, what is done, what is safe now',
  help: '',
  options: jsonOption,
  positionals: ['id'],
  input: z.object({ id: requestIdInput, json: flag }),
  async run({ id, json }, { records, print, write }) {
    const { records: record } = await records();
    const events = await record.events({ id });
    if (events.length === 0) throw new Unusable(`there is no request ${id}`);
    const request = requestOf({ id, events });
    if (json) {
      await write(`${quietJson(detailsOf(request, events), 2)}\n`);
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
  readonly done: (id: RequestId) => string;
}

/** In the order the help tells them. */
const acts: readonly RequestAct[] = [
  {
    verb: 'cancel',
    summary: 'ends a request whose run has not started',
    done: (id) => `Request ${id} is cancelled.`,
  },
  {
    verb: 'stop',
    summary: 'stops a run after the step that is running',
    done: (id) => `Request ${id} stops after the step that is running. What is done stays; requests show lists it.`,
  },
  {
    verb: 'retry',
    summary: 'lets a request that needs attention go on where it stopped',
    done: (id) => `Request ${id} goes on where it stopped.`,
  },
];

const asSubcommand = ({ verb, summary, done }: RequestAct): Subcommand =>
  subcommand({
    name: `requests ${verb}`,
    usage: 'ID [--as NAME]',
    summary,
    help: asHelp,
    options: asOption,
    positionals: ['id'],
    input: z.object({ id: requestIdInput, as: nameInput }),
    run: ({ id, as }, surroundings) => carryOutAct(surroundings, id, { verb, by: as ?? surroundings.user }, done(id)),
  });

/** The one that wants a reason: whoever asked reads it, and nobody decides after it. */
const giveUp = subcommand({
  name: 'requests give-up',
  usage: 'ID --reason TEXT [--as NAME]',
  summary: 'ends a request that needs attention, and leaves what is done as it is',
  help: ['The reason stands on the request’s card, for everybody who sees it, until it is erased.', asHelp].join('\n'),
  options: { ...reasonOption, ...asOption },
  positionals: ['id'],
  input: z.object({ id: requestIdInput, reason: reasonInput('say why it is given up'), as: nameInput }),
  run: ({ id, reason, as }, surroundings) =>
    carryOutAct(
      surroundings,
      id,
      { verb: 'give-up', by: as ?? surroundings.user, reason },
      `Request ${id} has ended as failed. What is done stays; requests show lists it.`,
    ),
});

export const requestActs: readonly Subcommand[] = [...acts.map(asSubcommand), giveUp];

/** Carries the act out where the record is, and says what came of it. Asked twice, it is done once. */
export async function carryOutAct(
  { records, print, complain }: CommandEnvironment,
  id: RequestId,
  act: Act,
  done: string,
): Promise<Exit> {
  const answer = await (await records()).records.act({ id, act });
  if (answer.kind === 'refused') {
    await complain(`Nothing was done. ${refusalLine(answer)}`);
    return exit.no;
  }
  const { event, replay } = answer;
  const by = event.body.submittedBy ?? 'somebody';
  await print(
    replay
      ? `Done before: event ${event.seq} of ${utcSecond(event.time)}, by ${by}.`
      : `${done} Recorded as event ${event.seq}, by ${by}.`,
  );
  return exit.done;
}
