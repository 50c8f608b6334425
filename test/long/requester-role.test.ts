import { expect, test } from '@jest/globals';
import { requestersGroup } from '../../sandbox/people.ts';
import { changeState } from '../support/azure/local-azure.ts';
import { scenario } from '../support/world/scenario.ts';
import {
  activityText,
  answered,
  approvalCard,
  approve,
  ask,
  faultAzure,
  mendAzure,
  people,
  places,
  shows,
  type,
  writes,
} from '../support/world/story.ts';
import { readRecord } from '../support/world/world.ts';

/** Attack: whoever asked is taken out of the requesters, and the request goes on without them. */

const world = scenario({ own: {}, restoresAzure: true });

const mayAsk = (may: boolean) =>
  changeState(world.azure, (state) => {
    for (const group of state.groups.filter((one: { id: string }) => one.id === requestersGroup.id)) {
      group.memberIds = [people.approver, ...(may ? [people.requester] : [])];
    }
  });
const lost = /^The requester of CMK-[0-9A-Z]{6} no longer has the requester role for this agent\./;

test('between asking and approving: nobody can approve, everybody is told why, and rejecting works', async () => {
  const from = (await world.azureRequests()).length;
  const id = await ask(world);
  const card = await approvalCard(world, id);
  await mayAsk(false);
  for (const person of [people.approver, people.secondApprover]) {
    expect(answered(await approve(world, person, card))).toMatch(lost);
  }
  await shows(world, places.operations, people.requester, id, /Waiting for approval: 0 of 1/);
  expect(
    answered(
      await world.teams.click(people.approver, card.id, 'request.reject', { inputs: { comment: 'Not this week' } }),
    ),
  ).toContain('Rejected');
  expect(await writes(world, from)).toEqual([]);
});

test('between asking and approving, and back: the request is as it was', async () => {
  const id = await ask(world);
  const card = await approvalCard(world, id);
  await mayAsk(false);
  expect(answered(await approve(world, people.approver, card))).toMatch(lost);
  await faultAzure(world, { match: { url: `${people.requester}/checkMemberGroups` }, respond: { status: 503 } });
  expect(answered(await approve(world, people.approver, card))).toContain('couldn’t check whether the requester');
  await mendAzure(world);
  await mayAsk(true);
  expect(answered(await approve(world, people.approver, card))).toContain('Approved: 1 of 1');
  await shows(world, places.operations, people.requester, id, /Succeeded/);
});

test('who lost every role takes back what they asked for, and nothing else', async () => {
  const id = await ask(world);
  const status = await shows(world, places.operations, people.requester, id, /Waiting for approval/);
  await mayAsk(false);
  for (const verb of ['request.refresh', 'request.approve', 'form.next']) {
    const data = { requestId: id };
    expect(answered(await world.teams.click(people.requester, status.id, verb, { data }))).toContain(
      'You have no role',
    );
  }
  expect(answered(await world.teams.click(people.teamMember, status.id, 'request.cancel'))).toContain(
    'You have no role',
  );
  expect(answered(await world.teams.click(people.requester, status.id, 'request.cancel'))).toContain('Canceled');
});

test('between approving and the run: nothing is changed in Azure, and no retry helps until they may ask again', async () => {
  await world.restartBot('SIGINT', { CMK_PAUSE: 'true' });
  const from = (await world.azureRequests()).length;
  const id = await ask(world);
  expect(answered(await approve(world, people.approver, await approvalCard(world, id)))).toContain('Approved: 1 of 1');
  await mayAsk(false);
  await world.restartBot('SIGINT');
  const stuck = await shows(world, places.operations, people.approver, id, /Needs attention/);
  expect(activityText(stuck)).toContain('The requester no longer has the requester role for this agent.');
  expect(await writes(world, from)).toEqual([]);
  expect(answered(await world.teams.click(people.approver, stuck.id, 'request.retry'))).toMatch(lost);
  expect(await writes(world, from)).toEqual([]);
  await mayAsk(true);
  expect(answered(await world.teams.click(people.approver, stuck.id, 'request.retry'))).toMatch(
    /Checking before run 2 .*Approver approved/,
  );
  await shows(world, places.operations, people.requester, id, /Succeeded/);
});

test('before a retry, in the middle of the work: what is done stays, nothing more is done, and giving up works', async () => {
  const body = { error: { code: 'AuthorizationFailed', message: 'No right.' } };
  await faultAzure(world, { match: { method: 'PUT', url: 'roleAssignments' }, respond: { status: 403, body } });
  const id = await ask(world);
  await approve(world, people.approver, await approvalCard(world, id));
  const stuck = await shows(world, places.operations, people.approver, id, /Needs attention/);
  await mendAzure(world);
  await mayAsk(false);
  const from = (await world.azureRequests()).length;
  for (const person of [people.approver, people.secondApprover]) {
    expect(answered(await world.teams.click(person, stuck.id, 'request.retry'))).toMatch(lost);
  }
  expect(await writes(world, from)).toEqual([]);
  expect(
    answered(
      await world.teams.click(people.approver, stuck.id, 'request.give-up', { inputs: { comment: 'Not this week' } }),
    ),
  ).toContain('Failed');
});

const enableAccount = (person: string, accountEnabled: boolean) =>
  changeState(world.azure, (state) => {
    for (const user of state.users.filter(({ id }: { id: string }) => id === person))
      user.accountEnabled = accountEnabled;
  });
const reject = { inputs: { comment: 'Not this week' } };

test('a disabled account of the requester has no role: nobody can approve', async () => {
  const id = await ask(world);
  const card = await approvalCard(world, id);
  await enableAccount(people.requester, false);
  expect(activityText(await type(world, people.requester, '/cmk-requests'))).toContain('You have no role');
  expect(answered(await approve(world, people.approver, card))).toMatch(lost);
  await enableAccount(people.requester, true);
  expect(answered(await world.teams.click(people.approver, card.id, 'request.reject', reject))).toContain('Rejected');
});

test('an approver’s account is disabled before the run: the approval does not count, and nothing is changed', async () => {
  await world.restartBot('SIGINT', { CMK_PAUSE: 'true' });
  const from = (await world.azureRequests()).length;
  const id = await ask(world);
  expect(answered(await approve(world, people.approver, await approvalCard(world, id)))).toContain('Approved: 1 of 1');
  await enableAccount(people.approver, false);
  await world.restartBot('SIGINT');
  const again = await shows(world, places.approvals, people.secondApprover, id, /no longer an approver/);
  expect(answered(await approve(world, people.approver, again))).toContain('You have no role');
  expect(await writes(world, from)).toEqual([]);
  await enableAccount(people.approver, true);
  expect(answered(await world.teams.click(people.secondApprover, again.id, 'request.reject', reject))).toContain(
    'Rejected',
  );
});

test('the record verifies', async () => {
  expect((await readRecord(world)).findings).toEqual([]);
});
