import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { activityText, faultAzure, mendAzure, people, type } from '../support/story.ts';
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
