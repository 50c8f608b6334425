import { existsSync, readFileSync } from 'node:fs';
import { callServer } from '../loopback.ts';
import { type Answer, HttpProblem, type Request, type Route, route } from './http.ts';
import type { Teams } from './teams.ts';

/** Resetting the state creates keys, which is slow on some machines. */
const timeoutMs = 30_000;

/** Calls the Azure simulator. Reads its certificate authority each time, because it can be recreated. */
export async function askAzure(
  teams: Teams,
  method: string,
  path: string,
  json: unknown,
): Promise<{ readonly status: number; readonly text: string }> {
  const { azureUrl, azureCaFile } = teams.options;
  if (azureUrl === undefined)
    throw new HttpProblem(404, 'NoAzure', 'the Teams simulator was started without an Azure simulator');
  const ca = azureCaFile !== undefined && existsSync(azureCaFile) ? readFileSync(azureCaFile) : undefined;
  const body = json === undefined ? '' : JSON.stringify(json);
  return callServer(new URL(path, azureUrl), { method, body, timeoutMs, ca }).catch((error: Error) => {
    throw new HttpProblem(502, 'AzureUnreachable', `Azure simulator: ${error.message}`);
  });
}

/**
 * `/client/azure/…`: forwards to the Azure simulator's `/simulator/…`, so that the page needs no certificate and only
 * one server.
 */
export const clientAzure = (teams: Teams): Route[] =>
  passed.map((each) => {
    const [method = '', what = ''] = each.split(' ');
    return route(method, `/client/azure/${what}`, (request) => passOn(teams, what, request));
  });

const passed = [
  'GET state',
  'PUT state',
  'DELETE state',
  'GET before',
  'GET revision',
  'GET requests',
  'GET faults',
  'POST faults',
  'DELETE faults',
  'GET scenarios',
  'POST scenarios',
  'DELETE scenarios',
  'GET latency',
  'PUT latency',
];

async function passOn(teams: Teams, what: string, request: Request): Promise<Answer> {
  const path = `/simulator/${what}${request.url.search}`;
  const { status, text } = await askAzure(teams, request.method, path, request.body);
  return { status, bytes: Buffer.from(text) };
}
