import { http } from '../support/azure/local-azure.ts';
import { simulatedAzure } from '../support/azure/simulated-azure.ts';

const azure = simulatedAzure();

test.each<[string, 'GET' | 'POST', Record<string, string>, number]>([
  ['a name that somebody else’s server gave for this machine', 'GET', { host: 'azure.evil.example' }, 403],
  ['a page of another site', 'GET', { origin: 'https://evil.example' }, 403],
  ['a page in a sandbox', 'GET', { origin: 'null' }, 403],
  ['an image on such a page', 'GET', { 'sec-fetch-site': 'cross-site' }, 403],
  ['a form, which needs no leave to be sent', 'POST', { 'content-type': 'text/plain' }, 415],
])('the doors, which show private keys, stay shut to %s', async (_who, method, headers, status) => {
  const path = method === 'GET' ? '/simulator/state' : '/simulator/faults';
  const body = { match: { url: 'attack' }, times: 1 };
  const answer = await http(azure, method, path, { headers, ...(method === 'POST' ? { body } : {}) });
  expect(answer.status).toBe(status);
  expect(JSON.stringify(answer.body)).not.toMatch(/BEGIN|"d"|attack/);
});
