import { beforeAll, expect, test } from '@jest/globals';
import { usageCheckSettings } from '../../sandbox/bot-environment.ts';
import { agentIn } from '../support/azure/azure-state.ts';
import { changeState } from '../support/azure/local-azure.ts';
import { type Clients, clientsOf, grantOnKey, writeAgent } from '../support/azure/local-azure-clients.ts';
import { agentId, owner, vaultId } from '../support/azure/local-azure-names.ts';
import { cmkBot } from '../support/processes/command-line.ts';
import { cardOf, type SeenActivity } from '../support/teams/local-teams.ts';
import { azureState } from '../support/world/path.ts';
import { scenario } from '../support/world/scenario.ts';
import {
  activityText,
  answered,
  approvalCard,
  approve,
  ask,
  choices,
  people,
  places,
  requestIdIn,
  shows,
  submit,
  type,
  until,
} from '../support/world/story.ts';
import { driftsIn, readRecord } from '../support/world/world.ts';

/**
 * What somebody else does to an agent, its key and its vault: each noticed, named with its cause, and closed once it is undone.
 * Repairs of other damage: test/scenario/transcripts-repairs. What a repair changes: test/unit/operations/repair-and-retire. How an alert
 * eases and becomes critical again: test/unit/teams/delivery/cards.
 */

const { agent: agentName, vault: vaultName, key: keyName } = choices.first;
const agent = agentId(agentName);
const vault = vaultId(vaultName);
const env = { ...usageCheckSettings, CMK_WATCH_INTERVAL: '1s', CMK_OPERATORS: people.secondApprover };
const world = scenario({ own: { env, inProcess: false } });
let others: Clients;
let vaultUrl: string;
let keyVersion: string;
let approvedKey: object;
let request: string;

beforeAll(async () => {
  others = clientsOf(world.azure, owner);
  request = await ask(world);
  await approve(world, people.approver, await approvalCard(world, request));
  await shows(world, places.operations, people.requester, request, /Succeeded/);
  const { keyVaultProperties } = (await stateOfAgent()).content;
  if (keyVaultProperties === null) throw new Error('the agent is not under the key');
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
  expect(text).toContain(`Compared with ${request}`);
  expect(text).toContain('<at>');
  await world.restartBot('SIGKILL');
  // Two more cycles: what they read is what is stored.
  const requests = (await world.azureRequests()).length;
  await until(
    async () =>
      (await world.azureRequests()).slice(requests).filter(({ url }) => url.includes('ResourceGraph')).length >= 2,
    'two more cycles',
  );
  expect((await alerts()).length).toBe(before + 1);
  const status = activityText(await type(world, people.requester, '/cmk-status'));
  expect(status).toMatch(new RegExp(`1 agent isn’t as approved\\n.*Key removed.*: ${agentName}, since `));
  expect(status).toMatch(new RegExp(`\\n${agentName}\\nNot as approved\\nkey removed\\n\\[Repair\\]`));
  await writeAgent(others, agent, { properties: { keyVaultProperties: approvedKey } });
  await closed();
  expect((await alerts()).length).toBe(before + 1);
  expect(activityText(await type(world, people.requester, '/cmk-status'))).not.toContain('as approved');
});

/** A call of the agent's own identity, as the service makes it. */
const agentCalls = (status: number) =>
  changeState(world.azure, (state) => {
    const { identity } = state.agents.find(({ name }: { name: string }) => name === agentName).content;
    const call = { vault, keyName, keyVersion, operation: 'KeyUnwrap', status, assignmentId: null };
    const by = { principalId: identity.principalId, agentId: agent };
    state.agentCalls = [...(state.agentCalls ?? []), { ...call, ...by, at: new Date().toISOString() }];
  });

test('the vault refuses the key to the agent, before Azure shows why', async () => {
  await agentCalls(403);
  const text = await noticed(/The vault refuses version .* to the agent/);
  expect(text).toContain('The vault’s log shows this before Azure shows why.');
  expect(text).not.toContain('differences');
  await agentCalls(200);
  await closed();
});

test('access that was taken, and an open firewall that was closed', async () => {
  const principalId = (await stateOfAgent()).content.identity?.principalId ?? '';
  const assignments = others.authorization().roleAssignments;
  for await (const one of assignments.listForScope(`${vault}/keys/${keyName}`, {
    filter: `principalId eq '${principalId}'`,
  }))
    await assignments.deleteById(one.id ?? '');
  expect(await noticed(/lost access to key/)).toContain('[Request repair]');
  // Resource Graph doesn't record assignments.
  await noticed(/roleAssignments\/delete\. Source: the activity log\./);
  await others
    .vaults()
    .vaults.update('rg-care-prod', vaultName, { properties: { networkAcls: { defaultAction: 'Deny' } } });
  expect(await noticed(/firewall of kv-care-prod is now closed/)).toContain('Microsoft.KeyVault/vaults/write');
  await grantOnKey(others, '00000000-0000-4000-8000-0000000000aa', vault, keyName, principalId);
  await others
    .vaults()
    .vaults.update('rg-care-prod', vaultName, { properties: { networkAcls: { defaultAction: 'Allow' } } });
  await closed();
});

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

test('a repair is edited in its reason and start alone, and its approval counts once a role has enabled the version', async () => {
  await key().updateKeyProperties(keyName, keyVersion, { enabled: false });
  await noticed(/is disabled/);
  const id = await submit(world, await type(world, people.requester, `/repair-cmk resource=${agentName}`));
  const card = await shows(world, places.operations, people.requester, id, /Waiting for approval/);
  await world.teams.click(people.requester, card.id, 'request.change');
  const words = `You’re editing ${id}. Edit the reason or the start.`;
  const isForm = (one: SeenActivity): boolean => activityText(one).includes(words);
  const form = await world.teams.sees(places.operations, people.requester, isForm);
  expect(activityText(form)).not.toContain('[Back]');
  await key().updateKeyProperties(keyName, keyVersion, { enabled: true });
  await approve(world, people.approver, await approvalCard(world, id));
  await shows(world, places.operations, people.requester, id, /Succeeded/);
  await closed();
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
  expect(driftsIn(record.events(stream))).toEqual({ begun: 6, ended: 6 });
});
