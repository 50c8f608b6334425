/** What a list, a history and a scrape cost when more and more is open. */
import type { Child } from './support/child.ts';
import { alone, type Measured } from './support/figures.ts';
import { askInTurn, botMemory, chartOf, type Growing, steady, Took, weigh } from './support/growing.ts';
import { openLoad } from './support/load.ts';
import { fillOpen } from './support/open-requests.ts';
import type { Ground } from './support/product.ts';
import { questions } from './support/questions.ts';

const asked = ['/cmk-requests', '/cmk-history', '/cmk-history agent-1', '/cmk-help', '/metrics'] as const;

/** A record for each size stands beside the others, with a bot of its own. */
export async function growth(
  ground: Ground,
  newDatabase: () => Promise<string>,
  sizes: readonly number[],
): Promise<Measured> {
  const took = new Took();
  const load = openLoad(1);
  const bots: Child[] = [];
  try {
    for (const size of sizes) {
      const url = await newDatabase();
      await fillOpen(url, 0, size);
      bots.push(await ground.start(url, { CMK_ANCHOR: 'none' }));
    }
    const asking = bots.map(({ url }) => questions(ground, url, load));
    await askInTurn(took, { warmUp: 40, samples: 25 }, asked, asking);
    weigh(took, bots);
  } finally {
    load.close();
    for (const bot of bots) await bot.end('SIGKILL');
  }
  const growing: Growing = { over: 'open requests', sizes };
  return {
    name: 'growth',
    figures: [
      ...asked.map((name) => steady(name, growing, took.of(name))),
      alone(`memory with ${sizes.at(-1)} open requests`, 'MB', took.of(botMemory).at(-1) ?? [], null),
    ],
    growth: [chartOf(growing, took, asked), chartOf(growing, took, [botMemory], 'MB')],
  };
}
