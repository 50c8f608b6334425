/** The Azure simulator of a suite, and what a suite makes of it once it runs. */
import { afterAll, beforeAll, beforeEach } from '@jest/globals';
import { discard, http, type RunningAzure, startAzure } from './local-azure.ts';

/** Makes the object when it is first used: what needs a running simulator is there in tests, not before. */
export function lazily<T extends object>(make: () => T): T {
  let made: T | null = null;
  return new Proxy({} as T, {
    get: (_target, name) => {
      made ??= make();
      return Reflect.get(made, name);
    },
  });
}

/** One for all suites of a file. */
let running: RunningAzure | null = null;
let seeded: unknown;
afterAll(async () => {
  if (running !== null) await discard(running);
});

interface SimulatedAzure {
  /** Puts the state back before each test. */
  readonly restores?: boolean;
}

/** The simulator of a test file as it was seeded, for the suite that calls this: started before the first test, removed after the last. */
export function simulatedAzure({ restores = false }: SimulatedAzure = {}): RunningAzure {
  const azure = lazily(() => {
    if (running === null) throw new Error('the simulator runs once the tests begin');
    return running;
  });
  const restore = async (): Promise<void> => {
    const { status } = await http(azure, 'PUT', '/simulator/state', { body: seeded });
    if (status !== 200) throw new Error('the state was not put back');
  };
  beforeAll(async () => {
    if (running !== null) return restore();
    running = await startAzure();
    seeded = (await http(running, 'GET', '/simulator/state')).body;
  });
  if (restores) beforeEach(restore);
  return azure;
}
