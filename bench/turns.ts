/** How many turns a second, and how long the slowest take, beside a bot that only echoes. */
import { requester } from '../src/local/people.ts';
import { compare, type Figure, type Measured, percentile } from './support/figures.ts';
import { type Driven, drive, openLoad } from './support/load.ts';
import { activityOf, type Ground, lookers } from './support/product.ts';

const atOnce = 16;
/** Code that has not run yet is slow, and slower in the bot than in the echo. */
const warmUp = 1_500;

interface Wanted {
  readonly text: string;
  readonly atLeast: number;
  readonly p99AtMost: number | null;
}
const typed: readonly Wanted[] = [
  { text: '/cmk-help', atLeast: 0.75, p99AtMost: 1.3 },
  { text: '/cmk-requests', atLeast: 0.5, p99AtMost: null },
];

export async function turns(ground: Ground, databaseUrl: string, rounds: number, count: number): Promise<Measured> {
  const [echo, bot] = [await ground.startEcho(), await ground.start(databaseUrl)];
  const load = openLoad(atOnce);
  const say = (text: string) => (index: number) =>
    activityOf(ground.connector, lookers[index % lookers.length] ?? requester, { text });
  const run = (url: string, text: string, many: number) => drive(load, url, say(text), { count: many, atOnce });
  try {
    await run(echo.url, 'hello', warmUp);
    for (const { text } of typed) await run(bot.url, text, warmUp);
    const figures: Figure[] = [];
    for (const { text, atLeast, p99AtMost } of typed) {
      const both: {
        readonly ours: Driven;
        readonly baseline: Driven;
        readonly cpu: { ours: number; baseline: number };
      }[] = [];
      for (let round = 0; round < rounds; round += 1) {
        const [echoBegan, botBegan] = [echo.cpuMs(), bot.cpuMs()];
        const baseline = await run(echo.url, 'hello', count);
        const ours = await run(bot.url, text, count);
        const cpu = { ours: (bot.cpuMs() - botBegan) / count, baseline: (echo.cpuMs() - echoBegan) / count };
        both.push({ ours, baseline, cpu });
      }
      const perSecond = both.map(({ ours, baseline }) => ({ ours: ours.perSecond, baseline: baseline.perSecond }));
      figures.push(compare(`${text}: turns a second`, 'per second', perSecond, 'echo', { atLeast }));
      const p99 = both.map(({ ours, baseline }) => ({
        ours: percentile(ours.ms, 0.99),
        baseline: percentile(baseline.ms, 0.99),
      }));
      const slowest = p99AtMost === null ? null : { atMost: p99AtMost };
      figures.push(compare(`${text}: 99 of 100 turns are answered within`, 'ms', p99, 'echo', slowest));
      const cpu = both.map((one) => one.cpu);
      figures.push(compare(`${text}: processor time of the bot a turn`, 'ms', cpu, 'echo', null));
    }
    return { name: 'turns', figures };
  } finally {
    load.close();
    await Promise.all([echo.end('SIGKILL'), bot.end('SIGKILL')]);
  }
}
