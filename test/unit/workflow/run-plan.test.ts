import { noTracing } from '../../../src/domain/ports/telemetry.ts';
import { type EngineStep, runPlan, Semaphore } from '../../../src/workflow/run-plan.ts';
import { failure, id } from '../../support/builders/commands.ts';
import { Killed } from '../../support/builders/drive-run.ts';
import { approvedRequest } from '../../support/builders/run-world.ts';

/** As the engine does: what it has stored of a step is returned, and the step isn't taken again. */
function replaying(journal: unknown[], before: (name: string) => void): EngineStep {
  let taken = 0;
  return async <T>(name: string, act: () => Promise<T>): Promise<T> => {
    const turn = taken;
    taken += 1;
    if (turn < journal.length) return journal[turn] as T;
    before(name);
    const value = await act();
    journal[turn] = value;
    return value;
  };
}

it('repeats an attempt whose process ended before its result was stored, and asks first whether the run is still its own', async () => {
  const { ports, azure, restart, load } = await approvedRequest();
  const fenced: boolean[] = [];
  let within = 0;
  azure.before('resources.enableSystemIdentity', () => fenced.push(within > 0));
  const permitted = async <T>(work: () => Promise<T>): Promise<T> => {
    within += 1;
    return work().finally(() => {
      within -= 1;
    });
  };
  const run = (journal: unknown[], before: (name: string) => void) => {
    const engine = { permitted, tracing: noTracing, room: new Semaphore(1), step: replaying(journal, before) };
    return runPlan({ ...ports, ...engine }, id, 1);
  };

  azure.refuse('resources.enableSystemIdentity', failure({ next: 'wait', code: 'ServiceUnavailable', status: 503 }));
  const journal: unknown[] = [];
  const killed = run(journal, (name) => {
    if (name === 'record') throw new Killed();
  });
  await expect(killed).rejects.toThrow(Killed);
  restart();
  await run(journal, () => undefined);
  expect((await load()).state).toBe('succeeded');
  expect(fenced).toEqual([true, true]);
});
