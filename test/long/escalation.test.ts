import { afterAll, beforeAll, expect, test as jestTest } from '@jest/globals';
import { requestersGroup } from '../../sandbox/people.ts';
import { type EvidenceWorld, startEvidenceWorld } from '../support/audit/evidence-world.ts';
import { verifyInPython } from '../support/audit/python-verifier.ts';
import { canMoveClock } from '../support/store/postgres.ts';
import { answered, approvalCard, approve, ask, people, places, shows, until } from '../support/world/story.ts';

/** A request that nobody decides is escalated once, to approvers alone. Forged escalations: test/unit/audit/verify-py-packs. */

const test = canMoveClock ? jestTest : jestTest.skip;
let evidence: EvidenceWorld;
beforeAll(async () => {
  const env = {
    CMK_ESCALATE_TO: `${requestersGroup.id},${people.teamMember}`,
    CMK_ESCALATE_AFTER: '24h',
    CMK_APPROVALS_REQUIRED: '2',
  };
  evidence = await startEvidenceWorld({ env, movable: true, inProcess: true });
});
afterAll(() => evidence.end());

test('attack: a group with the requester and a stranger notifies approvers only, and gives no right', async () => {
  const { world } = evidence;
  const id = await ask(world);
  const card = await approvalCard(world, id);
  await world.moveClock(90_000);
  const isTold = async (person: string) =>
    JSON.stringify(await world.teams.activities(`a:${person}`, person)).includes('escalated to you');
  await until(() => isTold(people.approver), 'a notification of the escalation');
  await shows(world, places.operations, people.requester, id, /Escalated.*to 1 person/s);
  for (const person of [people.requester, people.teamMember, people.secondApprover])
    expect([person, await isTold(person)]).toEqual([person, false]);
  expect(answered(await approve(world, people.requester, card))).toContain('your own');
  expect(answered(await approve(world, people.teamMember, card))).toContain('no role');
  // An approval that was withdrawn doesn't count, and is given again.
  await approve(world, people.approver, card);
  expect(answered(await world.teams.click(people.approver, card.id, 'request.withdraw'))).toContain('0 of 2');
  for (const person of [people.secondApprover, people.approver]) await approve(world, person, card);
  await shows(world, places.operations, people.requester, id, /Succeeded|is under/);
  await world.moveClock(180_000);
  const pack = await evidence.take(id, 'pack.zip');
  const proved = [0, expect.stringMatching(/^proved: /), ''];
  expect(verifyInPython(pack, '--keys', evidence.keyFile)).toEqual(proved);
});
