import { afterEach, describe, expect, test } from '@jest/globals';
import { requestersGroup } from '../../sandbox/people.ts';
import { agentIn } from '../support/azure/azure-state.ts';
import { changeState } from '../support/azure/local-azure.ts';
import { cmkBot } from '../support/processes/command-line.ts';
import { azureState, linesOf } from '../support/world/path.ts';
import { scenario } from '../support/world/scenario.ts';
import {
  answered,
  approvalCard,
  approve,
  ask,
  cardsAbout,
  type Fault,
  faultAzure,
  mendAzure,
  people,
  places,
  shows,
  untilFaultsAreMet,
  untilMended,
  writes,
} from '../support/world/story.ts';
import { readRecord } from '../support/world/world.ts';

/**
 * A run that somebody wants to end before it is through, and one that the bot's pause comes upon. What the cards show, button by
 * button: test/golden/transcripts/stop.md. Who can stop it and what a rejection does then: test/unit/domain/request/decide-stop.
 */

const agent = 'triage-agent-prod';
const identity = `PATCH healthBots/${agent} 201`;

const world = scenario({ own: {}, restoresAzure: true });
/** Whatever a request came to, the next one finds the agent free. */
let open = '';
afterEach(async () => {
  if (open === '') return;
  const cards = await cardsAbout(world, places.operations, people.requester, open);
  for (const { id } of cards)
    await world.teams.click(people.requester, id, 'request.give-up', { inputs: { comment: 'Not this week' } });
  open = '';
});

/** Held at Azure while somebody acts. */
const holding = (method: string, url: string): Fault => ({ match: { method, url }, ...untilMended });
const enabling = holding('PATCH', `healthBots/${agent}`);
const protecting = holding('PATCH', 'vaults/kv-care-prod');

const status = async (id: string, words: RegExp) => shows(world, places.operations, people.requester, id, words);
const wordsOf = async (id: string, words: RegExp) => linesOf(await status(id, words)).join('\n');

/** A run that is in the middle of what is held. */
async function running(fault: Fault): Promise<{ readonly id: string; readonly from: number }> {
  const id = await ask(world);
  open = id;
  const card = await approvalCard(world, id);
  const from = (await world.azureRequests()).length;
  await faultAzure(world, fault);
  await approve(world, people.approver, card);
  await untilFaultsAreMet(world);
  await status(id, /Running/);
  return { id, from };
}

const done = async (from: number) =>
  (await writes(world, from))
    .map((write) => write.replace(/[0-9a-f-]{36}/, '*'))
    .filter((write) => !write.endsWith(' 0'));
const all = [identity, 'PUT roleAssignments/* 201', 'PATCH vaults/kv-care-prod 200', identity];

describe('Stop run', () => {
  test('by an approver, in their own place, once what cannot be undone is being done: it says so, and stays', async () => {
    const { id } = await running(protecting);
    const card = await shows(world, places.approvals, people.approver, id, /Stop run/);
    expect(linesOf(card).join('\n')).toContain('Can’t be undone: turn on purge protection.');
    await world.teams.click(people.approver, card.id, 'request.stop');
    await mendAzure(world);
    const ended = await wordsOf(id, /Needs attention/);
    expect(ended).toContain('Approver stopped the run after step 3 of 5 (Turn on purge protection)');
    expect(ended).toContain('Completed. Can’t be undone.');
    expect(agentIn(await azureState(world), agent).content.keyVaultProperties).toBeNull();
    const { out } = await cmkBot(['doctor', '--only', 'record/attention'], world.settings);
    expect(out).toContain(`1 request needs attention: ${id} (record/attention)`);
  });

  test('by the requester who lost every role meanwhile', async () => {
    const { id } = await running(enabling);
    const card = await status(id, /Stop run/);
    await changeState(world.azure, (state) => {
      for (const group of state.groups.filter((one: { id: string }) => one.id === requestersGroup.id)) {
        group.memberIds = [people.approver];
      }
    });
    expect(answered(await world.teams.click(people.requester, card.id, 'request.stop'))).toContain(
      'requested a stop at',
    );
    await mendAzure(world);
    await shows(world, places.approvals, people.approver, id, /Needs attention/);
  });

  test('by an operator at the command line; asked twice it is done once', async () => {
    const { id } = await running(enabling);
    const stop = () => cmkBot(['requests', 'stop', id, '--as', 'night duty'], world.settings);
    expect(await stop()).toMatchObject({
      code: 0,
      out: expect.stringContaining('stops after the attempt under way. Completed changes stay'),
    });
    expect(await stop()).toMatchObject({ code: 0, out: expect.stringContaining('Already done') });
    await mendAzure(world);
    expect(await wordsOf(id, /Needs attention/)).toContain('Operator night duty stopped the run');
    expect(await stop()).toMatchObject({ code: 1, err: expect.stringContaining('has already stopped') });
  });
});

describe('a pause that comes upon a run', () => {
  test('lets nothing more be changed, says so on the cards, and the run goes on by itself when it is over', async () => {
    const { id, from } = await running(enabling);
    await world.restartBot('SIGKILL', { CMK_PAUSE: 'true' });
    const paused = await wordsOf(id, /Paused: 0 of 5 steps completed/);
    expect(paused).toContain(
      'it changes nothing more in Azure until an operator ends the pause. Then the run continues automatically.',
    );
    await shows(world, places.approvals, people.approver, id, /Paused/);
    await mendAzure(world);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    const during = await done(from);
    expect(during.length).toBeLessThanOrEqual(1);
    await world.restartBot('SIGINT');
    await status(id, /Succeeded/);
    expect(await done(from)).toEqual(all);
  });

  test('a run that is to stop stops when the pause is over, and changes nothing more', async () => {
    const { id, from } = await running(enabling);
    await world.restartBot('SIGKILL', { CMK_PAUSE: 'true' });
    const card = await status(id, /Paused/);
    await mendAzure(world);
    expect(answered(await world.teams.click(people.requester, card.id, 'request.stop'))).toContain(
      'requested a stop at',
    );
    await world.restartBot('SIGINT');
    expect(await wordsOf(id, /Needs attention/)).toContain('Requester stopped the run');
    expect(await done(from)).toEqual([identity]);
  });
});

test('the record verifies', async () => {
  expect((await readRecord(world)).findings).toEqual([]);
});
