/** The bot is killed while Azure has just received a write: a world for that, and what has to hold of it afterwards. */
import { afterAll, expect } from '@jest/globals';
import { table } from '../support/docs/table.ts';
import type { SeenActivity } from '../support/teams/local-teams.ts';
import { scenario } from '../support/world/scenario.ts';
import { approve, type Fault, faultAzure, people, untilFaultsAreMet, untilMended } from '../support/world/story.ts';
import { readRecord, type World, type WorldOptions } from '../support/world/world.ts';

export interface Killing {
  readonly world: World;
  /** Of each case: the write, when the bot was killed, the request's state, and what Azure did. */
  readonly rows: string[][];
  /** Every request that was carried out, oldest first. */
  readonly ended: string[];
}

/** Azure is as it was before each case. What came of all is printed under the title at the end. */
export function worldForKilling(title: string, options: WorldOptions = {}): Killing {
  const rows: string[][] = [];
  const world = scenario({ own: options, restoresAzure: true });
  afterAll(() => void process.stdout.write(table(title, ['write', 'killed', 'state', 'effects'], rows)));
  return { world, rows, ended: [] };
}

/** Approves, and kills the bot when the write has come to Azure, which holds it. `passing`: faults of writes before it. */
export async function killInWrite(
  world: World,
  card: SeenActivity,
  { match, spoil }: { readonly match: Fault['match']; readonly spoil: Partial<Fault> },
  passing: readonly Fault[] = [],
): Promise<void> {
  await faultAzure(world, ...passing, { match, ...untilMended, ...spoil });
  await approve(world, people.approver, card);
  await untilFaultsAreMet(world);
  await world.endBot('SIGKILL');
}

/** The record verifies, and has each step of each request done once. Returns the steps done, by request. */
export async function expectDoneOnce({ world, ended }: Killing): Promise<readonly (readonly string[])[]> {
  const record = await readRecord(world);
  expect(record.findings).toEqual([]);
  expect(record.requests).toEqual(ended);
  return ended.map((id) => {
    const events = record.events(id);
    const done = events.filter((event) => event.startsWith('step-done')).map((event) => event.split('/')[0] ?? '');
    expect(new Set(done).size).toBe(done.length);
    // Where use is checked, its result follows.
    expect(events.filter((event) => event !== 'use-judged').at(-1)).toBe('succeeded');
    return done;
  });
}
