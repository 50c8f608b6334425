/** What is measured while something grows, and what it says of the growth: nothing may be worse than linear. */
import { compare, type Figure, type Growth, spreadOf, type Unit } from './figures.ts';

/** Of one question: samples at each size, the smallest first. */
export type Samples = readonly (readonly number[])[];

export interface Growing {
  /** What grows, such as `open requests`. */
  readonly over: string;
  readonly sizes: readonly number[];
}

/** Samples by question. */
export class Took {
  readonly #all = new Map<string, Samples>();

  set(question: string, samples: Samples): void {
    this.#all.set(question, samples);
  }

  of(question: string): Samples {
    return this.#all.get(question) ?? [];
  }
}

export async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

interface Often {
  readonly warmUp: number;
  readonly samples: number;
}

/** Asks each place in turn, the smallest first, so that whatever else the machine does befalls all of them alike. In ms. */
export async function inTurn(
  { warmUp, samples }: Often,
  places: readonly ((sample: number) => Promise<unknown>)[],
): Promise<Samples> {
  const took = places.map((): number[] => []);
  for (let sample = -warmUp; sample < samples; sample += 1) {
    for (const [index, ask] of places.entries()) {
      const ms = await timed(() => ask(sample));
      if (sample >= 0) took[index]?.push(ms);
    }
  }
  return took;
}

/** Asks every place the same, one question after the other. */
export async function askInTurn(
  took: Took,
  often: Often,
  questions: readonly string[],
  places: readonly ((question: string) => Promise<unknown>)[],
): Promise<void> {
  for (const question of questions) {
    const asking = places.map((ask) => () => ask(question));
    took.set(question, await inTurn(often, asking));
  }
}

export const botMemory = 'memory of the bot';

/** What each place's bot holds now, in MB. */
export function weigh(took: Took, bots: readonly { memoryMb(): number }[]): void {
  took.set(
    botMemory,
    bots.map((bot) => [bot.memoryMb()]),
  );
}

const paired = (ours: readonly number[] = [], baseline: readonly number[] = []) =>
  ours.map((value, index) => ({ ours: value, baseline: baseline[index] ?? spreadOf(baseline).median }));

const many = (count: number | undefined): string => (count ?? 0).toLocaleString('en');

/** What costs the same however many there are: twice as much at the most. */
export function steady(what: string, { over, sizes }: Growing, samples: Samples, unit: Unit = 'ms'): Figure {
  const rounds = paired(samples.at(-1), samples[0]);
  return compare(`${what} with ${many(sizes.at(-1))} ${over}`, unit, rounds, `with ${many(sizes[0])}`, { atMost: 2 });
}

/** What has to look at each: each may cost no more where there are most than where there are a tenth of them. `samples` in ms. */
export function linear(what: string, { over, sizes }: Growing, samples: Samples): Figure {
  const each = (at: number): readonly number[] =>
    (samples.at(at) ?? []).map((ms) => (ms * 1_000) / (sizes.at(at) ?? Number.NaN));
  const [last, before] = [many(sizes.at(-1)), many(sizes.at(-2))];
  const rounds = paired(each(-1), each(-2));
  return compare(`${what}: each of ${last} ${over}`, 'µs', rounds, `each of ${before}`, { atMost: 1.5 });
}

/** A line of a chart through the middle of the samples at each size. */
const lineOf = (name: string, samples: Samples): Growth['lines'][number] => ({
  name,
  values: samples.map((some) => spreadOf(some).median),
});

/** A chart with a line for each question. */
export const chartOf = (growing: Growing, took: Took, questions: readonly string[], unit: Unit = 'ms'): Growth => ({
  ...growing,
  unit,
  lines: questions.map((question) => lineOf(question, took.of(question))),
});
