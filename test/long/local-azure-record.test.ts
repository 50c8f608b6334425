import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { exchangesIn } from '../support/azure/exchanges.ts';
import { discard, http, type RunningAzure, startAzure } from '../support/azure/local-azure.ts';
import { clientsOf, readAgent } from '../support/azure/local-azure-clients.ts';
import { agentId, bot } from '../support/azure/local-azure-names.ts';

/** What is recorded is what other programs hold against the descriptions of the real services, so it has to be whole. */

const recordDir = mkdtempSync(path.join(os.tmpdir(), 'cmk-exchanges-'));
let azure: RunningAzure;

beforeAll(async () => {
  azure = await startAzure({ recordDir });
});
afterAll(async () => {
  await discard(azure);
  rmSync(recordDir, { recursive: true, force: true });
});

const recorded = () => [...exchangesIn(recordDir)];

test('an exchange is recorded with what was asked, what went back and its headers, and without what signs anybody in', async () => {
  const clients = clientsOf(azure);
  const token = await clients.token();
  const agent = await readAgent(clients, agentId('triage-agent-prod'));
  const read = recorded().find(({ url }) => url.includes('/healthBots/triage-agent-prod'));
  expect(read).toMatchObject({
    method: 'GET',
    status: 200,
    body: { id: agent.id, properties: { provisioningState: 'Succeeded' } },
    from: 'state',
  });
  expect(read?.headers).toMatchObject({
    'content-type': 'application/json; charset=utf-8',
    'x-ms-request-id': expect.any(String),
  });
  const text = JSON.stringify(recorded());
  expect(text).toContain(bot.id);
  expect([token, bot.secret].filter((secret) => text.includes(secret))).toEqual([]);
});

test('an answer in the words of a fault is told apart, and one that was cut off is none', async () => {
  const match = { url: '^/tenants' };
  const faults = [
    { match, times: 1, respond: { status: 502, body: 'Bad Gateway' } },
    { match, times: 1, drop: true },
  ];
  await http(azure, 'POST', '/simulator/faults', { body: faults });
  const before = recorded().length;
  const path = '/tenants?api-version=2022-12-01';
  expect((await http(azure, 'GET', path)).status).toBe(502);
  await expect(http(azure, 'GET', path)).rejects.toThrow('socket hang up');
  expect((await http(azure, 'GET', path)).status).toBe(401);
  expect(recorded().slice(before)).toMatchObject([
    { status: 502, body: 'Bad Gateway', from: 'fault' },
    { status: 401, body: { error: { code: 'AuthenticationFailed' } }, from: 'state' },
  ]);
});
