/** In-memory index of requests, built from verified events only. It answers which requests are open without a query. */
import { z } from 'zod';
import type { OpenWanted } from '../domain/ports/store.ts';
import type { ChainLine, SoundLine } from '../domain/record/chain.ts';
import { type OpenState, requestStates, type Waits } from '../domain/request/payloads.ts';
import { isEnding, openStateAfter, waits } from '../domain/request/request.ts';

export interface RequestSummary {
  readonly revision: number;
  readonly hash: string;
  /** The resource that it reserves, in lower case. Null: it has ended. */
  readonly holds: string | null;
  readonly state: OpenState;
  readonly touched: boolean;
  readonly requester: string | null;
  readonly message: string | null;
}

const First = z.object({
  target: z.string(),
  actor: z.object({ id: z.string().nullable() }),
  data: z.object({ origin: z.object({ messageId: z.string().optional() }) }),
});

function submitted({ target, actor, data }: z.infer<typeof First>): RequestSummary {
  return {
    ...{ revision: 0, hash: '', holds: target.toLowerCase(), state: 'awaiting-approval', touched: false },
    ...{ requester: actor.id, message: data.origin.messageId ?? null },
  };
}

const DriftFound = z.object({ target: z.string(), data: z.object({ found: z.array(z.unknown()) }) });

/** An agent's drift is no request: it holds nothing, and is in no list of them. */
const ofDrift = { holds: null, state: 'approved', touched: false, requester: null, message: null } as const;

export class RequestIndex {
  readonly #requests = new Map<string, RequestSummary>();
  /** The open request of each resource, in the order of submission. */
  readonly #holders = new Map<string, string>();
  readonly #succeeded = new Map<string, string>();
  /** The stream of each agent that has an open drift, by ARM id in lower case. */
  readonly #drifts = new Map<string, string>();
  readonly #ofResource = new Map<string, string[]>();

  apply({ request, revision, hash }: ChainLine, body: SoundLine['body']): void {
    const known = this.#requests.get(request);
    const type = String(body.type);
    if (type === 'drift-found') {
      this.#requests.set(request, { ...ofDrift, revision, hash });
      const { target, data } = DriftFound.parse(body);
      if (data.found.length === 0) this.#drifts.delete(target.toLowerCase());
      else this.#drifts.set(target.toLowerCase(), request);
      return;
    }
    const before = known ?? submitted(First.parse(body));
    if (type === 'succeeded' && before.holds !== null) this.#succeeded.set(before.holds, request);
    const holds = isEnding(type) ? null : before.holds;
    const state = openStateAfter(before.state, type);
    this.#requests.set(request, {
      ...before,
      revision,
      hash,
      holds,
      touched: before.touched || state === 'running',
      state,
    });
    if (known === undefined && holds !== null) this.#file(holds, request);
    if (holds !== null) this.#holders.set(holds, request);
    else if (before.holds !== null && this.#holders.get(before.holds) === request) this.#holders.delete(before.holds);
  }

  #file(resource: string, request: string): void {
    const filed = this.#ofResource.get(resource);
    if (filed === undefined) this.#ofResource.set(resource, [request]);
    else filed.push(request);
  }

  readonly get = (request: string): RequestSummary | undefined => this.#requests.get(request);

  get holders(): ReadonlyMap<string, string> {
    return this.#holders;
  }

  get succeeded(): ReadonlyMap<string, string> {
    return this.#succeeded;
  }

  get drifts(): ReadonlyMap<string, string> {
    return this.#drifts;
  }

  holderOf(resource: string): string | null {
    return this.#holders.get(resource) ?? null;
  }

  heldBy(request: string): string | null {
    return this.#requests.get(request)?.holds ?? null;
  }

  openFrom(message: string): string | null {
    return [...this.#holders.values()].find((id) => this.#requests.get(id)?.message === message) ?? null;
  }

  /** Returns matching open requests. Those that wait for people come first, newest first. */
  open({ requester, waits: only, named }: OpenWanted = {}): readonly string[] {
    const part = named?.toLowerCase() ?? '';
    const newestFirst = [...this.#holders]
      .filter(([resource, id]) => {
        const isNamed = resource.slice(resource.lastIndexOf('/') + 1).includes(part) || id.toLowerCase().includes(part);
        return isNamed && (requester === undefined || this.#requests.get(id)?.requester === requester);
      })
      .map(([, id]) => id)
      .reverse();
    return waits
      .filter((one) => only === undefined || one === only)
      .flatMap((one) => newestFirst.filter((id) => this.waitsOf(id) === one));
  }

  requestsFor(resource: string): readonly string[] {
    return [...(this.#ofResource.get(resource) ?? [])].reverse();
  }

  waitsOf(request: string): Waits {
    const state = this.#requests.get(request)?.state;
    return state === undefined ? 'nobody' : requestStates[state];
  }

  countOpen(): Readonly<Record<OpenState, number>> {
    const counts = { 'awaiting-approval': 0, approved: 0, running: 0, 'needs-attention': 0 };
    for (const request of this.#holders.values()) {
      const state = this.#requests.get(request)?.state;
      if (state !== undefined) counts[state] += 1;
    }
    return counts;
  }
}
