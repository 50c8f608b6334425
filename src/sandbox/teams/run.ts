/** Runs the Teams simulator as its own process: prints its address when it listens, ends on SIGTERM or SIGINT. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { close, foreign, listen } from '../loopback.ts';
import { clientActions, clientSearch, clientSubmits } from './client-actions.ts';
import { clientAzure } from './client-azure.ts';
import { clientCommands, clientConversations, type EventStreams, eventStreams } from './client-conversations.ts';
import { clientMessages } from './client-messages.ts';
import { connectorConversations } from './connector-conversations.ts';
import { connectorMessages } from './connector-messages.ts';
import { openFaults, requestLog, withFaultsAndLog } from './faults.ts';
import { type Answer, HttpProblem, problemAnswer, type Route, readBody, send } from './http.ts';
import { announceInstallation, clientInstallations, waitingInstallations } from './installation.ts';
import { appIcon, pageRoutes } from './page-files.ts';
import { refresher } from './refresh.ts';
import { type LocalTeamsOptions, openTeams, type Teams } from './teams.ts';

interface LocalTeams {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts the Teams simulator on 127.0.0.1 and, if available, ::1, with the state of the data folder. */
async function startLocalTeams(options: LocalTeamsOptions): Promise<LocalTeams> {
  const teams = openTeams(options);
  const events = eventStreams(teams);
  const routes = routesOf(teams, events);
  const create = () =>
    createServer((message, response) => void answer(routes, message).then((result) => send(response, result)));
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
    const refused = foreign(message, true);
    if (refused !== null) throw new HttpProblem(refused.status, refused.code, refused.message);
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

const complain = (error: unknown): never => {
  console.error('starting the Teams simulator:', error instanceof Error ? error.message : error);
  process.exit(1);
};

const start = async () => {
  const { values } = parseArgs({
    options: {
      data: { type: 'string', default: '.local' },
      port: { type: 'string', default: '3979' },
      'bot-url': { type: 'string', default: 'http://127.0.0.1:3978/api/messages' },
      'bot-id': { type: 'string', default: '50000000-0000-4000-8000-000000000002' },
      'azure-url': { type: 'string' },
      'azure-ca': { type: 'string' },
      manifest: { type: 'string' },
    },
  });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`--port: ${values.port} is not a port`);
  return startLocalTeams({
    dataDir: values.data,
    port,
    botUrl: values['bot-url'],
    botId: values['bot-id'],
    ...(values['azure-url'] === undefined ? {} : { azureUrl: values['azure-url'] }),
    ...(values['azure-ca'] === undefined ? {} : { azureCaFile: values['azure-ca'] }),
    ...(values.manifest === undefined ? {} : { manifestFile: values.manifest }),
  });
};

const run = async () => {
  const teams = await start();
  console.log(`Teams simulator ${teams.url}`);
  const end = () => void teams.stop().then(() => process.exit(0));
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
};

run().catch(complain);
