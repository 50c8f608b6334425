import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  activityText,
  answered,
  faultAzure,
  fillForm,
  mendAzure,
  people,
  requestIdIn,
  type,
} from '../support/story.ts';
import { startWorld, type World } from '../support/world.ts';

describe('an Azure that does not answer', () => {
  let world: World;

  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.end());

  test.each(['/enable-cmk', '/enable-cmk resource=triage-agent-prod'])('refuses %s, and says so once', async (text) => {
    await faultAzure(world, { match: { url: 'providers/Microsoft' }, drop: true });
    const words = activityText(await type(world, people.requester, text));
    expect(words).toContain('Azure did not answer as expected.');
    expect(words.match(/Nothing was changed/g)).toHaveLength(1);
    await mendAzure(world);
  });
});

describe('an Azure that is slow', () => {
  let world: World;

  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.end());

  const slow = () => faultAzure(world, { match: { url: 'providers/Microsoft' }, delayMs: 12_000 });
  /** What the person sees, and that Teams did not have to show an error of its own meanwhile. */
  async function inTime(click: Promise<Parameters<typeof answered>[0]>): Promise<string> {
    const started = Date.now();
    const words = answered(await click);
    expect(Date.now() - started).toBeLessThan(9_900);
    return words;
  }

  test('says so in time and keeps the click: trying again makes it', async () => {
    const { form, review } = await fillForm(world);
    expect(answered(review)).toContain('5 steps, in this order');
    const click = (verb: string, inputs: Record<string, unknown> = {}) =>
      world.teams.click(people.requester, form.id, verb, { inputs });
    await slow();
    const reason = { justification: 'Own keys before the audit', acknowledgeDataLoss: 'true' };
    const words = await inTime(click('form.submit', reason));
    expect(words).toContain('Azure is slow');
    expect(words).toContain('Try again');
    expect(await inTime(click('form.refresh'))).toContain('Azure is slow');
    await mendAzure(world);
    const submitted = answered(await click('form.refresh'));
    expect(submitted).toContain('Submitted');
    expect(requestIdIn(submitted)).toMatch(/^CMK-/);
  }, 90_000);

  test('opens the form once it answers, when it was typed in one line', async () => {
    const typed = type(world, people.requester, '/enable-cmk resource=triage-agent-test');
    const form = await typed;
    await slow();
    expect(
      await inTime(
        world.teams.click(people.requester, form.id, 'form.next', { inputs: { vault: 'kv-hospital-keys' } }),
      ),
    ).toContain('Azure is slow');
    await mendAzure(world);
    expect(answered(await world.teams.click(people.requester, form.id, 'form.refresh'))).toContain('cmk-virtual-visit');
    expect(answered(await world.teams.click(people.requester, form.id, 'form.cancel'))).toContain('Cancelled');
  }, 60_000);
});
