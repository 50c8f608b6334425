/** `/client/azure/…`: what the page and sign-in ask the Azure simulator. */

import { existsSync, readFileSync } from 'node:fs';
import { callServer, Refusal, type Reply } from '../http.ts';
import { jsonText, type Request, type Route, route } from './server.ts';
import type { Teams } from './teams.ts';

/** Resetting the state creates keys, which is slow on some machines. */
const azureTimeoutMs = 30_000;

/** Calls the Azure simulator. Reads its certificate authority each time, because it can be recreated. */
export async function askAzure(
  teams: Teams,
  method: string,
  path: string,
  json: unknown,
): Promise<{ readonly status: number; readonly text: string }> {
  const { 'azure-url': azureUrl, 'azure-ca': caFile } = teams.options;
  if (azureUrl === undefined)
    throw Refusal.of(404, 'NoAzure', 'the Teams simulator was started without an Azure simulator');
  const ca = caFile !== undefined && existsSync(caFile) ? readFileSync(caFile) : undefined;
  const body = json === undefined ? '' : JSON.stringify(json);
  return callServer(new URL(path, azureUrl), { method, body, timeoutMs: azureTimeoutMs, ca }).catch((error: Error) => {
    throw Refusal.of(502, 'AzureUnreachable', `Azure simulator: ${error.message}`);
  });
}

/** `/client/azure/…`: forwards to the Azure simulator's `/simulator/…`, so that the page needs no certificate and only one server. */
export const clientAzure = (teams: Teams): Route[] =>
  Object.entries(passed).flatMap(([what, methods]) =>
    methods
      .split(' ')
      .map((method) => route(method, `/client/azure/${what}`, (request) => passOn(teams, what, request))),
  );

const passed = {
  state: 'GET PUT DELETE',
  before: 'GET',
  revision: 'GET',
  requests: 'GET',
  faults: 'GET POST DELETE',
  scenarios: 'GET POST DELETE',
  latency: 'GET PUT',
  portal: 'POST',
};

async function passOn(teams: Teams, what: string, request: Request): Promise<Reply> {
  const path = `/simulator/${what}${request.url.search}`;
  const { status, text } = await askAzure(teams, request.method, path, request.body);
  return jsonText(status, text);
}
