/** What a list, a history and a scrape cost when more and more is open. */
import { requester } from '../src/local/people.ts';
import { alone, compare, type Measured, spreadOf } from './support/figures.ts';
import { type Load, openLoad } from './support/load.ts';
import { fillOpen } from './support/open-requests.ts';
import { activityOf, type Ground } from './support/product.ts';

const asked = ['/cmk-requests', '/cmk-history', '/cmk-history agent-1', '/cmk-help'] as const;
const samples = 25;
const warmUp = 40;

async function timed(count: number, once: () => Promise<void>): Promise<readonly number[]> {
  const ms: number[] = [];
  for (let sample = 0; sample < count; sample += 1) {
    const began = performance.now();
    await once();
    ms.push(performance.now() - began);
  }
  return ms;
}

/** One person asks, one question at a time. */
function questions(ground: Ground, url: string, load: Load) {
  const typed = (text: string) => async (): Promise<void> => {
    const { status, body } = await load.send(url, activityOf(ground.connector, requester, { text }));
    if (status !== 200) throw new Error(`${text}: ${status} ${body.slice(0, 300)}`);
  };
  const scrape = async (): Promise<void> => {
    const answer = await fetch(`${url}/metrics`);
    await answer.text();
    if (!answer.ok) throw new Error(`/metrics: ${answer.status}`);
  };
  return new Map<string, () => Promise<void>>([
    ...asked.map((text): [string, () => Promise<void>] => [text, typed(text)]),
    ['/metrics', scrape],
  ]);
}

export async function growth(ground: Ground, databaseUrl: string, sizes: readonly number[]): Promise<Measured> {
  const took = new Map<string, (readonly number[])[]>();
  const memory: number[] = [];
  let filled = 0;
  for (const size of sizes) {
    await fillOpen(databaseUrl, filled, size);
    filled = size;
    const bot = await ground.start(databaseUrl, { CMK_ANCHOR: 'none' });
    const load = openLoad(1);
    try {
      for (const [name, once] of questions(ground, bot.url, load)) {
        await timed(warmUp, once);
        took.set(name, [...(took.get(name) ?? []), await timed(samples, once)]);
      }
      memory.push(bot.memoryMb());
    } finally {
      load.close();
      await bot.end('SIGKILL');
    }
  }
  const figures = [...took].map(([name, all]) => {
    const [first = [], last = []] = [all[0], all.at(-1)];
    const rounds = last.map((ours, index) => ({ ours, baseline: first[index] ?? Number.NaN }));
    return compare(`${name} with ${filled} open requests`, 'ms', rounds, `with ${sizes[0]}`, { atMost: 2 });
  });
  const lines = [...took].map(([name, all]) => ({ name, values: all.map((ms) => spreadOf(ms).median) }));
  return {
    name: 'growth',
    figures: [...figures, alone(`memory with ${filled} open requests`, 'MB', memory.slice(-1), null)],
    growth: [
      { over: 'open requests', unit: 'ms', sizes, lines },
      { over: 'open requests', unit: 'MB', sizes, lines: [{ name: 'memory of the bot', values: memory }] },
    ],
  };
}
