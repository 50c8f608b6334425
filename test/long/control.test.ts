import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { agentIn, all, giveRole, keyRoles, scopes, takeRoles } from '../support/azure/azure-state.ts';
import { changeState } from '../support/azure/local-azure.ts';
import { cardOf, cardText, type SeenActivity } from '../support/teams/local-teams.ts';
import { azureState, linesOf, rotation } from '../support/world/path.ts';
import { scenario } from '../support/world/scenario.ts';
import {
  answered,
  approvalCard,
  approve,
  buttonData,
  faultAzure,
  people,
  places,
  shows,
  submit,
  type,
  typeAll,
  writes,
} from '../support/world/story.ts';
import type { World } from '../support/world/world.ts';

/** Whose vault it is, who controls the key, and where it comes from: what an approver cannot tell by a name. */

const folder = mkdtempSync(path.join(tmpdir(), 'control-'));
afterAll(() => rmSync(folder, { recursive: true }));

const research = '40000000-0000-4000-8000-000000000002';
/** Of the one who asks, who is its owner and its only Key Vault Administrator, in a subscription for research. */
const lookAlike = { agent: 'triage-agent-prod', vault: 'kv-hospita1-keys', key: 'cmk-virtual-visit' };
const hospitals = { ...lookAlike, vault: 'kv-hospital-keys' };

const offersSubmit = (card: SeenActivity): boolean => JSON.stringify(cardOf(card)).includes('"form.submit"');
const keyOf = async (world: World, agent: string) => agentIn(await azureState(world), agent).content.keyVaultProperties;

/** A policy file of this content, for a world that is started with it. */
function policyFile(name: string, rules: readonly object[]): string {
  const file = path.join(folder, name);
  writeFileSync(file, JSON.stringify({ rules }));
  return file;
}

