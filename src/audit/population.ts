/**
 * All requests of a period, out of a published log: the population from which an auditor takes a sample. It is complete because
 * it is derived from every event that the checkpoint covers, and verify.py derives the same table.
 */
import type { RequestId } from '../domain/ids.ts';
import type { StoredEvent } from '../domain/request/events.ts';
import { fold } from '../domain/request/evolve.ts';
import { readEvent } from './pack/views.ts';
import { parseBody } from './verify.ts';
import type { StrictBodyReader } from './verify-lives.ts';

/** Days in UTC, `YYYY-MM-DD`, both included: of the submission. */
export interface Period {
  readonly from: string;
  readonly to: string;
}

const columns = [
  'request',
  'submitted',
  'event',
  'requester',
  'operation',
  'resource',
  'state',
  'since',
  'approvers',
  'planDigest',
  'changeReference',
] as const;

const endLength = 10;

/** Every value in quotation marks: no reader guesses where one ends. */
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

  /** The bodies of the log, in order. What cannot be read is the verifier's to find. */
  add(body: string): void {
    const parsed = parseBody(body);
    const request = String(parsed?.request);
    if (parsed?.type === 'submitted' && this.#isIn(String(parsed.time))) this.#requests.set(request, []);
    const events = this.#requests.get(request);
    const found = events === undefined ? null : readEvent(body, [], this.#read);
    if (found !== null && typeof found !== 'string') events?.push(found.event);
  }

  get size(): number {
    return this.#requests.size;
  }

  /** As CSV, in the order of the log. Each row names the checkpoint that it follows from. */
  table({ origin, size, root }: { readonly origin: string; readonly size: number; readonly root: Buffer }): string {
    const log = [origin, String(size), root.toString('base64')];
    const rows = [...this.#requests].map(([id, events]) => row([...valuesOf(id as RequestId, events), ...log]));
    return [row([...columns, 'log', 'logSize', 'logRoot']), ...rows].join('');
  }

  #isIn(time: string): boolean {
    const day = time.slice(0, endLength);
    return day >= this.#period.from && day <= this.#period.to;
  }
}

function valuesOf(id: RequestId, events: readonly StoredEvent[]): readonly string[] {
  const request = fold(id, events);
  if (request === null) return [id];
  return [
    id,
    request.submittedAt,
    String(events[0]?.seq ?? ''),
    request.requester,
    request.plan.wish.operation,
    request.plan.wish.resource.id,
    request.state,
    request.changedAt,
    request.approvals.map(({ by }) => by).join(' '),
    request.digest,
    request.changeReference ?? '',
  ];
}
