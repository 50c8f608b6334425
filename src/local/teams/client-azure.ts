import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import { type Answer, HttpProblem, type Request, type Route, route } from './http.ts';
import type { Teams } from './teams.ts';

/** `/client/azure/…`: local Azure's `/simulator/…`, so that the page needs no certificate and talks to one server only. */
export function clientAzure(teams: Teams): Route[] {
  const passed = (method: string, what: string) =>
    route(method, `/client/azure/${what}`, (request) => passOn(teams, what, request));
  return [
    route('GET', '/client/azure/state', async (request) => {
      const answer = await passOn(teams, 'state', request);
      if (answer.status === 200) keepFirst(teams, answer);
      return answer;
    }),
    route('GET', '/client/azure/first-state', () => firstState(teams)),
    passed('PUT', 'state'),
    passed('GET', 'faults'),
    passed('POST', 'faults'),
    passed('DELETE', 'faults'),
    route('GET', '/client/azure/requests', async (request) =>
      lastOf(await passOn(teams, 'requests', request), request),
    ),
  ];
}

const firstStateFile = (teams: Teams): string => join(teams.options.dataDir, 'teams', 'azure-first-state.json');

/** What Azure held when it was first looked at is the page's "before". */
function keepFirst(teams: Teams, answer: Answer): void {
  const file = firstStateFile(teams);
  if (!existsSync(file)) writeFileSync(file, answer.bytes ?? '', { mode: 0o600 });
}

function firstState(teams: Teams): Answer {
  const file = firstStateFile(teams);
  if (!existsSync(file)) throw new HttpProblem(404, 'NotFound', 'Azure was not looked at yet');
  return { status: 200, bytes: readFileSync(file) };
}

/** `?last=n` keeps the page from loading the whole log again and again. */
function lastOf(answer: Answer, request: Request): Answer {
  const last = Number(request.url.searchParams.get('last') ?? 0);
  if (answer.status !== 200 || !Number.isInteger(last) || last < 1) return answer;
  const all: unknown = JSON.parse((answer.bytes ?? Buffer.from('[]')).toString('utf8'));
  return { status: 200, body: Array.isArray(all) ? all.slice(-last) : all };
}

function passOn(teams: Teams, what: string, request: Request): Promise<Answer> {
  const { azureUrl, azureCaFile } = teams.options;
  if (azureUrl === undefined) throw new HttpProblem(404, 'NoAzure', 'local Teams was started without local Azure');
  const url = new URL(`/simulator/${what}${request.url.search}`, azureUrl);
  const ca = azureCaFile !== undefined && existsSync(azureCaFile) ? readFileSync(azureCaFile) : undefined;
  const body = request.body === undefined ? '' : JSON.stringify(request.body);
  const options = {
    method: request.method,
    headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
  };
  return new Promise((resolve, reject) => {
    const start = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const sent = start(url, { ...options, ...(ca === undefined ? {} : { ca }) }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 502, bytes: Buffer.concat(chunks) }));
    });
    sent.setTimeout(10_000, () => sent.destroy(new Error('no answer within 10 s')));
    sent.on('error', (error) => reject(new HttpProblem(502, 'AzureUnreachable', `local Azure: ${error.message}`)));
    sent.end(body);
  });
}
