import type { Faults } from './faults.ts';
import { type Answer, problemAnswer, type Request, type Route, route } from './http.ts';
import type { Teams } from './teams.ts';

/** Wraps the Connector's routes: faults first, and every call remembered before it is answered. */
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
