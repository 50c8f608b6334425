import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { Delays } from '../delays.ts';
import { type Answer, HttpProblem, ok, parse, problemAnswer, type Request, type Route, route } from './http.ts';
import type { Teams } from './teams.ts';

const Fault = z.strictObject({
  /** For removal. Another fault with the same ID replaces it. A fault without ID gets one. */
  id: z.string().min(1).max(100).optional(),
  match: z.strictObject({
    method: z.string().optional(),
    url: z.string().optional(),
    /** A text in the call's body: the request ID selects the cards and notifications of one request. */
    says: z.string().min(1).optional(),
  }),
  times: z.number().int().positive().optional(),
  respond: z
    .strictObject({
      status: z.number().int().min(200).max(599),
      headers: z.record(z.string(), z.string()).optional(),
      body: z.unknown().optional(),
    })
    .optional(),
  /** Delay before anything else, at most until all faults are removed. */
  delayMs: z.number().int().nonnegative().optional(),
  drop: z.boolean().optional(),
});
type Fault = z.infer<typeof Fault>;

interface ActiveFault {
  readonly id: string;
  readonly fault: Fault;
  readonly url: RegExp;
  left: number;
}

/** Faults of Connector calls, set by tests. A restart removes them. */
interface Faults {
  readonly routes: readonly Route[];
  /**
   * Serves a call with the first fault that matches.
   * `respond` answers without serving. `drop` serves the call and closes the connection, so that only the answer is
   * lost. Both together close it without serving.
   */
  around(request: Request, serve: () => Promise<Answer>): Promise<Answer>;
}

export function openFaults(): Faults {
  const active: ActiveFault[] = [];
  const delays = new Delays();
  return {
    routes: [
      route('GET', '/simulator/faults', () => ok(active.map(({ id, fault, left }) => ({ ...fault, id, left })))),
      route('POST', '/simulator/faults', (request) => {
        const fresh = arm(parse(Fault, request.body));
        disarm(active, fresh.id);
        active.push(fresh);
        return { status: 201, body: { armed: active.length } };
      }),
      route('DELETE', '/simulator/faults', (request) => {
        const id = request.url.searchParams.get('id');
        disarm(active, id);
        if (id === null) delays.end();
        return { status: 204 };
      }),
    ],
    around: async (request, serve) => {
      const hit = active.find((each) => matches(each, request));
      if (hit === undefined) return serve();
      hit.left -= 1;
      if (hit.left <= 0) active.splice(active.indexOf(hit), 1);
      if (hit.fault.delayMs !== undefined) await delays.wait(hit.fault.delayMs);
      return applyFault(hit.fault, serve);
    },
  };
}

/** Removes one fault or, without an ID, all. */
function disarm(active: ActiveFault[], id: string | null): void {
  const remaining = active.filter((each) => id !== null && each.id !== id);
  active.splice(0, active.length, ...remaining);
}

function arm(fault: Fault): ActiveFault {
  try {
    const url = new RegExp(fault.match.url ?? '', 'i');
    return { id: fault.id ?? randomUUID(), fault, url, left: fault.times ?? Number.POSITIVE_INFINITY };
  } catch {
    throw new HttpProblem(400, 'BadArgument', `match.url: ${fault.match.url} is not a regular expression`);
  }
}

function matches(active: ActiveFault, request: Request): boolean {
  const { says } = active.fault.match;
  if (says !== undefined && !JSON.stringify(request.body ?? null).includes(says)) return false;
  const method = active.fault.match.method?.toUpperCase() ?? request.method;
  const path = request.url.pathname + request.url.search;
  const isThere = active.url.test(path) || active.url.test(`http://${request.headers.host ?? ''}${path}`);
  return method === request.method && isThere;
}

async function applyFault(fault: Fault, serve: () => Promise<Answer>): Promise<Answer> {
  const { respond } = fault;
  const answer: Answer =
    respond === undefined
      ? await serve()
      : { status: respond.status, body: respond.body, headers: respond.headers ?? {} };
  return fault.drop ? { status: 0, stream: (response) => response.destroy() } : answer;
}

/** Wraps the Connector's routes: applies faults, and logs every call before the answer. */
export function withFaultsAndLog(teams: Teams, faults: Faults, routes: readonly Route[]): Route[] {
  return routes.map(({ method, path, handle }) => ({
    method,
    path,
    handle: async (request) => {
      const answer = await faults.around(request, async () => {
        try {
          return await handle(request);
        } catch (error) {
          return problemAnswer(error);
        }
      });
      logRequest(teams, request, answer);
      return answer;
    },
  }));
}

function logRequest(teams: Teams, request: Request, answer: Answer): void {
  const clientRequestId = request.headers['x-ms-client-request-id'];
  teams.commit([
    {
      kind: 'served',
      request: {
        at: new Date().toISOString(),
        method: request.method,
        url: request.url.pathname + request.url.search,
        status: answer.status,
        principalId: null,
        clientRequestId: typeof clientRequestId === 'string' ? clientRequestId : null,
        body: request.body ?? null,
      },
    },
  ]);
}

export const requestLog = (teams: Teams): Route =>
  route('GET', '/simulator/requests', () => ({ status: 200, body: teams.state.requests }));
