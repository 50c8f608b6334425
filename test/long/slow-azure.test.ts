import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { answered, faultAzure, fillForm, mendAzure, people, requestIdIn, type } from '../support/story.ts';
import { startWorld, type World } from '../support/world.ts';

describe('an Azure that is slow', () => {
  let world: World;

  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.end());

  const slow = () => faultAzure(world, { match: { url: 'providers/Microsoft' }, delayMs: 12_000 });
  /** What the person sees. After ten seconds it would be an error of Teams itself, and not the bot's words. */
  const inTime = async (click: Promise<Parameters<typeof answered>[0]>): Promise<string> => answered(await click);

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
  });

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
  });
});
