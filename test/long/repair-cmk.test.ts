import { beforeAll, expect, test } from '@jest/globals';
import { agentIn, keyIn } from '../support/azure/azure-state.ts';
import { changeState } from '../support/azure/local-azure.ts';
import { type Clients, clientsOf, writeAgent } from '../support/azure/local-azure-clients.ts';
import { agentId, owner, vaultId } from '../support/azure/local-azure-names.ts';
import { cardOf, type SeenActivity } from '../support/teams/local-teams.ts';
import { azureState, linesOf } from '../support/world/path.ts';
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
  rememberAzure,
  shows,
  submit,
  type,
  until,
  writes,
} from '../support/world/story.ts';
import { readRecord } from '../support/world/world.ts';

/**
 * What another client does to an agent, its key and its vault: noticed by the key watch, repaired through approval, closed. A
 * stripped and a deleted key: test/scenario/transcripts-repairs.
 */

const { agent: agentName, vault: vaultName, key: keyName } = choices.first;
const agent = agentId(agentName);
const vault = vaultId(vaultName);
const typed = `/repair-cmk resource=${agentName}`;
const env = { CMK_WATCH_INTERVAL: '1s', CMK_OPERATORS: people.secondApprover };
const world = scenario({ own: { env } });
let others: Clients;
let vaultUrl: string;
let keyVersion: string;

beforeAll(async () => {
  others = clientsOf(world.azure, owner);
  await succeeds(await ask(world));
  const { keyVaultProperties } = await agentNow();
  vaultUrl = keyVaultProperties?.keyVaultUri ?? '';
  keyVersion = keyVaultProperties?.keyVersion ?? '';
}, 400_000);

const agentNow = async () => agentIn(await azureState(world), agentName).content;
const key = () => others.keys(vaultUrl);
/** What was written to Azure since, besides what the owner does in the vault. */
const madeSince = async (from: number): Promise<readonly string[]> =>
  (await writes(world, from)).filter((one) => !one.includes(` ${keyName}/`));
const wordsOf = (card: SeenActivity): string => linesOf(card).join('\n');

async function succeeds(request: string): Promise<SeenActivity> {
  const answer = answered(await approve(world, people.approver, await approvalCard(world, request)));
  if (!answer.includes('[card]')) throw new Error(answer);
  return shows(world, places.operations, people.requester, request, /Succeeded/);
}

/** The newest alert does. */
async function alertSays(...words: readonly string[]): Promise<void> {
  await until(async () => {
    const alert = (await world.teams.activities(places.operations, people.requester)).findLast(
      (one) => cardOf(one) !== undefined && /DRIFT-[0-9A-Z]{10}/.test(activityText(one)),
    );
    return alert !== undefined && words.every((one) => activityText(alert).includes(one));
  }, `an alert says ${words}`);
}

interface Repair {
  readonly id: string;
  readonly from: number;
  readonly review: string;
}

/** Requests the repair once the alert says the words. */
async function repairs(...words: readonly string[]): Promise<Repair> {
  await alertSays('Not as approved', ...words);
  const form = await type(world, people.requester, typed);
  const review = wordsOf(form);
  const from = (await world.azureRequests()).length;
  const id = await submit(world, form, 'As it was approved');
  if (id === '') throw new Error(`no request was made:\n${review}`);
  return { id, from, review };
}

async function isAsApproved(): Promise<void> {
  await alertSays('As approved again');
  expect(await agentNow()).toMatchObject({ keyVaultProperties: { keyName, keyVersion } });
}

test('a disabled version: the role enables it before the approval, which still counts', async () => {
  await key().updateKeyProperties(keyName, keyVersion, { enabled: false });
  const repair = await repairs('is disabled');
  expect(repair.review).toContain('az keyvault key set-attributes');
  expect(repair.review).toContain(`--version ${keyVersion} --enabled true`);
  await key().updateKeyProperties(keyName, keyVersion, { enabled: true });
  await succeeds(repair.id);
  expect(await madeSince(repair.from)).toEqual([]);
  await isAsApproved();
});

async function takeAccess(): Promise<void> {
  const principalId = (await agentNow()).identity?.principalId ?? '';
  const assignments = others.authorization().roleAssignments;
  const ofKey = assignments.listForScope(`${vault}/keys/${keyName}`, { filter: `principalId eq '${principalId}'` });
  for await (const one of ofKey) await assignments.deleteById(one.id ?? '');
}

/** A repair has no vault or key to choose: there is nothing to go back to. */
async function editHasNoChoice(request: string): Promise<void> {
  const card = await shows(world, places.operations, people.requester, request, /Waiting for approval/);
  await world.teams.click(people.requester, card.id, 'request.change');
  const words = `You’re editing ${request}. Edit the reason or the start.`;
  const isForm = (one: SeenActivity): boolean => activityText(one).includes(words);
  const form = await world.teams.sees(places.operations, people.requester, isForm);
  expect(activityText(form)).not.toContain('[Back]');
  await world.teams.click(people.requester, form.id, 'form.cancel');
}

test('access that was taken is assigned again', async () => {
  await takeAccess();
  const repair = await repairs('lost access to key');
  await editHasNoChoice(repair.id);
  await succeeds(repair.id);
  expect(await madeSince(repair.from)).toEqual([expect.stringMatching(/^PUT roleAssignments\/[0-9a-f-]{36} 201$/)]);
  await isAsApproved();
});

test('an identity that is off is turned on and gets access, with another key set meanwhile', async () => {
  await writeAgent(others, agent, { properties: { keyVaultProperties: null } });
  await writeAgent(others, agent, { identity: { type: 'None' } });
  const repair = await repairs('system-assigned identity is off', 'was removed');
  await succeeds(repair.id);
  expect(await madeSince(repair.from)).toEqual([
    `PATCH healthBots/${agentName} 201`,
    expect.stringMatching(/^PUT roleAssignments\/[0-9a-f-]{36} 201$/),
    `PATCH healthBots/${agentName} 201`,
  ]);
  await isAsApproved();
});

test('a purged key can’t be repaired: the review says what that means and what to do', async () => {
  const putBack = await rememberAzure(world);
  await changeState(world.azure, (state) => {
    const place = state.vaults.find(({ name }: { name: string }) => name === vaultName);
    place.keys = place.keys.filter(({ name }: { name: string }) => name !== keyName);
  });
  const review = wordsOf(await type(world, people.requester, typed));
  expect(review).toContain(`of key ${keyName} is gone for good`);
  expect(review).toContain('The agent can’t decrypt its data without this key');
  expect(review).toContain('az keyvault key restore');
  await putBack();
  await isAsApproved();
});

test('nothing needs repair, or there is nothing to go by', async () => {
  expect(wordsOf(await type(world, people.requester, typed))).toContain('Nothing needs repair');
  const other = wordsOf(await type(world, people.requester, '/repair-cmk resource=virtual-visit-agent'));
  expect(other).toContain('The bot has no approved state for virtual-visit-agent');
});

test('all of it is in the audit log, which verifies', async () => {
  const record = await readRecord(world);
  expect(record.findings).toEqual([]);
  expect(keyIn(await azureState(world), vaultName, keyName).versions[0]?.enabled).toBe(true);
});
