import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { changeState } from '../support/azure/local-azure.ts';
import {
  activityText,
  answered,
  approvalCard,
  approve,
  ask,
  choices,
  faultAzure,
  mendAzure,
  people,
  places,
  rememberAzure,
  shows,
  untilFaultsAreMet,
  untilMended,
  writes,
} from '../support/world/story.ts';
import { readRecord, startWorld, type World } from '../support/world/world.ts';

/** What somebody else does to the vault while the approved request waits for its run. */
type Change = (vault: { enablePurgeProtection: boolean; networkAcls: unknown }) => void;

describe('Azure changes between the approval and the run', () => {
  let world: World;
  let putBack: () => Promise<void>;

  beforeAll(async () => {
    world = await startWorld();
    putBack = await rememberAzure(world);
  });
  afterAll(() => world.end());

  const changeVault = (change: Change) =>
    changeState(world.azure, (state) => {
      change(state.vaults.find((one: { name: string }) => one.name === choices.first.vault));
    });

  /** Asked and approved by one person; the run's first look at the vault is held up until the change is made. */
  async function changedBeforeRun(person: string, change: () => Promise<void>) {
    const from = (await world.azureRequests()).length;
    const id = await ask(world);
    const card = await approvalCard(world, id);
    await faultAzure(world, { match: { method: 'GET', url: 'vaults/kv-care-prod\\?' }, ...untilMended });
    expect(answered(await approve(world, person, card))).toContain('Approved: 1 of 1');
    await untilFaultsAreMet(world);
    await change();
    await mendAzure(world);
    return { id, from };
  }

  test('somebody turned purge protection on: the approval covers what is left, and the request succeeds', async () => {
    await world.restartBot('SIGINT', { CMK_PAUSE: '1' });
    const from = (await world.azureRequests()).length;
    const id = await ask(world);
    await approve(world, people.approver, await approvalCard(world, id));
    const held = await shows(world, places.operations, people.requester, id, /Approved, the bot is paused/);
    expect(activityText(held)).toContain('no changes start until an operator ends the pause');
    await changeVault((vault) => {
      vault.enablePurgeProtection = true;
    });
    expect(await writes(world, from)).toEqual([]);
    await world.restartBot('SIGINT');
    await shows(world, places.operations, people.requester, id, /Succeeded/);
    const written = await writes(world, from);
    expect(written.some((write) => write.includes('vaults/'))).toBe(false);
    expect(written).toHaveLength(3);
    await putBack();
  });

  test('purge protection is gone: the request asks again, shows the difference, and a new approval runs it', async () => {
    await changeVault((vault) => {
      vault.enablePurgeProtection = true;
    });
    const { id, from } = await changedBeforeRun(people.approver, () =>
      changeVault((vault) => {
        vault.enablePurgeProtection = false;
      }),
    );
    const card = await shows(world, places.approvals, people.approver, id, /Earlier approvals don’t count/);
    const words = activityText(card);
    expect(words).toContain('Needs approval: 0 of 1');
    expect(words).toContain('Purge protection: off → on');
    expect(words).toContain('Not part of what was approved');
    expect(words).toContain('Can’t be undone');
    const status = await shows(world, places.operations, people.requester, id, /needs approval again/);
    expect(activityText(status)).toContain('Purge protection: off → on');
    expect(await writes(world, from)).toEqual([]);
    expect(answered(await approve(world, people.approver, card))).toMatch(/Checking before run 2.*Approver approved/);
    await shows(world, places.operations, people.requester, id, /Succeeded/);
    await shows(world, places.approvals, people.approver, id, /Succeeded/);
    expect(await writes(world, from)).toHaveLength(4);
    await putBack();
  });

  test('an approver lost the right: the approval is void, and the request asks again', async () => {
    const { id, from } = await changedBeforeRun(people.approver, () =>
      world.restartBot('SIGKILL', { CMK_APPROVERS: people.secondApprover }),
    );
    const card = await shows(world, places.approvals, people.secondApprover, id, /is no longer an approver/);
    expect(await writes(world, from)).toEqual([]);
    expect(answered(await approve(world, people.approver, card))).toContain('You aren’t an approver.');
    const answer = answered(await approve(world, people.secondApprover, card));
    expect(answer).toMatch(/Checking before run 2.*Second approver approved/);
    await shows(world, places.operations, people.requester, id, /Succeeded/);
    await putBack();
  });

  test('the vault was closed: nothing is written, and a person is asked', async () => {
    const { id, from } = await changedBeforeRun(people.secondApprover, () =>
      changeVault((vault) => {
        vault.networkAcls = { bypass: 'AzureServices', defaultAction: 'Deny', ipRules: [], virtualNetworkRules: [] };
      }),
    );
    const card = await shows(world, places.operations, people.requester, id, /Needs attention|needs approval again/);
    expect(activityText(card)).toMatch(/firewall/);
    expect(await writes(world, from)).toEqual([]);
  });

  test('the record verifies, and no approval outlived the plan it was for', async () => {
    const record = await readRecord(world);
    expect(record.findings).toEqual([]);
    const [covered = '', changed = '', voided = ''] = record.requests;
    expect(record.events(covered)).not.toContain('plan-changed');
    for (const id of [changed, voided]) {
      const life = record.events(id).filter((event) => !event.startsWith('step-'));
      expect(life).toEqual([
        'submitted',
        'approved',
        'run-ordered',
        'plan-changed',
        'approved',
        'run-ordered',
        'run-checked',
        'succeeded',
      ]);
    }
    expect(world.printed()).not.toMatch(/unhandled|unexpected error|local-bot/i);
  });
});
