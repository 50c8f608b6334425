import type { IncomingMessage, ServerResponse } from 'node:http';
import { clientActions, clientSearch, clientSubmits } from './client-actions.ts';
import { clientAzure } from './client-azure.ts';
import { clientCommands, clientConversations } from './client-conversations.ts';
import { type EventStreams, eventStreams } from './client-events.ts';
import { clientMessages } from './client-messages.ts';
import { connectorConversations } from './connector-conversations.ts';
import { connectorMessages } from './connector-messages.ts';
import { openFaults, requestLog, withFaultsAndLog } from './faults.ts';
import { type Answer, HttpProblem, problemAnswer, type Route, readBody, send } from './http.ts';
import { announceInstallation, clientInstallations, waitingInstallations } from './installation.ts';
import { close, listen, portOf, refuseForeigners } from './listen.ts';
import { appIcon, pageRoutes } from './page-files.ts';
import { refresher } from './refresh.ts';
import { type LocalTeamsOptions, openTeams, type Teams } from './teams.ts';

export interface LocalTeams {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts the Teams simulator on 127.0.0.1 and, if available, ::1, with the state of the data folder. */
export async function startLocalTeams(options: LocalTeamsOptions): Promise<LocalTeams> {
  const teams = openTeams(options);
  const events = eventStreams(teams);
  const routes = routesOf(teams, events);
  const serve = (message: IncomingMessage, response: ServerResponse) => {
    void answer(routes, message).then((result) => send(response, result));
  };
  const servers = await listen(serve, options.port);
  const url = `http://127.0.0.1:${portOf(servers)}`;
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

function routesOf(teams: Teams, events: EventStreams): readonly Route[] {
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

async function answer(routes: readonly Route[], message: IncomingMessage): Promise<Answer> {
  try {
    refuseForeigners(message);
    const url = new URL(message.url ?? '/', 'http://localhost');
    const here = routes.filter((each) => each.path.test(url.pathname));
    const found = here.find((each) => each.method === message.method);
    if (found === undefined) throw noRoute(here, message.method ?? '', url.pathname);
    const params = decoded(found.path.exec(url.pathname)?.groups ?? {});
    const body = await readBody(message);
    return await found.handle({ method: found.method, url, params, headers: message.headers, body });
  } catch (error) {
    return problemAnswer(error);
  }
}

function noRoute(samePath: readonly Route[], method: string, path: string): HttpProblem {
  if (samePath.length === 0) return new HttpProblem(404, 'NotFound', `nothing at ${path}`);
  return new HttpProblem(405, 'MethodNotAllowed', `${method} is not served at ${path}`);
}

function decoded(params: Readonly<Record<string, string>>): Record<string, string> {
  try {
    return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, decodeURIComponent(value)]));
  } catch {
    throw new HttpProblem(400, 'BadArgument', 'the address is not well encoded');
  }
}
