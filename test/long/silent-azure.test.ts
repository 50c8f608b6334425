import { beforeAll, describe, expect, test } from '@jest/globals';
import { cardText, type SeenActivity } from '../support/teams/local-teams.ts';
import { scenario } from '../support/world/scenario.ts';
import {
  activityText,
  agentId,
  answered,
  faultAzure,
  mendAzure,
  people,
  places,
  type,
  untilMended,
} from '../support/world/story.ts';

const world = scenario({ own: {}, restoresAzure: true });

describe('an Azure that does not answer', () => {
  test.each(['/enable-cmk', '/enable-cmk resource=triage-agent-prod'])('refuses %s, and says so once', async (text) => {
    await faultAzure(world, { match: { url: 'providers/Microsoft' }, drop: true });
    const words = activityText(await type(world, people.requester, text));
    expect(words).toContain('Azure didn’t answer as expected.');
    expect(words.match(/Nothing was changed/g)).toHaveLength(1);
  });
});

describe('an Azure that takes its time', () => {
  let form: SeenActivity;
  const hold = () => faultAzure(world, { match: { url: 'providers/Microsoft' }, ...untilMended, times: 20 });
  const click = async (verb: string, inputs: Record<string, unknown> = {}) =>
    answered(await world.teams.click(people.requester, form.id, verb, { inputs }));
  const comes = (words: string) =>
    world.teams.sees(places.operations, people.requester, ({ id, ...one }) => {
      return id === form.id && cardText({ id, ...one }).includes(words);
    });

  beforeAll(async () => {
    form = await type(world, people.requester, '/enable-cmk');
  });

  test('leads back to the page that was left, with what was filled in', async () => {
    await hold();
    const looking = await click('form.next', { resource: agentId('triage-agent-test') });
    expect(looking).toContain('Looking at the vaults');
    expect(looking).toContain('This page updates automatically');
    const page = await world.teams.click(people.requester, form.id, 'form.back');
    expect(answered(page)).toContain('Which agent');
    expect(JSON.stringify(page.body)).toContain(`"value":"${agentId('triage-agent-test')}"`);
    await mendAzure(world);
    expect(await click('form.next', { resource: agentId('triage-agent-prod') })).toContain('Which vault');
  });

  test('lets the next page come by itself, also after the bot crashed in the meantime', async () => {
    await hold();
    expect(await click('form.next', { vault: 'kv-care-prod' })).toContain('Looking at the keys');
    await world.restartBot('SIGKILL');
    expect(activityText(await comes('Looking at the keys'))).toContain('select Try again');
    expect(await click('form.refresh')).toContain('Looking at the keys');
    await mendAzure(world);
    expect(activityText(await comes('kv-care-prod'))).toContain('Which key');
  });

  test('shows that somebody types, and answers in place of words that say so', async () => {
    await hold();
    const looking = await type(world, people.requester, '/enable-cmk triage-agent-test');
    expect(activityText(looking)).toContain('Azure takes longer than usual');
    const { body } = await world.teams.call('GET', '/simulator/requests');
    expect(JSON.stringify(body)).toContain('"type":"typing"');
    await mendAzure(world);
    form = looking;
    expect(activityText(await comes('triage-agent-test'))).toContain('Which vault');
  });
});