describe('where the policy says nothing', () => {
  const world = scenario({ restoresAzure: true });

  test('an attacker asks for the requester’s own vault, one letter apart from the hospital’s: nothing comes of it', async () => {
    const from = (await world.azureRequests()).length;
    const review = await typeAll(world, lookAlike);
    expect(offersSubmit(review)).toBe(false);
    expect(linesOf(review).join('\n')).toContain('The approval policy doesn’t allow vault kv-hospita1-keys.');
    const data = buttonData({ status: 200, body: cardOf(review) }, 'form.back');
    const inputs = { justification: 'Own keys', acknowledgeDataLoss: 'true' };
    const forged = await world.teams.click(people.requester, review.id, 'form.submit', { data, inputs });
    expect(answered(forged)).toContain('A check blocks this request.');
    expect(await writes(world, from)).toEqual([]);
    expect(await keyOf(world, 'triage-agent-prod')).toBeNull();
  });

  test('the vault page shows it as one that cannot be used, and why', async () => {
    const card = await type(world, people.requester, '/enable-cmk resource=triage-agent-prod');
    const lines = linesOf(card);
    const at = lines.indexOf('kv-hospita1-keys');
    expect(lines[at - 1]).toBe('✕');
    expect(lines[at + 1]).toBe('It’s in another subscription. The approval policy doesn’t allow that for this agent.');
    // It stands there to be read, and is nothing that could be chosen.
    expect(JSON.stringify(cardOf(card))).not.toMatch(/"value":"[^"]*kv-hospita1-keys"/);
  });

  test('the face of the approval card names vault, address and how many control the key, without unfolding anything', async () => {
    const id = await submit(world, await typeAll(world, hospitals));
    const card = await approvalCard(world, id);
    const face = cardText(card)
      .split('\n')
      .map((line) => line.trim());
    const { port } = (await azureState(world)).vaults.find(({ name }) => name === 'kv-hospital-keys') ?? { port: 0 };
    expect(face).toEqual(
      expect.arrayContaining([
        `Key vault: kv-hospital-keys in Care production (localhost:${port})`,
        'Control: 1 group (2 people), 1 app and this bot',
      ]),
    );
    expect(face.join('\n')).not.toContain('Key custodians');
    const unfolded = linesOf(card);
    const start = unfolded.indexOf('Who has control over the key');
    expect(unfolded.slice(start + 1, start + 13)).toEqual([
      '1 group (2 people), 1 app and this bot have control over the key. Together they can back up or release, change, delete, purge and grant access to the key.',
      'It isn’t known whether the requester is one of them: the bot couldn’t check the owners of 1 app.',
      '1',
      'App (name not readable)',
      'Can back up or release, change, delete, purge and grant access to the key.',
      'To see whose app it is: az ad sp show --id 50000000-0000-4000-8000-000000000001',
      '2',
      'This bot',
      'Can change and grant access to the key.',
      '3',
      'Key custodians, a group of 2',
      'Can back up or release, change, delete and purge the key.',
    ]);
    expect(unfolded).toContain('Existing key, not created by this request');
    await world.teams.click(people.approver, card.id, 'request.reject', { inputs: { comment: 'Not this week' } });
  });

  test('Microsoft Graph does not answer: ids stand for names, and the card says that they were not checked', async () => {
    await faultAzure(world, { match: { method: 'GET', url: '/v1\\.0/groups/' }, respond: { status: 403 } });
    const review = await typeAll(world, hospitals);
    const text = linesOf(review).join('\n');
    expect(offersSubmit(review)).toBe(true);
    expect(text).toContain('Some names of identities with control over the key are missing');
    expect(text).toContain('60000000-0000-4000-8000-0000000000c1, a group, members not checked');
    expect(text).toContain('1 group, 1 app and this bot have control over the key.');
    expect(cardText(review)).toContain('Control: 1 group, 1 app and this bot\n');
  });

  test('the requester is in a group within the group that has control over the key: both cards say so', async () => {
    const before = await azureState(world);
    await changeState(world.azure, ({ groups }) => {
      const nested = { id: '60000000-0000-4000-8000-0000000000c9', displayName: 'Night shift' };
      groups.push({ ...nested, memberIds: [people.requester] });
      for (const group of groups) if (group.displayName === 'Key custodians') group.memberIds.push(nested.id);
    });
    const review = await typeAll(world, hospitals);
    expect(cardText(review)).toMatch(/You have control over this key\s+Through Key custodians\./);
    const card = await approvalCard(world, await submit(world, review));
    expect(cardText(card)).toMatch(/The requester has control over this key\s+Through Key custodians\./);
    await world.teams.click(people.approver, card.id, 'request.reject', { inputs: { comment: 'Not this week' } });
    await changeState(world.azure, (state) => Object.assign(state, { groups: before.groups }));
    const without = await typeAll(world, hospitals);
    expect(cardText(without)).not.toContain('You have control over this key');
    expect(linesOf(without)).toContain(
      'It isn’t known whether you are one of them: the bot couldn’t check the owners of 1 app.',
    );
  });

  test('an app comes into the group that has control over the key: the approval doesn’t cover it', async () => {
    const before = await azureState(world);
    const id = await submit(world, await typeAll(world, hospitals));
    const from = (await world.azureRequests()).length;
    const card = await approvalCard(world, id);
    expect(cardText(card)).toContain('Control: 1 group (2 people), 1 app and this bot\n');
    await changeState(world.azure, ({ principals, groups }) => {
      const app = '50000000-0000-4000-8000-0000000000c9';
      principals.push({ ...principals[0], id: app, appId: app, displayName: 'Backup', graphPermissions: [] });
      for (const group of groups) if (group.displayName === 'Key custodians') group.memberIds.push(app);
    });
    await approve(world, people.approver, card);
    const again = await shows(world, places.approvals, people.approver, id, /Earlier approvals don’t count/);
    expect(cardText(again)).toContain('Control: 1 group (2 people and 1 app), 1 app and this bot\n');
    expect(linesOf(again)).toEqual(
      expect.arrayContaining([
        'Key custodians: the group has 1 app now, 1 of them not in it when it was approved',
        'Key custodians, a group of 2 people and 1 app',
        'It isn’t known whether the requester is one of them: the bot couldn’t check the owners of 2 apps.',
      ]),
    );
    expect(await writes(world, from)).toEqual([]);
    await world.teams.click(people.approver, again.id, 'request.reject', { inputs: { comment: 'Not this week' } });
    await changeState(world.azure, (state) => Object.assign(state, { groups: before.groups }));
  });

  test('role assignments cannot be read: the face says that control was not checked, and the notes say why', async () => {
    // The key is used by the agent already: no grant is to be made.
    await faultAzure(world, {
      match: { method: 'GET', url: 'roleAssignments\\?.*atScope' },
      respond: { status: 403, body: { error: { code: 'AuthorizationFailed', message: 'No.' } } },
    });
    const review = await typeAll(world, hospitals);
    expect(cardText(review)).toContain('Control: not checked');
    expect(linesOf(review).join('\n')).toContain('role assignments (Microsoft.Authorization/roleAssignments/read)');
    expect(offersSubmit(review)).toBe(true);
  });
});

