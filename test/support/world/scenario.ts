/** The world of a suite, or of a `describe`. */
import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { mendAzure, rememberAzure } from './story.ts';
import { startWorld, type World, type WorldOptions } from './world.ts';

export interface ScenarioOptions {
  /** How it is started. Default: in this process. */
  readonly own?: WorldOptions;
  /** Puts Azure back after each test, and ends its faults. */
  readonly restoresAzure?: boolean;
}

/** Starts it before the first test, and ends it after the last. To be used within tests and hooks. */
export function scenario({ own, restoresAzure = false }: ScenarioOptions = {}): World {
  let world: World | null = null;
  let starting: Promise<World> | null = null;
  let putBack: (() => Promise<void>) | null = null;
  const started = (): World => {
    if (world === null) throw new Error('the world is there once the tests begin');
    return world;
  };
  beforeAll(async () => {
    starting = startWorld({ inProcess: true, ...own });
    world = await starting;
    if (restoresAzure) putBack = await rememberAzure(world);
  });
  afterEach(async () => {
    if (world === null || putBack === null) return;
    await mendAzure(world);
    await putBack();
  });
  // Also where it was there too late.
  afterAll(async () => (await starting?.catch(() => null))?.end());
  return new Proxy({} as World, { get: (_target, name) => Reflect.get(started(), name) });
}
