import { beforeAll, expect, test } from '@jest/globals';
import { usageCheckSettings } from '../../sandbox/bot-environment.ts';
import { agentIn, keyIn } from '../support/azure/azure-state.ts';
import { http } from '../support/azure/local-azure.ts';
import { type Clients, clientsOf } from '../support/azure/local-azure-clients.ts';
import { owner } from '../support/azure/local-azure-names.ts';
import { cardOf } from '../support/teams/local-teams.ts';
import { openTranscript } from '../support/transcripts/transcript.ts';
import { drawCard } from '../support/transcripts/transcript-card.ts';
import { expectGolden } from '../support/transcripts/transcript-golden.ts';
import { azureState, linesOf } from '../support/world/path.ts';
import { scenario } from '../support/world/scenario.ts';
import * as story from '../support/world/story.ts';
import { readRecord } from '../support/world/world.ts';

const { activityText, answered, approvalCard, approve, people, places } = story;
const { requestIdIn, shows, submit, type, writes } = story;

/** An old key version is disabled only once nothing uses it any more, by the vault's log and by what resources declare. */

const agent = 'virtual-visit-agent';
const vaultName = 'kv-hospital-keys';
const keyName = 'cmk-virtual-visit';
const world = scenario({ own: { inProcess: false, env: { ...usageCheckSettings, CMK_WATCH_INTERVAL: '1s' } } });
let others: Clients;
let oldVersion: string;

beforeAll(async () => {
  others = clientsOf(world.azure, owner);
  oldVersion = (await agentKey())?.keyVersion ?? '';
  await succeeds(
    await submit(world, await type(world, people.requester, `/rotate-cmk resource=${agent} version=newest`)),
  );
});

const agentKey = async () => agentIn(await azureState(world), agent).content.keyVaultProperties;
const keyUrl = async () => `${(await agentKey())?.keyVaultUri.replace(/\/$/, '')}/keys/${keyName}/${oldVersion}`;
const happens = (name: string) => http(world.azure, 'POST', '/simulator/scenarios', { body: { names: [name] } });
const reviewed = async () =>
  linesOf(await type(world, people.requester, `/retire-version resource=${agent} version=${oldVersion}`)).join('\n');

async function succeeds(id: string): Promise<void> {
  const answer = answered(await approve(world, people.approver, await approvalCard(world, id)));
  if (!answer.includes('[card]')) throw new Error(answer);
  await shows(world, places.operations, people.requester, id, /Succeeded/);
}

const alertThatSays = (words: RegExp) =>
  world.teams.sees(
    places.operations,
    people.requester,
    (one) => cardOf(one) !== undefined && words.test(activityText(one)),
    60_000,
  );

test('a day later it is approved, a role disables the version, and an alert tells whom that stops', async () => {
  const { requester, approver } = people;
  const { operations, approvals } = places;
  const command = `az keyvault key set-attributes --vault-name ${vaultName} --name ${keyName} --version ${oldVersion} --enabled false`;
  await happens('agents-used-keys-a-day-ago');
  const t = openTranscript(
    world,
    'An old key version is retired',
    'A day after the rotation. The bot can’t disable the version: a role does, and the bot verifies.',
  );
  const form = await t.types(requester, `/retire-version resource=${agent} version=${oldVersion}`);
  expect(linesOf(form)).toContain(command);
  const from = (await world.azureRequests()).length;
  const inputs = { justification: 'It is not used any more', acknowledgeDataLoss: 'true' };
  const retirement = requestIdIn(activityText(await t.clicks(requester, form, 'Submit', inputs)));
  const card = await t.sees(approver, approvals, retirement, /Needs approval/);
  expect(linesOf(card)).toContain(command);
  await t.clicks(approver, card, 'Approve');
  await shows(world, operations, requester, retirement, /must disable version/);
  // What the role does meanwhile is found by the next process.
  await world.endBot('SIGKILL');
  const { keyVaultUri = '', keyVersion } = (await agentKey()) ?? {};
  await others.keys(keyVaultUri).updateKeyProperties(keyName, oldVersion, { enabled: false });
  await world.startBot();
  t.notes(`A Key Vault Crypto Officer disabled the version of ${keyName} in ${vaultName} with the command.`);
  await t.sees(requester, operations, retirement, /Succeeded/);
  // The bot itself changed nothing, and the agent keeps its key.
  expect((await writes(world, from)).filter((one) => !one.includes(` ${keyName}/`))).toEqual([]);
  expect((await agentKey())?.keyVersion).toBe(keyVersion);
  const { versions } = keyIn(await azureState(world), vaultName, keyName);
  expect(versions.find(({ version }) => version === oldVersion)?.enabled).toBe(false);

  await expect(others.cryptography(await keyUrl()).unwrapKey('RSA-OAEP', new Uint8Array(256))).rejects.toThrow();
  t.notes('A backup that no resource declares calls the vault with the old version, and is refused.');
  const alert = await alertThatSays(
    /Something still needs the retired version .*--version [0-9a-f]{32} --enabled true/s,
  );
  t.shows('**Ana** in # Operations sees the alert', drawCard(cardOf(alert) ?? {}));
  await others.keys(keyVaultUri).updateKeyProperties(keyName, oldVersion, { enabled: true });
  t.notes('A Key Vault Crypto Officer enabled the version again with the command.');
  const closed = await alertThatSays(/As approved again/);
  t.shows('The alert becomes', drawCard(cardOf(closed) ?? {}));
  expectGolden('retire-version', t);
});

test('who was refused a moment ago still needs it, although the version is enabled again', async () => {
  const review = await reviewed();
  expect(review).toContain('is still used.');
  expect(review).toContain('was refused on');
});

test('a use that nothing declares stops it, and /cmk-status names who', async () => {
  const client = others.cryptography(await keyUrl());
  const { result } = await client.wrapKey('RSA-OAEP', new Uint8Array(32));
  await client.unwrapKey('RSA-OAEP', result);
  const review = await reviewed();
  expect(review).toContain('is still used.');
  expect(review).toContain('and no listed resource declares that');
  const other = `/rotate-cmk resource=${agent} version=${oldVersion}`;
  expect(linesOf(await type(world, people.requester, other)).join('\n')).toContain('Others use this key');
  const impact = linesOf(await type(world, people.requester, `/cmk-status key=${keyName}`)).join('\n');
  expect(impact).toContain('Used the key, but no listed resource with this identity declares it.');
  expect(impact).toContain(agent);
});

test('all of it is in the audit log, which verifies', async () => {
  expect((await readRecord(world)).findings).toEqual([]);
});
