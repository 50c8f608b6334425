/** The log of the Connector's calls, and the faults that tests set for them. */

import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { Delays, faultFields, matchesCall, matchFields, type Reply, reply } from '../http.ts';
import { jsonText, ok, parse, problemAnswer, type Request, type Route, route } from './server.ts';
import type { Teams } from './teams.ts';

const Fault = z.strictObject({
  ...faultFields,
  match: z.strictObject({
    ...matchFields,
    /** A text in the call's body: the request ID selects the cards and notifications of one request. */
    says: z.string().min(1).optional(),
  }),
  drop: z.boolean().optional(),
});
type Fault = z.infer<typeof Fault>;

/** Faults of Connector calls, set by tests. A restart removes them. */
type Faults = ReturnType<typeof openFaults>;

export function openFaults() {
  let active: readonly Fault[] = [];
  const without = (id: string | null) => active.filter((fault) => id !== null && fault.id !== id);
  const delays = new Delays();
  return {
    routes: [
      route('GET', '/simulator/faults', () => ok(active)),
      route('POST', '/simulator/faults', (request) => {
        const { id = randomUUID(), ...fault } = parse(Fault, request.body);
        active = [...without(id), { ...fault, id }];
        return reply(201, { armed: active.length });
      }),
      route('DELETE', '/simulator/faults', (request) => {
        const id = request.url.searchParams.get('id');
        active = without(id);
        if (id === null) delays.end();
        return reply(204);
      }),
    ],
    /** Serves a call with the first fault that matches. `drop` loses the answer; `respond` answers without serving. */
    around: async (request: Request, serve: () => Promise<Reply>): Promise<Reply> => {
      const hit = active.find((fault) => matches(fault, request));
      if (hit === undefined) return serve();
      if (hit.times !== undefined) hit.times -= 1;
      if (hit.times === 0) active = active.filter((fault) => fault !== hit);
      if (hit.delayMs !== undefined) await delays.wait(hit.delayMs);
      return applyFault(hit, serve);
    },
  };
}

function matches({ match }: Fault, { method, url, headers, body }: Request): boolean {
  if (match.says !== undefined && !JSON.stringify(body ?? null).includes(match.says)) return false;
  return matchesCall(match, { method, url: `http://${headers.host ?? ''}${url.pathname}${url.search}` });
}

async function applyFault({ respond, drop }: Fault, serve: () => Promise<Reply>): Promise<Reply> {
  const answer =
    respond === undefined ? await serve() : jsonText(respond.status, JSON.stringify(respond.body), respond.headers);
  return drop ? { ...reply(0), stream: (response) => response.destroy() } : answer;
}

/** Wraps the Connector's routes: applies faults, and logs every call before the answer. */
export function withFaultsAndLog(teams: Teams, faults: Faults, routes: readonly Route[]): Route[] {
  return routes.map(({ method, pattern, handle }) =>
    route(method, pattern, async (request) => {
      const answer = await faults.around(request, async () => {
        try {
          return await handle(request);
        } catch (error) {
          return problemAnswer(error);
        }
      });
      logRequest(teams, request, answer);
      return answer;
    }),
  );
}

function logRequest(teams: Teams, request: Request, answer: Reply): void {
  const clientRequestId = request.headers['x-ms-client-request-id'];
  teams.requests.append({
    at: new Date().toISOString(),
    method: request.method,
    url: request.url.pathname + request.url.search,
    status: answer.status,
    principalId: null,
    clientRequestId: typeof clientRequestId === 'string' ? clientRequestId : null,
    body: request.body ?? null,
  });
}

export const requestLog = (teams: Teams): Route => route('GET', '/simulator/requests', () => ok(teams.requests.all()));
