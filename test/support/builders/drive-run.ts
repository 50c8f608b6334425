/** Takes one run through its turns as the workflow body does, without waiting: the clock moves instead. */

import type { RequestId } from '../../../src/domain/ids.ts';
import { attemptStep, storeResult } from '../../../src/workflow/attempt-step.ts';
import { type RunPorts, recordIntent, runPreRunCheck, type StepAttempt } from '../../../src/workflow/workflow-steps.ts';

/** The process ends here: what the engine had not stored of this turn is lost. */
export class Killed extends Error {}

export interface Drive {
  /** What the engine has stored of the turns of this run: taken again, a turn that is in here is not repeated. */
  readonly journal: unknown[];
  /** Called around every turn that is really taken; throws {@link Killed} to end the process there. */
  readonly before: (turn: string) => void | Promise<void>;
  readonly after: (turn: string) => void | Promise<void>;
  readonly advance: (ms: number) => void;
}

type Take = <T>(name: string, act: () => Promise<T>) => Promise<T>;

function turnsOf(drive: Drive): Take {
  let taken = 0;
  return async <T>(name: string, act: () => Promise<T>): Promise<T> => {
    const turn = taken;
    taken += 1;
    // A journal holds what these very turns returned.
    if (turn < drive.journal.length) return drive.journal[turn] as T;
    await drive.before(name);
    const value = await act();
    await drive.after(name);
    drive.journal.push(value);
    return value;
  };
}

async function driveStage(
  ports: RunPorts,
  id: RequestId,
  run: number,
  first: readonly StepAttempt[],
  drive: Drive,
  take: Take,
) {
  let open = first;
  while (open.length > 0) {
    const tries = open;
    const intended = await take('intend', () => recordIntent(ports, id, run, tries));
    if (intended !== true) return intended === false ? 'stopped' : intended;
    const attempt = (one: StepAttempt) => attemptStep(ports, id, run, one);
    for (const one of tries) await take(one.step, () => attempt(one));
    const waiting = await take('record', () => storeResult(ports, id, run, tries, attempt));
    if (waiting === 'stopped') return 'stopped';
    drive.advance(Math.max(0, ...waiting.map(({ ms }) => ms)));
    open = waiting.map(({ step, attempt }) => ({ step, attempt }));
  }
  return 'done';
}

async function driveStages(
  ports: RunPorts,
  id: RequestId,
  run: number,
  stages: readonly (readonly StepAttempt['step'][])[],
  drive: Drive,
  take: Take,
) {
  for (const stage of stages) {
    const tries = stage.map((step) => ({ step, attempt: 1 }));
    const end = await driveStage(ports, id, run, tries, drive, take);
    if (end !== 'done') return end;
  }
  return 'done';
}

/** Runs until the request waits for people or has ended. */
export async function driveRun(ports: RunPorts, id: RequestId, run: number, drive: Drive): Promise<void> {
  const take = turnsOf(drive);
  for (let [attempt, round] = [1, 1]; ; ) {
    const [tried, rounds] = [attempt, round];
    const gate = await take('check', () => runPreRunCheck(ports, id, run, tried, rounds));
    if (gate.go === false) return;
    if (gate.go === 'wait') {
      drive.advance(gate.ms);
      attempt += 1;
      continue;
    }
    if ((await driveStages(ports, id, run, gate.stages, drive, take)) !== 'check-again') return;
    [attempt, round] = [1, round + 1];
  }
}
