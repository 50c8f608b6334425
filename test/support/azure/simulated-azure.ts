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

interface SimulatedAzure {
  /** Puts the state back before each test. */
  readonly restores?: boolean;
}

/** Starts a simulator before the first test, and removes it after the last. */
export function simulatedAzure({ restores = false }: SimulatedAzure = {}): RunningAzure {
  let running: RunningAzure | null = null;
  let seeded: unknown;
  const azure = lazily(() => {
    if (running === null) throw new Error('the simulator runs once the tests begin');
    return running;
  });
  beforeAll(async () => {
    running = await startAzure();
    if (restores) seeded = (await http(azure, 'GET', '/simulator/state')).body;
  });
  if (restores)
    beforeEach(async () => {
      await http(azure, 'PUT', '/simulator/state', { body: seeded });
    });
  afterAll(async () => {
    if (running !== null) await discard(running);
  });
  return azure;
}
