import { once } from 'node:events';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { usageCheckSettings } from '../../sandbox/bot-environment.ts';
import { agentIn } from '../support/azure/azure-state.ts';
import { http } from '../support/azure/local-azure.ts';
import { type Clients, clientsOf, writeAgent } from '../support/azure/local-azure-clients.ts';
import { agentId, owner } from '../support/azure/local-azure-names.ts';
import { cmkBot } from '../support/processes/command-line.ts';
import { cardOf, type SeenActivity } from '../support/teams/local-teams.ts';
import { azureState, follow } from '../support/world/path.ts';
import { scenario } from '../support/world/scenario.ts';
import {
  activityText,
  answered,
  approvalCard,
  approve,
  choices,
  people,
  places,
  requestIdIn,
  shows,
  type,
  until,
} from '../support/world/story.ts';
import { driftsIn, readRecord } from '../support/world/world.ts';

/**
 * What somebody else does to an agent, its key and its vault: each noticed, named with its cause, and closed once it is undone.
 * Repairs of other damage: test/scenario/transcripts-repairs. What a repair changes: test/unit/operations/checks. How an alert
 * eases and becomes critical again: test/unit/teams/delivery/cards.
 */

const { agent: agentName, key: keyName } = choices.first;
const agent = agentId(agentName);

