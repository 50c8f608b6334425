/** One world for all tests of a file or of a `describe`: Azure is put back after each. */
import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { mendAzure, rememberAzure } from './story.ts';
import { startWorld, type World, type WorldOptions } from './world.ts';

/** Hands the world over once it is started, before the first test. */
export function inOneWorld(use: (world: World) => void, options: WorldOptions = {}): void {
  let world: World | null = null;
  let putBack: (() => Promise<void>) | null = null;
  beforeAll(async () => {
    world = await startWorld(options);
    use(world);
    putBack = await rememberAzure(world);
  });
  afterEach(async () => {
    if (world !== null) await mendAzure(world);
    await putBack?.();
  });
  afterAll(() => world?.end());
}
