import { crowd, fillRecord, waiting } from '../support/teams/crowded.ts';
import { startWorld, type World } from '../support/world/world.ts';

/** Figures, not order: what `test/scenario/crowded-lists` asserts without a clock. */

let world: World;
beforeAll(async () => {
  world = await startWorld({ env: { CMK_LOG_LEVEL: 'warn' } });
  await fillRecord(world, 200);
}, 240_000);
afterAll(() => world?.end());

// Alone it takes less than a second. Other suites run beside this one.
it('a click beside two hundred lists over two hundred requests is answered within four seconds', async () => {
  const { clickMs, listsBefore, lists, refused } = await crowd(world, 200, await waiting(world));
  process.stdout.write(
    `click after ${Math.round(clickMs)} ms, ${listsBefore} of ${lists} lists before, ${refused} refused\n`,
  );
  expect(clickMs).toBeLessThan(4_000);
}, 120_000);