/** What the alert webhook got. */
const Told = z.object({
  type: z.string(),
  data: z.object({ drift: z.string(), differences: z.array(z.string()), critical: z.boolean() }),
});
const told: z.infer<typeof Told>[] = [];
const hook = createServer(async (call, answer) => {
  told.push(Told.parse(await json(call)));
  answer.writeHead(204).end();
}).listen(0, '127.0.0.1');
await once(hook, 'listening');
afterAll(() => void hook.close());
const address = hook.address();
const env = {
  ...usageCheckSettings,
  CMK_WATCH_INTERVAL: '1s',
  CMK_OPERATORS: people.secondApprover,
  CMK_ALERT_WEBHOOK: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`,
  CMK_ALERT_WEBHOOK_SECRET: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
};
const world = scenario({ own: { env } });
let others: Clients;
let vaultUrl: string;
let keyVersion: string;
let approvedKey: object;
let request: string;

beforeAll(async () => {
  others = clientsOf(world.azure, owner);
  request = (await follow(world, choices.first)).id;
  const { keyVaultProperties } = (await stateOfAgent()).content;
  if (keyVaultProperties === null) throw new Error('the resource is not under the key');
  approvedKey = keyVaultProperties;
  vaultUrl = keyVaultProperties.keyVaultUri;
  keyVersion = keyVaultProperties.keyVersion ?? '';
});

const stateOfAgent = async () => agentIn(await azureState(world), agentName);

const alerts = async (): Promise<readonly SeenActivity[]> =>
  (await world.teams.activities(places.operations, people.secondApprover)).filter(
    (one) => cardOf(one) !== undefined && /DRIFT-[0-9A-Z]{10}/.test(activityText(one)),
  );
const newest = async (): Promise<string> => activityText((await alerts()).at(-1) ?? ({} as SeenActivity));

async function noticed(words: RegExp): Promise<string> {
  await until(async () => {
    const text = (await alerts()).length === 0 ? '' : await newest();
    return text.includes('Not as approved') && words.test(text);
  }, `an alert says ${words}`);
  return newest();
}

async function closed(): Promise<void> {
  await until(async () => (await newest()).includes('As approved again'), 'the alert is closed');
}

const key = () => others.keys(vaultUrl);

test('a stripped key: one alert names the agent, who did it and what it means, also after a restart', async () => {
  const before = (await alerts()).length;
  await writeAgent(others, agent, { properties: { keyVaultProperties: null } });
  const text = await noticed(/The customer-managed key was removed/);
  expect(text).toContain(agentName);
  expect(text).toContain('under a Microsoft-managed key, not under yours');
  expect(text).toContain('(application) changed it on');
  expect(text).toContain('Microsoft.HealthBot/healthBots/write. Source: Azure Resource Graph.');
  expect(text).toContain(`Approved in ${request}`);
  expect(text).toContain('<at>');
  await world.restartBot('SIGINT');
  // Two more cycles: what they read is what is stored.
  const requests = (await world.azureRequests()).length;
  await until(
    async () =>
      (await world.azureRequests()).slice(requests).filter(({ url }) => url.includes('ResourceGraph')).length >= 2,
    'two more cycles',
  );
  expect((await alerts()).length).toBe(before + 1);
  expect(activityText(await type(world, people.requester, '/cmk-status'))).toMatch(
    new RegExp(`1 resource isn’t as approved\\n[^]*\\n${agentName}\\nNot as approved\\nkey removed\\n\\[?Repair`),
  );
  await writeAgent(others, agent, { properties: { keyVaultProperties: approvedKey } });
  await closed();
  expect((await alerts()).length).toBe(before + 1);
  expect(activityText(await type(world, people.requester, '/cmk-status'))).not.toContain('as approved');
});

/** Rows of docs/use/when-a-key-changes.md. */
const changes =
  'remove-key key-stripped, replace-key key-replaced, disable-key key-disabled, delete-key key-deleted, expire-key key-expired, turn-off-identity identity-changed, remove-permission access-lost';
test.each(changes.split(', ').map((row) => row.split(' ')))(
  '%s in the portal: the webhook is told once that %s begins, and once that it ends',
  async (change, code) => {
    const before = await azureState(world);
    const next = told.length;
    await http(world.azure, 'POST', '/simulator/portal', { body: { agent: agentName, change } });
    await until(async () => told.length > next, `the webhook is told of ${code}`);
    const data = { differences: expect.arrayContaining([code]), critical: code !== 'key-expired' };
    expect(told[next]).toMatchObject({ type: 'drift.opened', data });
    await http(world.azure, 'PUT', '/simulator/state', { body: before });
    await until(async () => told.length > next + 1, `the webhook is told that ${code} ended`);
    expect(told.slice(next + 1)).toMatchObject([{ type: 'drift.closed', data: { drift: told[next]?.data.drift } }]);
  },
);

test('a request that is to start later doesn’t hide what is changed until then', async () => {
  const review = await type(world, people.requester, `/rotate-cmk resource=${agentName} version=new`);
  const startDay = new Date(Date.now() + 2 * 24 * 3_600_000).toISOString().slice(0, 10);
  const inputs = { justification: 'In the night', acknowledgeDataLoss: 'true', startDay, startTime: '02:00' };
  const id = requestIdIn(answered(await world.teams.click(people.requester, review.id, 'form.submit', { inputs })));
  await approve(world, people.approver, await approvalCard(world, id));
  await shows(world, places.operations, people.requester, id, /starts later|then starts the changes/);
  await key().updateKeyProperties(keyName, keyVersion, { enabled: false });
  await noticed(/is disabled/);
  await key().updateKeyProperties(keyName, keyVersion, { enabled: true });
  await closed();
  expect((await cmkBot(['requests', 'cancel', id, '--as', 'duty'], world.settings)).code).toBe(0);
});

test('who changed it is erased for good, also from the alerts, and the drift stays', async () => {
  await writeAgent(others, agent, { properties: { keyVaultProperties: null } });
  const [, name = ''] = /(\S+) \(application\) changed it/.exec(await noticed(/\(application\) changed it/)) ?? [];
  const stream = /DRIFT-[0-9A-Z]{10}/.exec(await newest())?.[0] ?? '';
  const erase = ['audit', 'erase', stream, '--reason', 'asked for under article 17', '--as', 'duty', '--yes'];
  expect((await cmkBot(erase, world.settings)).out).toMatch(
    new RegExp(`^The texts of drift ${stream} are erased\\. Recorded as event \\d+, by duty\\.\n$`),
  );
  expect((await cmkBot(erase, world.settings)).out).toMatch(/^Already done: /);
  await until(
    async () => (await alerts()).every((one) => !activityText(one).includes(name)),
    'no alert names who changed it',
  );
  expect(await newest()).toContain('Someone changed it on');
  const exported = await cmkBot(
    ['audit', 'export', '--format', 'jsonl', '--request', stream, '--texts'],
    world.settings,
  );
  expect(exported.out).toContain('texts-erased');
  expect(exported.out).not.toContain(name);
  await writeAgent(others, agent, { properties: { keyVaultProperties: approvedKey } });
  await closed();
});

test('each is in the audit log, which verifies', async () => {
  const stream = /DRIFT-[0-9A-Z]{10}/.exec(await newest())?.[0] ?? '';
  const record = await readRecord(world);
  expect(record.findings).toEqual([]);
  expect(driftsIn(record.events(stream))).toEqual({ begun: 10, ended: 10 });
});
