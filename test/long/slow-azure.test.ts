import { describe, expect, test } from '@jest/globals';
import { changeState, http } from '../support/azure/local-azure.ts';
import { cardText, type SeenActivity } from '../support/teams/local-teams.ts';
import { scenario } from '../support/world/scenario.ts';
import {
  activityText,
  approvalCard,
  approve,
  ask,
  choices,
  faultAzure,
  people,
  places,
  requestIdIn,
  shows,
  type,
  writes,
} from '../support/world/story.ts';
import { readRecord } from '../support/world/world.ts';

/** An Azure that is slow, that doesn't answer, or that answers a read from a replica that is behind. */

// Pauses as long as in the sandbox: at the instant pace, all attempts are over before such a replica has caught up.
const world = scenario({ own: { env: { CMK_RETRY_FIRST_WAIT: '1s', CMK_AZURE_POLL: '200ms' } }, restoresAzure: true });

describe('an Azure that does not answer', () => {
  test.each(['/enable-cmk', '/enable-cmk resource=triage-agent-prod'])('refuses %s, and says so once', async (text) => {
    await faultAzure(world, { match: { url: 'providers/Microsoft' }, drop: true });
    const words = activityText(await type(world, people.requester, text));
    expect(words).toContain('Azure didn’t answer as expected.');
    expect(words.match(/Nothing was changed/g)).toHaveLength(1);
  });
});

const reason = { justification: 'Own keys before the audit', acknowledgeDataLoss: 'true' };
const click = (form: SeenActivity, verb: string, inputs: Record<string, unknown> = {}) =>
  world.teams.click(people.requester, form.id, verb, { inputs });
const comes = (form: SeenActivity, words: RegExp) =>
  world.teams.sees(
    places.operations,
    people.requester,
    (one) => one.id === form.id && words.test(cardText(one)),
    60_000,
  );

describe('an Azure that is slow', () => {
  test('is waited for: every page of the form comes by itself', async () => {
    const on = await http(world.azure, 'POST', '/simulator/scenarios', { body: { names: ['slow-answers'] } });
    expect(on.status).toBe(200);
    const form = await type(world, people.requester, '/enable-cmk');
    const { agent, vault, key } = choices.first;
    await comes(form, /Which agent/);
    await click(form, 'form.next', { resource: agent });
    await comes(form, /Which vault/);
    await click(form, 'form.next', { vault });
    await comes(form, /Which key/);
    await click(form, 'form.existing-key');
    await comes(form, /Which key of/);
    await click(form, 'form.next', { key });
    await comes(form, /steps in Azure/);
    await click(form, 'form.submit', reason);
    const submitted = cardText(await comes(form, /Waiting for approval/));
    expect(requestIdIn(submitted)).toMatch(/^CMK-/);
    const { body } = await world.teams.call('GET', '/simulator/requests');
    expect(JSON.stringify(body)).toContain('"type":"typing"');
  });
});

describe('reads that lag behind writes', () => {
  test('are waited for: a request succeeds, and no person is asked', async () => {
    const id = await ask(world, choices.test);
    const card = await approvalCard(world, id);
    await changeState(world.azure, ({ settings }) => {
      settings.readLagMs = 4_000;
    });
    const from = (await world.azureRequests()).length;
    await approve(world, people.approver, card);
    await shows(world, places.operations, people.requester, id, /Succeeded/, 100_000);
    // An attempt that still reads the old state writes the same again: by name there is one role assignment.
    const written = (await writes(world, from)).map((write) => write.split(' ').slice(0, 2).join(' '));
    expect(new Set(written.filter((write) => write.includes('roleAssignments'))).size).toBe(1);
    const { findings, events } = await readRecord(world);
    expect(findings).toEqual([]);
    expect(events(id).join('\n')).not.toContain('attention-needed');
  });
});
