/** Runs an approved plan by the workflow's own body, without a job and without waiting: the clock moves instead. */
import type { RequestId } from '../../../src/domain/ids.ts';
import { noTracing } from '../../../src/domain/ports/telemetry.ts';
import { runPlan, Semaphore, type Turn } from '../../../src/workflow/run-plan.ts';
import type { RunPorts } from '../../../src/workflow/workflow-steps.ts';

/** The process ends here: what it had not stored is lost. */
export class Killed extends Error {}

export interface Drive {
  readonly permitted: <T>(work: () => Promise<T>) => Promise<T>;
  /** Called around every turn but loading; throws {@link Killed} to end the process there. */
  readonly before: (turn: string) => void | Promise<void>;
  readonly after: (turn: string) => void | Promise<void>;
  readonly advance: (ms: number) => void;
}

/** One turn after the other, also those of one stage. Behind one that throws no other is taken: the process has ended. */
function turnsOf({ before, after }: Drive): Turn {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(name: string, act: () => Promise<T>): Promise<T> => {
    if (name === 'load') return act();
    const result = last.then(async (): Promise<T> => {
      await before(name);
      const value = await act();
      await after(name);
      return value;
    });
    last = result;
    return result;
  };
}

/** Runs until the request waits for people or has ended. */
export const driveRun = (ports: RunPorts, id: RequestId, run: number, drive: Drive): Promise<void> => {
  const { permitted, advance } = drive;
  const engine = { turn: turnsOf(drive), sleep: async (ms: number) => advance(ms), room: new Semaphore(1) };
  return runPlan({ ...ports, ...engine, permitted, published: async () => true, tracing: noTracing }, id, run);
};
