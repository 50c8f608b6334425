/** In-memory index of requests, built from verified events only. It answers which requests are open without a query. */

import { z } from 'zod';
import type { OpenWanted } from '../domain/ports/store.ts';
import type { ChainLine } from '../domain/record/chain.ts';
import type { SoundLine } from '../domain/record/seals.ts';
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
    revision: 0,
    hash: '',
    holds: target.toLowerCase(),
    state: 'awaiting-approval',
    touched: false,
    requester: actor.id,
    message: data.origin.messageId ?? null,
  };
}

const DriftFound = z.object({ target: z.string(), data: z.object({ found: z.array(z.unknown()) }) });

/** An agent's drift is no request: it holds nothing, and is in no list of them. */
const ofDrift = { holds: null, state: 'approved', touched: false, requester: null, message: null } as const;

export function openRequestIndex() {
  const requests = new Map<string, RequestSummary>();
  const holders = new Map<string, string>();
  const succeeded = new Map<string, string>();
  /** The stream of each agent that has an open drift, by ARM id in lower case. */
  const drifts = new Map<string, string>();
  const ofResource = new Map<string, string[]>();

  function apply({ request, revision, hash }: ChainLine, body: SoundLine['body']): void {
    const known = requests.get(request);
    const type = String(body.type);
    if (type === 'drift-found') {
      requests.set(request, { ...ofDrift, revision, hash });
      const { target, data } = DriftFound.parse(body);
      if (data.found.length === 0) drifts.delete(target.toLowerCase());
      else drifts.set(target.toLowerCase(), request);
      return;
    }
    const before = known ?? submitted(First.parse(body));
    if (type === 'succeeded' && before.holds !== null) succeeded.set(before.holds, request);
    const holds = isEnding(type) ? null : before.holds;
    const state = openStateAfter(before.state, type);
    requests.set(request, {
      ...before,
      revision,
      hash,
      holds,
      touched: before.touched || state === 'running',
      state,
    });
    if (known === undefined && holds !== null) {
      const filed = ofResource.get(holds) ?? [];
      ofResource.set(holds, filed);
      filed.push(request);
    }
    if (holds !== null) holders.set(holds, request);
    else if (before.holds !== null && holders.get(before.holds) === request) holders.delete(before.holds);
  }

  /** Returns matching open requests. Those that wait for people come first, newest first. */
  function open({ requester, waits: only, named }: OpenWanted = {}): readonly string[] {
    const part = named?.toLowerCase() ?? '';
    const newestFirst = [...holders]
      .filter(([resource, id]) => {
        const isNamed = resource.slice(resource.lastIndexOf('/') + 1).includes(part) || id.toLowerCase().includes(part);
        return isNamed && (requester === undefined || requests.get(id)?.requester === requester);
      })
      .map(([, id]) => id)
      .reverse();
    return waits
      .filter((one) => only === undefined || one === only)
      .flatMap((one) => newestFirst.filter((id) => waitsOf(id) === one));
  }

  function waitsOf(request: string): Waits {
    const state = requests.get(request)?.state;
    return state === undefined ? 'bot' : requestStates[state];
  }

  function countOpen(): Readonly<Record<OpenState, number>> {
    const counts = { 'awaiting-approval': 0, approved: 0, running: 0, 'needs-attention': 0 };
    for (const request of holders.values()) {
      const state = requests.get(request)?.state;
      if (state !== undefined) counts[state] += 1;
    }
    return counts;
  }

  const get = (request: string): RequestSummary | undefined => requests.get(request);
  const known: Record<'holders' | 'succeeded' | 'drifts', ReadonlyMap<string, string>> = { holders, succeeded, drifts };
  return {
    ...known,
    apply,
    get,
    open,
    waitsOf,
    countOpen,
    holderOf: (resource: string) => holders.get(resource) ?? null,
    heldBy: (request: string) => get(request)?.holds ?? null,
    openFrom: (message: string) => [...holders.values()].find((id) => get(id)?.message === message) ?? null,
    requestsFor: (resource: string): readonly string[] => [...(ofResource.get(resource) ?? [])].reverse(),
  };
}
