/** A request as text: its history, the last failure, and safe actions. */
import { codeOf, type Failure, receiptOf, statusOf } from '../../../domain/failure.ts';
import { retriesAutomatically } from '../../../domain/request/decide-attention.ts';
import type { StoredEvent } from '../../../domain/request/events.ts';
import { fold } from '../../../domain/request/evolve.ts';
import type { Request } from '../../../domain/request/request.ts';
import { workOf } from '../../../operations/registry.ts';
import { eventWords } from '../../../text/events.ts';
import { messageOf } from '../../../text/failures.ts';
import { utcSecond } from '../../../text/instants.ts';
import { assignmentCommand } from '../../../text/permission-remedies.ts';
import { remedyWords } from '../../../text/remedies.ts';
import type { RequestEvents } from '../../rpc/calls.ts';
import { safeNow } from './safe-now.ts';
import { indent, textTable } from './table.ts';

export function requestOf({ id, events }: RequestEvents): Request {
  const request = fold(id, events);
  if (request === null) throw new Error(`reading request ${id}: it has no events`);
  return request;
}

const targetOf = (request: Request) => {
  const { vaultId, keyName, keyVersion } = workOf(request.plan).to;
  return { vaultId, keyName, keyVersion: keyVersion ?? request.outputs.keyVersion ?? null };
};

/** Fields of a request for `--json` lists. They can be added, never renamed. */
export const summaryOf = (request: Request) => ({
  id: request.id,
  state: request.state,
  operation: request.plan.spec.operation,
  resource: request.plan.spec.resource,
  resourceName: request.resourceName,
  ...targetOf(request),
  requester: request.requester,
  submittedAt: request.submittedAt,
  changedAt: request.changedAt,
});

/** Returns the list for people. `names`: names by id. */
export const requestTable = (requests: readonly Request[], names: (id: string) => string): string =>
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

/** Returns the blocking failure, or the last one of an open step. */
export function lastFailure(request: Request): Failure | null {
  if (request.state === 'needs-attention' || request.state === 'failed') return request.failure;
  return request.progress.findLast((step) => step.failure !== null)?.failure ?? null;
}

/** Returns the time of the next attempt; null: none planned. */
export const nextRetry = (request: Request): string | null =>
  request.progress
    .flatMap((step) => (step.state === 'waiting' && step.retryAt !== null ? [step.retryAt] : []))
    .sort()[0] ?? null;

function headOf(request: Request): string {
  const { plan } = request;
  const { from, to } = workOf(plan);
  const change = `${from?.keyName ?? 'Microsoft-managed key'} → ${to.keyName} in ${plan.observation.vault.name}`;
  return `${request.id}  ${request.state.replace('-', ' ')}\n${request.resourceName}: ${change}`;
}

/** At a terminal, a command takes the place of the card’s button. */
const remedyAtTerminal = (failure: Failure, id: string): string =>
  remedyWords(failure).replaceAll(
    /\b([Ss]elect) Retry\b/g,
    (_all, select) => `${select === 'select' ? 'run' : 'Run'} “cmk-bot requests retry ${id}”`,
  );

function failureWords(failure: Failure, id: string): string {
  const status = statusOf(failure);
  const remedy = remedyAtTerminal(failure, id);
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
