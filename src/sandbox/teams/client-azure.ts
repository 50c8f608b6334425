import { existsSync, readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { type Answer, HttpProblem, type Request, type Route, route } from './http.ts';
import type { Teams } from './teams.ts';

/** Resetting the state creates keys, which is slow on some machines. */
const timeoutMs = 30_000;

/** Calls the Azure simulator. Reads its certificate authority each time, because it can be recreated. */
export function askAzure(
  teams: Teams,
  method: string,
  path: string,
  json: unknown,
): Promise<{ readonly status: number; readonly bytes: Buffer }> {
  const { azureUrl, azureCaFile } = teams.options;
  if (azureUrl === undefined)
    throw new HttpProblem(404, 'NoAzure', 'the Teams simulator was started without an Azure simulator');
  const url = new URL(path, azureUrl);
  const ca = azureCaFile !== undefined && existsSync(azureCaFile) ? readFileSync(azureCaFile) : undefined;
  const body = json === undefined ? '' : JSON.stringify(json);
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const start = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const sent = start(url, { method, headers, ...(ca === undefined ? {} : { ca }) }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 502, bytes: Buffer.concat(chunks) }));
    });
    sent.setTimeout(timeoutMs, () => sent.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
    sent.on('error', (error) => reject(new HttpProblem(502, 'AzureUnreachable', `Azure simulator: ${error.message}`)));
    sent.end(body);
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

const passOn = (teams: Teams, what: string, request: Request): Promise<Answer> =>
  askAzure(teams, request.method, `/simulator/${what}${request.url.search}`, request.body);
