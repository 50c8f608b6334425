/** Runs an approved plan by the workflow's own body, without the engine and without waiting: the clock moves instead. */
import type { RequestId } from '../../../src/domain/ids.ts';
import { noTracing } from '../../../src/domain/ports/telemetry.ts';
import type { FencedPorts } from '../../../src/workflow/fencing.ts';
import { type EngineStep, runPlan, Semaphore } from '../../../src/workflow/run-plan.ts';
import type { RunPorts } from '../../../src/workflow/workflow-steps.ts';

/** The process ends here: what the engine had not stored of this turn is lost. */
export class Killed extends Error {}

export interface Drive extends Pick<FencedPorts, 'permitted'> {
  /** What the engine has stored of the turns of this run: taken again, a turn that is in here is not repeated. */
  readonly journal: unknown[];
  /** Called around every turn that is really taken; throws {@link Killed} to end the process there. */
  readonly before: (turn: string) => void | Promise<void>;
  readonly after: (turn: string) => void | Promise<void>;
  readonly advance: (ms: number) => void;
}

/** One turn after the other, also those of one stage. Behind one that throws no other is taken: the process has ended. */
function turnsOf({ journal, before, after }: Drive): EngineStep {
  let taken = 0;
  let last: Promise<unknown> = Promise.resolve();
  return <T>(name: string, act: () => Promise<T>): Promise<T> => {
    const turn = taken;
    taken += 1;
    const result = last.then(async (): Promise<T> => {
      // A journal holds what these very turns returned.
      if (turn < journal.length) return journal[turn] as T;
      await before(name);
      const value = await act();
      await after(name);
      journal.push(value);
      return value;
    });
    last = result;
    return result;
  };
}

/** Runs until the request waits for people or has ended. */
export const driveRun = (ports: RunPorts, id: RequestId, run: number, drive: Drive): Promise<void> => {
  const { permitted, advance } = drive;
  const engine = { step: turnsOf(drive), sleep: async (ms: number) => advance(ms), room: new Semaphore(1) };
  return runPlan({ ...ports, ...engine, permitted, tracing: noTracing }, id, run);
};
