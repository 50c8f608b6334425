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

interface Armed {
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

export function armableFaults(): Faults {
  const armed: Armed[] = [];
  const delays = new Delays();
  return {
    routes: [
      route('GET', '/simulator/faults', () => ok(armed.map(({ id, fault, left }) => ({ ...fault, id, left })))),
      route('POST', '/simulator/faults', (request) => {
        const fresh = arm(parse(Fault, request.body));
        disarm(armed, fresh.id);
        armed.push(fresh);
        return { status: 201, body: { armed: armed.length } };
      }),
      route('DELETE', '/simulator/faults', (request) => {
        const id = request.url.searchParams.get('id');
        disarm(armed, id);
        if (id === null) delays.end();
        return { status: 204 };
      }),
    ],
    around: async (request, serve) => {
      const hit = armed.find((each) => matches(each, request));
      if (hit === undefined) return serve();
      hit.left -= 1;
      if (hit.left <= 0) armed.splice(armed.indexOf(hit), 1);
      if (hit.fault.delayMs !== undefined) await delays.wait(hit.fault.delayMs);
      return spoil(hit.fault, serve);
    },
  };
}

/** Removes one fault or, without an ID, all. */
function disarm(armed: Armed[], id: string | null): void {
  const kept = armed.filter((each) => id !== null && each.id !== id);
  armed.splice(0, armed.length, ...kept);
}

function arm(fault: Fault): Armed {
  try {
    const url = new RegExp(fault.match.url ?? '', 'i');
    return { id: fault.id ?? randomUUID(), fault, url, left: fault.times ?? Number.POSITIVE_INFINITY };
  } catch {
    throw new HttpProblem(400, 'BadArgument', `match.url: ${fault.match.url} is not a regular expression`);
  }
}

function matches(armed: Armed, request: Request): boolean {
  const { says } = armed.fault.match;
  if (says !== undefined && !JSON.stringify(request.body ?? null).includes(says)) return false;
  const method = armed.fault.match.method?.toUpperCase() ?? request.method;
  const path = request.url.pathname + request.url.search;
  const isThere = armed.url.test(path) || armed.url.test(`http://${request.headers.host ?? ''}${path}`);
  return method === request.method && isThere;
}

async function spoil(fault: Fault, serve: () => Promise<Answer>): Promise<Answer> {
  const { respond } = fault;
  const answer: Answer =
    respond === undefined
      ? await serve()
      : { status: respond.status, body: respond.body, headers: respond.headers ?? {} };
  return fault.drop ? { status: 0, stream: (response) => response.destroy() } : answer;
}

/** Wraps the Connector's routes: applies faults, and logs every call before the answer. */
export function remembered(teams: Teams, faults: Faults, routes: readonly Route[]): Route[] {
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
      remember(teams, request, answer);
      return answer;
    },
  }));
}

function remember(teams: Teams, request: Request, answer: Answer): void {
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
