import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { usageCheckSettings } from '../../src/sandbox/bot-environment.ts';
import { agentIn, keyIn } from '../support/azure/azure-state.ts';
import { http } from '../support/azure/local-azure.ts';
import { type Clients, clientsOf } from '../support/azure/local-azure-clients.ts';
import { owner } from '../support/azure/local-azure-names.ts';
import { azureState, linesOf } from '../support/world/path.ts';
import {
  activityText,
  answered,
  approvalCard,
  approve,
  people,
  places,
  shows,
  submit,
  type,
  until,
  writes,
} from '../support/world/story.ts';
import { readRecord, startWorld, type World } from '../support/world/world.ts';

/** An old key version is disabled only once nothing uses it any more, by the vault's log and by what resources declare. */

const agent = 'virtual-visit-agent';
const [vaultName, keyName] = ['kv-hospital-keys', 'cmk-virtual-visit'];
let world: World;
let others: Clients;
let oldVersion: string;

beforeAll(async () => {
  world = await startWorld({ env: { ...usageCheckSettings, CMK_WATCH_INTERVAL: '1s' } });
  others = clientsOf(world.azure, owner);
  oldVersion = (await agentKey())?.keyVersion ?? '';
  await succeeds(
    await submit(world, await type(world, people.requester, `/rotate-cmk resource=${agent} version=newest`)),
  );
}, 400_000);
afterAll(() => world.end());

const agentKey = async () => agentIn(await azureState(world), agent).content.keyVaultProperties;
const keyUrl = async () => `${(await agentKey())?.keyVaultUri.replace(/\/$/, '')}/keys/${keyName}/${oldVersion}`;
const happens = (name: string) => http(world.azure, 'POST', '/simulator/scenarios', { body: { names: [name] } });
const noMore = (name: string) => http(world.azure, 'DELETE', `/simulator/scenarios?name=${name}`);
const reviewed = async () =>
  linesOf(await type(world, people.requester, `/retire-version resource=${agent} version=${oldVersion}`)).join('\n');

async function succeeds(id: string): Promise<void> {
  const answer = answered(await approve(world, people.approver, await approvalCard(world, id)));
  if (!answer.includes('[card]')) throw new Error(answer);
  await shows(world, places.operations, people.requester, id, /Succeeded/);
}

test('right after the rotation, it is blocked, and says until when', async () => {
  const review = await reviewed();
  expect(review).toContain('The agent began to use the current version less than a day ago.');
  expect(review).toContain('Request this after');
});

test('without the log, it is blocked, and says why', async () => {
  await happens('logs-refused');
  expect(await reviewed()).toContain('Azure says InsufficientAccessError.');
  await noMore('logs-refused');
});

test('a day later it is approved, and waits for the role that disables the version', async () => {
  await happens('agents-used-keys-a-day-ago');
  const form = await type(world, people.requester, `/retire-version resource=${agent} version=${oldVersion}`);
  const review = linesOf(form).join('\n');
  const command = `az keyvault key set-attributes --vault-name ${vaultName} --name ${keyName} --version ${oldVersion} --enabled false`;
  expect(review).toContain('A Key Vault Crypto Officer must disable version');
  expect(review).toContain(command);
  const from = (await world.azureRequests()).length;
  const id = await submit(world, form, 'It is not used any more');
  const card = await approvalCard(world, id);
  expect(linesOf(card).join('\n')).toContain(command);
  await approve(world, people.approver, card);
  await shows(world, places.operations, people.requester, id, /must disable version/);
  const { keyVaultUri = '', keyVersion } = (await agentKey()) ?? {};
  await others.keys(keyVaultUri).updateKeyProperties(keyName, oldVersion, { enabled: false });
  await shows(world, places.operations, people.requester, id, /Succeeded/);
  // The bot itself changed nothing, and the agent keeps its key.
  expect((await writes(world, from)).filter((one) => !one.includes(` ${keyName}/`))).toEqual([]);
  expect((await agentKey())?.keyVersion).toBe(keyVersion);
  const { versions } = keyIn(await azureState(world), vaultName, keyName);
  expect(versions.find(({ version }) => version === oldVersion)?.enabled).toBe(false);
});

const alertSays = (words: RegExp) =>
  until(async () => {
    const all = await world.teams.activities(places.operations, people.approver);
    return all.some((one) => words.test(activityText(one)));
  }, `an alert says ${words}`);

test('someone who still needs it is refused: an alert has the command that enables it again', async () => {
  const refused = others.cryptography(await keyUrl()).unwrapKey('RSA-OAEP', new Uint8Array(256));
  await expect(refused).rejects.toThrow();
  await alertSays(/Something still needs the retired version .*--version [0-9a-f]{32} --enabled true/s);
  const { keyVaultUri = '' } = (await agentKey()) ?? {};
  await others.keys(keyVaultUri).updateKeyProperties(keyName, oldVersion, { enabled: true });
});

test('a use that nothing declares stops it, and /key-impact names who', async () => {
  const client = others.cryptography(await keyUrl());
  const { result } = await client.wrapKey('RSA-OAEP', new Uint8Array(32));
  await client.unwrapKey('RSA-OAEP', result);
  const review = await reviewed();
  expect(review).toContain('is still used.');
  expect(review).toContain('and no listed resource declares that');
  const other = `/rotate-cmk resource=${agent} version=${oldVersion}`;
  expect(linesOf(await type(world, people.requester, other)).join('\n')).toContain('Others use this key');
  const impact = linesOf(await type(world, people.requester, `/key-impact ${vaultName} ${keyName}`)).join('\n');
  expect(impact).toContain('Used the key, but no listed resource with this identity declares it.');
  expect(impact).toContain(agent);
});

test('all of it is in the audit log, which verifies', async () => {
  expect((await readRecord(world)).findings).toEqual([]);
});
