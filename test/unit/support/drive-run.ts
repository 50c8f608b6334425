/** Takes one run through its turns as the workflow body does, without waiting: the clock moves instead. */
import type { StepResult } from '../../../src/domain/decide.ts';
import type { RequestId } from '../../../src/domain/ids.ts';
import { attemptStep, checkRun, intend, type RunPorts, record, type Try } from '../../../src/workflow/run-plan.ts';

/** A run that is made to stop dead: nothing of this turn is known to the next start. */
export class Killed extends Error {}

export interface Drive {
  /** Called before every engine step with its name; throws {@link Killed} to end the process there. */
  readonly before?: (turn: string) => void;
  readonly advance: (ms: number) => void;
}

async function driveStage(ports: RunPorts, id: RequestId, run: number, first: readonly Try[], drive: Drive) {
  let open = first;
  while (open.length > 0) {
    drive.before?.('intend');
    if (!(await intend(ports, id, run, open))) return 'stopped';
    const results: StepResult[] = [];
    for (const one of open) {
      drive.before?.(one.step);
      results.push(await attemptStep(ports, id, run, one));
    }
    drive.before?.('record');
    const waiting = await record(ports, id, run, results);
    if (waiting === 'stopped') return 'stopped';
    drive.advance(Math.max(0, ...waiting.map(({ ms }) => ms)));
    open = waiting.map(({ step, attempt }) => ({ step, attempt }));
  }
  return 'done';
}

/** Runs until the request waits for people or has ended. */
export async function driveRun(ports: RunPorts, id: RequestId, run: number, drive: Drive): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    drive.before?.('check');
    const gate = await checkRun(ports, id, run, attempt);
    if (gate.go === false) return;
    if (gate.go === 'wait') {
      drive.advance(gate.ms);
      continue;
    }
    for (const stage of gate.stages) {
      const tries = stage.map((step) => ({ step, attempt: 1 }));
      if ((await driveStage(ports, id, run, tries, drive)) === 'stopped') return;
    }
    return;
  }
}
