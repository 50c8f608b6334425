/**
 * Table of all requests of a period, from a published log: the population for an auditor's sample. It's complete, because it's
 * derived from all events that the checkpoint covers. verify.py derives the same table.
 */
import { keySince } from '../domain/evidence/verdict.ts';
import type { RequestId } from '../domain/ids.ts';
import type { StoredEvent } from '../domain/request/events.ts';
import { fold } from '../domain/request/evolve.ts';
import type { Request } from '../domain/request/request.ts';
import { isWithin, type Period } from '../domain/statement/period.ts';
import { readEvent } from './pack/views.ts';
import type { StrictBodyReader } from './replay-requests.ts';
import { parseBody } from './verify.ts';

const columns: Readonly<Record<string, (request: Request, events: readonly StoredEvent[]) => string>> = {
  request: ({ id }) => id,
  submitted: ({ submittedAt }) => submittedAt,
  event: (_request, [first]) => String(first?.seq ?? ''),
  requester: ({ requester }) => requester,
  operation: ({ plan }) => plan.wish.operation,
  resource: ({ plan }) => plan.wish.resource.id,
  state: ({ state }) => state,
  stateSince: ({ changedAt }) => changedAt,
  keySince: (request, events) => (request.state === 'succeeded' ? keySince(request, events) : ''),
  approvers: ({ approvals }) => approvals.map(({ by }) => by).join(' '),
  planDigest: ({ digest }) => digest,
  changeReference: ({ changeReference }) => changeReference ?? '',
};

/** All values are quoted, so that readers don't have to guess where one ends. */
const row = (values: readonly string[]): string =>
  `${values.map((value) => `"${value.replaceAll('"', '""')}"`).join(',')}\n`;

export class Population {
  readonly #period: Period;
  readonly #read: StrictBodyReader;
  readonly #requests = new Map<string, StoredEvent[]>();

  constructor(period: Period, read: StrictBodyReader) {
    this.#period = period;
    this.#read = read;
  }

  /** Adds the bodies of the log, in order. The verifier reports unreadable ones. */
  add(body: string): void {
    const parsed = parseBody(body);
    const request = String(parsed?.request);
    if (parsed?.type === 'submitted' && isWithin(this.#period, String(parsed.time))) this.#requests.set(request, []);
    const events = this.#requests.get(request);
    const found = events === undefined ? null : readEvent(body, [], this.#read);
    if (found !== null && typeof found !== 'string') events?.push(found.event);
  }

  get size(): number {
    return this.#requests.size;
  }

  /** Returns the CSV table in the order of the log. Each row names its checkpoint. */
  table({ origin, size, root }: { readonly origin: string; readonly size: number; readonly root: Buffer }): string {
    const log = [origin, String(size), root.toString('base64')];
    const rows = [...this.#requests].map(([id, events]) => row([...valuesOf(id as RequestId, events), ...log]));
    return [row([...Object.keys(columns), 'log', 'logSize', 'logRoot']), ...rows].join('');
  }
}

function valuesOf(id: RequestId, events: readonly StoredEvent[]): readonly string[] {
  const request = fold(id, events);
  return request === null ? [id] : Object.values(columns).map((value) => value(request, events));
}
