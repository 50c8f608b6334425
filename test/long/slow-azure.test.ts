import { describe, expect, test } from '@jest/globals';
import { http } from '../support/azure/local-azure.ts';
import { cardText, type SeenActivity } from '../support/teams/local-teams.ts';
import { scenario } from '../support/world/scenario.ts';
import {
  answered,
  choices,
  faultAzure,
  mendAzure,
  people,
  places,
  requestIdIn,
  type,
  typeAll,
} from '../support/world/story.ts';
import { readRecord } from '../support/world/world.ts';

const world = scenario({ own: {}, restoresAzure: true });

const reason = { justification: 'Own keys before the audit', acknowledgeDataLoss: 'true' };
const click = (form: SeenActivity, verb: string, inputs: Record<string, unknown> = {}) =>
  world.teams.click(people.requester, form.id, verb, { inputs });
/** Nothing is asked of Azure for two seconds: whoever waited for its answers has them. */
async function untilAzureIsQuiet(): Promise<void> {
  for (let [asked, before] = [0, -1]; asked !== before; ) {
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    [asked, before] = [(await world.azureRequests()).length, asked];
  }
}
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
  });

  test('submits nothing that was given up, however late it answers', async () => {
    const form = await typeAll(world);
    await faultAzure(world, { match: { url: 'providers/Microsoft' }, delayMs: 600_000 });
    expect(answered(await click(form, 'form.submit', reason))).toContain('Looking once more before it is submitted');
    const review = await click(form, 'form.back');
    expect(answered(review)).toContain('steps in Azure');
    await mendAzure(world);
    await untilAzureIsQuiet();
    expect(answered(await click(form, 'form.cancel'))).toContain('Canceled');
    const { requests } = await readRecord(world);
    expect(requests).toHaveLength(1);
  });
});
