/** A tenant with very many agents: a picture of them all, and choices while somebody types, beside bare calls with the SDK. */
import { setTimeout as sleep } from 'node:timers/promises';
import { requester } from '../src/local/people.ts';
import { addAgents } from './support/agents.ts';
import { agentsWith, bareGraph, everyAgent } from './support/bare-graph.ts';
import { alone, compare, type Figure, type Measured, percentile } from './support/figures.ts';
import { timed } from './support/growing.ts';
import { openLoad, wellSent } from './support/load.ts';
import { activityOf, type Ground } from './support/product.ts';
import { openTyping, type TypingTook } from './support/typing.ts';

/** For so long a look at all agents is kept. */
const keptMs = 61_000;
const samples = 40;

/** A letter waits for the directory, and for what the bot does besides: both are said, for only the second is the bot's. */
function typedFigures(agents: number, took: readonly TypingTook[]): readonly Figure[] {
  const what = `choices while somebody types, of ${agents} agents`;
  const p95 = (of: keyof TypingTook): number =>
    percentile(
      took.map((one) => one[of]),
      0.95,
    );
  const first = [{ ours: p95('first'), baseline: p95('query') }];
  return [
    compare(`${what}, 95 of 100`, 'ms', first, 'one query', { atMost: 1.1 }),
    ...(['again', 'further'] as const).flatMap((which) => {
      const letters = which === 'again' ? 'the same typed again' : 'a letter more';
      const rest = took.map((one) => one[which] - one.directory);
      return [
        alone(`${what}: ${letters}, 95 of 100`, 'ms', [p95(which)], null),
        alone(`${what}: ${letters}, besides the directory’s answer`, 'ms', rest, { atMost: 5 }),
      ];
    }),
    alone('the directory says who somebody is, 95 of 100', 'ms', [p95('directory')], null),
  ];
}

export async function tenant(ground: Ground, databaseUrl: string, rounds: number, agents: number): Promise<Measured> {
  await addAgents(ground.azure, agents);
  const bare = await bareGraph(ground);
  const bot = await ground.start(databaseUrl);
  const load = openLoad(1);
  try {
    const look = (): Promise<void> =>
      wellSent(load, bot.url, activityOf(ground.connector, requester, { text: '/cmk-status' }));
    await bare(everyAgent);
    await look();
    const status: { readonly ours: number; readonly baseline: number }[] = [];
    for (let round = 0; round < rounds; round += 1) {
      await sleep(keptMs);
      status.push({ baseline: await timed(() => bare(everyAgent)), ours: await timed(look) });
    }
    const sample = openTyping(ground, load, bot.url, (part) => bare(agentsWith(part)));
    const took: TypingTook[] = [];
    for (let n = -10; n < samples; n += 1) {
      const one = await sample(n);
      if (n >= 0) took.push(one);
    }
    return {
      name: 'tenant',
      figures: [
        compare(`/cmk-status over ${agents} agents`, 'ms', status, 'all pages of Resource Graph', { atMost: 1.3 }),
        ...typedFigures(agents, took),
      ],
    };
  } finally {
    load.close();
    await bot.end('SIGKILL');
  }
}