describe('a rule that permits the other subscription', () => {
  const rules = [{ name: 'care', match: {}, vaults: [{ subscriptions: [research], names: ['kv-hospit*'] }] }];
  const world = scenario({ own: { env: { CMK_POLICY_FILE: policyFile('permits.json', rules) } } });

  test('lets it through, and the face of the card says in which subscription it is and who owns it', async () => {
    const id = await submit(world, await typeAll(world, lookAlike));
    const card = await approvalCard(world, id);
    const face = cardText(card);
    expect(face).toContain('kv-hospita1-keys in Research');
    expect(face).toContain('The vault is in another subscription');
    expect(face).toContain('Control: 1 person, 1 app and this bot');
    expect(face).toContain('The requester has control over this key');
    const unfolded = linesOf(card);
    expect(unfolded[unfolded.indexOf('Requester') + 1]).toBe(
      'Can back up or release, change, delete, purge and grant access to the key.',
    );
    expect(unfolded).toContain('The vault is in another subscription');
    await world.teams.click(people.approver, card.id, 'request.reject', { inputs: { comment: 'Not this week' } });
  });

  test('permits no vault that it does not name, the own subscription’s included', async () => {
    const text = linesOf(await typeAll(world, hospitals)).join('\n');
    expect(text).toContain(
      'The approval policy doesn’t allow vault kv-hospital-keys. Rule care allows only other vaults for this agent.',
    );
  });

  test('between approvals an attacker becomes Key Vault Administrator: the request asks again, and names them', async () => {
    const id = await submit(world, await typeAll(world, lookAlike));
    const from = (await world.azureRequests()).length;
    const card = await approvalCard(world, id);
    await changeState(
      world.azure,
      giveRole(people.teamMember, keyRoles.administrator, (state) => scopes.subscriptionOf(state, lookAlike.vault)),
    );
    await approve(world, people.approver, card);
    const again = await shows(world, places.approvals, people.approver, id, /Earlier approvals don’t count/);
    expect(linesOf(again)).toContain('Team member: can back up or release, change, delete and purge the key now');
    expect(await writes(world, from)).toEqual([]);
    await changeState(world.azure, all(takeRoles(people.teamMember)));
    await approve(world, people.approver, again);
    // Fewer than were approved: nobody is asked once more.
    await shows(world, places.operations, people.requester, id, /Succeeded/);
  });
});

describe('a rule that wants new keys', () => {
  const rules = [{ name: 'patients', match: {}, requireNewKey: true }];
  const world = scenario({ own: { env: { CMK_POLICY_FILE: policyFile('new.json', rules) } } });

  test('an attacker puts in a key that they have a copy of: it is blocked', async () => {
    const review = await typeAll(world, hospitals);
    expect(offersSubmit(review)).toBe(false);
    expect(linesOf(review).join('\n')).toContain(
      'The approval policy requires a new key. Rule patients doesn’t allow existing keys or versions',
    );
  });

  test('a version that is there is blocked in a rotation, and one that the request makes is not', async () => {
    const command = `/rotate-cmk resource=${rotation.agent} version=`;
    expect(offersSubmit(await type(world, people.requester, `${command}newest`))).toBe(false);
    const review = await type(world, people.requester, `${command}new`);
    expect(linesOf(review).join('\n')).not.toContain('Existing key, not created by this request');
    const id = await submit(world, review);
    await approve(world, people.approver, await approvalCard(world, id), {});
    await shows(world, places.operations, people.requester, id, /Succeeded/);
  });
});
