import { failure } from '../../support/builders/commands.ts';
import { Killed } from '../../support/builders/drive-run.ts';
import { approvedRequest } from '../../support/builders/run-world.ts';

it('repeats an attempt whose process ended before its result was stored, and asks first whether the run is still its own', async () => {
  const { azure, restart, drive } = await approvedRequest();
  const fenced: boolean[] = [];
  let within = 0;
  azure.before('resources.enableSystemIdentity', () => fenced.push(within > 0));
  const permitted = async <T>(work: () => Promise<T>): Promise<T> => {
    within += 1;
    return work().finally(() => {
      within -= 1;
    });
  };
  const beforeRecord = (turn: string): void => {
    if (turn === 'record') throw new Killed();
  };

  azure.refuse('resources.enableSystemIdentity', failure({ next: 'wait', code: 'ServiceUnavailable', status: 503 }));
  const journal: unknown[] = [];
  await expect(drive(1, { journal, permitted, before: beforeRecord })).rejects.toThrow(Killed);
  restart();
  const { state } = await drive(1, { journal, permitted });
  expect(state).toBe('succeeded');
  expect(fenced).toEqual([true, true]);
});
