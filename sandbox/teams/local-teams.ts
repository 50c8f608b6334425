/** The Teams simulator's server. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { close, foreign, listen, plainPath, Refusal, type Reply, Router, send, toSend } from '../http.ts';
import { clientAzure } from './client-azure.ts';
import { clientActions, clientSearch, clientSubmits, refresher } from './client-cards.ts';
import { clientConversations } from './client-conversations.ts';
import { clientMessages } from './client-messages.ts';
import { connectorConversations } from './connector-conversations.ts';
import { openFaults, requestLog, withFaultsAndLog } from './connector-faults.ts';
import { connectorMessages } from './connector-messages.ts';
import { eventStreams } from './event-streams.ts';
import { announceInstallation, clientInstallations, waitingInstallations } from './installations.ts';
import { appIcon, clientCommands, pageRoutes } from './page-files.ts';
import { problemAnswer, type Route, readBody } from './server.ts';
import { type LocalTeamsOptions, openTeams, type Teams } from './teams.ts';

/** Starts the Teams simulator on 127.0.0.1 and, if available, ::1, with the state of the data folder. */
export async function startLocalTeams(options: LocalTeamsOptions) {
  const teams = openTeams(options);
  const events = eventStreams(teams);
  const router = new Router(routesOf(teams, events));
  const create = () =>
    createServer(async (message, response) => {
      const result = await answer(router, message);
      const headers = { 'cache-control': 'no-store', ...result.headers };
      if (result.stream === undefined) send(response, toSend({ ...result, headers }));
      else result.stream(response);
    });
  const inUse = `port ${options.port} is in use; stop the program that uses it, or choose another with --port (npm run local: --teams-port)`;
  const servers = await listen(create, options.port, inUse);
  const { port } = servers[0].address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  teams.serviceUrl = `${url}/`;
  const stopping = new AbortController();
  void announceInstallation(teams, stopping.signal);
  return {
    url,
    stop: async () => {
      stopping.abort();
      events.end();
      await Promise.all(servers.map(close));
    },
  };
}

function routesOf(teams: Teams, events: ReturnType<typeof eventStreams>): readonly Route[] {
  const faults = openFaults();
  return [
    ...withFaultsAndLog(teams, faults, [...connectorMessages(teams), ...connectorConversations(teams)]),
    clientMessages(teams),
    clientActions(teams),
    clientSubmits(teams),
    clientSearch(teams),
    ...clientConversations(teams, refresher(teams)),
    events.route,
    clientCommands(teams),
    appIcon(teams),
    clientInstallations(teams),
    waitingInstallations(teams),
    ...clientAzure(teams),
    ...faults.routes,
    requestLog(teams),
    ...pageRoutes(),
  ];
}

async function answer(router: Router<Route>, message: IncomingMessage): Promise<Reply> {
  try {
    const refused = foreign(message, true);
    if (refused !== null) throw refused;
    const url = new URL(message.url ?? '/', 'http://localhost');
    const { method = '', headers } = message;
    const found = router.find(method, plainPath(url.pathname));
    if (found === null) throw noRoute(router, method, url.pathname);
    if (!isWellEncoded(url.pathname)) throw Refusal.of(400, 'BadArgument', 'the address is not well encoded');
    return await found.route.handle({ method, url, params: found.params, headers, body: await readBody(message) });
  } catch (error) {
    return problemAnswer(error);
  }
}

const noRoute = (router: Router<Route>, method: string, path: string): Refusal =>
  router.knows(plainPath(path))
    ? Refusal.of(405, 'MethodNotAllowed', `${method} is not served at ${path}`)
    : Refusal.of(404, 'NotFound', `nothing at ${path}`);

function isWellEncoded(path: string): boolean {
  try {
    return decodeURIComponent(path) !== '';
  } catch {
    return false;
  }
}
