import { describe, expect, test } from '@jest/globals';
import { http } from '../support/azure/local-azure.ts';
import { scenario } from '../support/world/scenario.ts';
import {
  activityText,
  answered,
  approvalCard,
  approve,
  buttonData,
  fillForm,
  people,
  places,
  requestIdIn,
  shows,
  submit,
  writes,
} from '../support/world/story.ts';

describe('a requester asks for a customer-managed key with an existing key on an RBAC vault', () => {
  const world = scenario();
  let id = '';

  test('the form leads over agent, vault and key to a review of what will change', async () => {
    const { form, review } = await fillForm(world);
    const words = answered(review);
    expect(words).toContain('5 steps in Azure');
    expect(words).toContain('Purge protection: off → on');
    expect(words).toContain('Can’t be undone');
    expect(words).toContain(
      'If the agent is deleted, or its key is permanently deleted, the agent’s data can’t be recovered.',
    );
    const untold = await world.teams.click(people.requester, form.id, 'form.submit', {
      inputs: { acknowledgeDataLoss: 'true' },
    });
    expect(answered(untold)).toContain('The reason is missing.');
    const unticked = await world.teams.click(people.requester, form.id, 'form.submit', {
      inputs: { justification: 'because' },
    });
    expect(answered(unticked)).toContain('Select the checkbox.');
    const data = buttonData(untold, 'form.submit');
    id = await submit(world, form);
    expect(id).toMatch(/^CMK-/);
    // The second tap of a double click: the button as it stood before.
    const again = await world.teams.click(people.requester, form.id, 'form.submit', {
      data,
      inputs: { justification: 'x' },
    });
    expect(answered(again)).toContain(id);
  });

  test('both cards appear, and Azure was not written to', async () => {
    await shows(world, places.operations, people.requester, id, /Waiting for approval: 0 of 1/);
    const card = await approvalCard(world, id);
    expect(activityText(card)).toContain('Can’t be undone');
    expect(activityText(card)).toContain('Own keys before the audit');
    expect(await writes(world)).toEqual([]);
  });

  test.each([
    ['the requester', people.requester, 'This is your own request.'],
    ['a member with no role', people.teamMember, 'You have no role here.'],
    ['a guest', people.guest, 'Only members of this organization can use the bot.'],
  ])('the approval of %s is refused and changes nothing', async (_who, person, words) => {
    const card = await approvalCard(world, id);
    expect(answered(await approve(world, person, card))).toContain(words);
    expect(activityText(await approvalCard(world, id))).toContain('Needs approval: 0 of 1');
    expect(await writes(world)).toEqual([]);
  });

  test('an approval without the tick for what cannot be undone is refused', async () => {
    const card = await approvalCard(world, id);
    expect(answered(await approve(world, people.approver, card, {}))).toContain('Not approved yet.');
  });

  test('the approval is answered with the true outcome, and again the same when it is repeated', async () => {
    const card = await approvalCard(world, id);
    const first = answered(await approve(world, people.approver, card));
    expect(first).toContain('Approved: 1 of 1');
    expect(first).toContain('Approver approved');
    expect(answered(await approve(world, people.approver, card))).toBe(first);
  });

  test('the same approval once more, when the request has ended: how it ended, and not what was said then', async () => {
    const card = await shows(world, places.approvals, people.approver, id, /Succeeded/);
    const data = { requestId: id, revision: 1 };
    const inputs = { acknowledgeIrreversible: 'true' };
    expect(answered(await world.teams.click(people.approver, card.id, 'request.approve', { inputs, data }))).toContain(
      'Succeeded',
    );
  });

  test('the status card comes to show every step done, with what is proved and what is not', async () => {
    const card = await shows(world, places.operations, people.requester, id, /Succeeded/);
    const words = activityText(card);
    expect(words).toContain('Verification level: key tested');
    for (const proof of ['Configured', 'Permitted', 'Key tested', 'Use observed: not verified']) {
      expect(words).toContain(proof);
    }
    expect(words).toContain(
      'If the agent is deleted, or its key is permanently deleted, the agent’s data can’t be recovered.',
    );
    await shows(world, places.approvals, people.approver, id, /Succeeded/);
  });

  test('Azure holds identity, grant, purge protection and the pinned key version, each written once', async () => {
    expect(await writes(world)).toEqual([
      'PATCH healthBots/triage-agent-prod 201',
      expect.stringMatching(/^PUT roleAssignments\/[0-9a-f-]{36} 201$/),
      'PATCH vaults/kv-care-prod 200',
      'PATCH healthBots/triage-agent-prod 201',
    ]);
    const patches = (await world.azureRequests()).filter((one) =>
      JSON.stringify(one.body ?? '').includes('keyVaultProperties'),
    );
    expect(patches.filter((one) => one.method === 'PATCH')).toHaveLength(1);
    const { body: state } = await http(world.azure, 'GET', '/simulator/state');
    const text = JSON.stringify(state);
    expect(text).toContain('"keyName":"cmk-triage-agent"');
    expect(requestIdIn(id)).toBe(id);
  });
});
