/** Takes measurements in turn, compares them with their limits, and stores the results. */
import { readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from './harness.ts';

type Spread = Readonly<Record<'median' | 'low' | 'high', number>>;
type Rows = readonly (readonly number[])[];

export interface Figure {
  readonly what: string;
  readonly unit: string;
  readonly baseline: string;
  /** The limit: at least or at most this ratio to the baseline, or this value. */
  readonly floor: readonly [of: 'ratio' | 'value', sign: '≥' | '≤', limit: number];
  /** This checkout first, then the other one. */
  readonly checkouts: readonly Readonly<Record<'value' | 'baseline' | 'ratio', Spread>>[];
  /** For growth: this checkout's median at each size, smallest first. */
  readonly medians?: readonly number[];
}

/** Returns the value that this part of them doesn't exceed. */
export const percentile = (values: readonly number[], part: number): number =>
  values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(values.length * part) - 1)] ?? Number.NaN;
const spreadOf = (all: readonly number[]): Spread => ({
  median: percentile(all, 0.5),
  low: Math.min(...all),
  high: Math.max(...all),
});
/** `values`: of each checkout, by round. `baselines`: one for each checkout, or one for all. */
export const figureOf = (
  ...[what, unit, baseline, floor, values, baselines]: [string, string, string, Figure['floor'], Rows, Rows]
): Figure => ({
  what,
  unit,
  baseline,
  floor,
  checkouts: values.map((rounds, checkout) => {
    const least = baselines[checkout] ?? baselines[0] ?? [];
    const ratio = rounds.map((value, round) => value / (least[round] ?? Number.NaN));
    return { value: spreadOf(rounds), baseline: spreadOf(least), ratio: spreadOf(ratio) };
  }),
});
/** Returns the duration in milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

type Took = Readonly<Record<string, number>>;
/** `warmUp`: rounds that don't count. `pauseMs`: after each measurement. */
type Rounds = Readonly<{ rounds: number; perRound?: number; warmUp?: number; pauseMs?: number }>;
/**
 * Runs each of `works` in turn, so that other load on the machine affects all of them. `n` counts from 1. Returns each
 * work's median of each round, by name.
 */
export async function inTurn(plan: Rounds, works: readonly ((n: number) => Promise<Took>)[]) {
  const { rounds, perRound = 1, warmUp = 1, pauseMs = 0 } = plan;
  const took = works.map((): Took[] => []);
  for (let n = 1; n <= (warmUp + rounds) * perRound; n += 1)
    for (const [index, work] of works.entries()) {
      took[index]?.push(await work(n));
      await sleep(pauseMs);
    }
  const starts = Array.from({ length: rounds }, (_, round) => (warmUp + round) * perRound);
  return (name: string): Rows =>
    took.map((all) => {
      const values = all.map((one) => one[name] ?? Number.NaN);
      return starts.map((from) => percentile(values.slice(from, from + perRound), 0.5));
    });
}

export const sizes = [10, 100, 1_000, 10_000];

interface Growing<Place> {
  readonly over: string;
  readonly plan: Rounds;
  /** Measurements that can take at most twice as long with the largest size as with the smallest. */
  readonly same: readonly string[];
  /** Measurements that read each item: the largest size can take at most 15 times as long as a tenth of it. */
  readonly each: readonly string[];
  open(size: number, checkout: string): Promise<Place>;
  sample(place: Place, n: number): Promise<Took>;
}

/** Compares places of increasing size, one for each size and checkout, by their durations in ms. */
export async function grow<Place>({ checkouts }: Bench, growing: Growing<Place>): Promise<readonly Figure[]> {
  const { over, plan, same, each, open, sample } = growing;
  const places: Place[] = [];
  for (const size of sizes) for (const checkout of checkouts) places.push(await open(size, checkout));
  const works = places.map((place) => (n: number) => sample(place, n));
  const took = await inTurn(plan, works);
  const figure = (what: string, least: number, limit: number): Figure => {
    const at = (size: number): Rows => took(what).slice(size * checkouts.length, (size + 1) * checkouts.length);
    const baseline = `with ${sizes[least]}`;
    const most = at(sizes.length - 1);
    const fewer = at(least);
    const made = figureOf(`${what}, by ${over}`, 'ms', baseline, ['ratio', '≤', limit], most, fewer);
    return { ...made, medians: sizes.map((_, size) => percentile(at(size)[0] ?? [], 0.5)) };
  };
  return [...same.map((what) => figure(what, 0, 2)), ...each.map((what) => figure(what, sizes.length - 2, 15))];
}

export function isReached({ checkouts, floor: [of, sign, limit] }: Figure, checkout = 0): boolean {
  const measured = checkouts[checkout]?.[of].median ?? Number.NaN;
  return sign === '≥' ? measured >= limit : measured <= limit;
}
const number = (value: number): string =>
  value.toLocaleString('en', value >= 100 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 3 });
const spread = ({ median, low, high }: Spread): string => `${number(median)} (${number(low)}–${number(high)})`;
const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

export function tableOf(figures: readonly Figure[]): string {
  const rows = figures.map(({ medians, checkouts, ...figure }) => {
    const { what, unit, baseline, floor } = figure;
    const [of, sign, limit] = floor;
    const [least = ''] = checkouts.map((one) => `${baseline}${medians ? '' : `: ${spread(one.baseline)}`}`);
    const cells = checkouts.flatMap(({ value, ratio }, index) => [
      `${medians && index === 0 ? medians.map(number).join(', ') : spread(value)} ${unit}`,
      `${spread(ratio)} ×`,
      isReached({ ...figure, checkouts }, index) ? 'reached' : '**missed**',
    ]);
    return [what, least, `${sign} ${number(limit)} ${of === 'ratio' ? '×' : unit}`, ...cells];
  });
  const head = ['what', 'baseline', 'floor', 'measured', 'ratio', '', 'beside: measured', 'ratio', ''];
  const all = head.slice(0, rows[0]?.length);
  return [all, all.map(() => '---'), ...rows].map(line).join('\n');
}

const results = 'bench/results.json';
const page = 'bench/results.md';
const start = '<!-- npm run bench -- --keep writes this table -->';
const end = '<!-- end -->';
/** Replaces the stored results of the same measurements. Results of the other checkout aren't stored. */
export function keep(measured: readonly Figure[]): void {
  const machine = `${os.cpus().length} × ${os.cpus()[0]?.model.trim()}, Node ${process.version}`;
  const when = `${new Date().toISOString().slice(0, 10)}, ${machine}`;
  const now = measured.map((figure) => ({ ...figure, checkouts: figure.checkouts.slice(0, 1), when }));
  const before: typeof now = JSON.parse(readFileSync(results, 'utf8'));
  const all = [...before.filter(({ what }) => now.every((figure) => figure.what !== what)), ...now];
  writeFileSync(results, `${JSON.stringify(all)}\n`);
  const [above, rest = ''] = readFileSync(page, 'utf8').split(start);
  const table = `Measured ${[...new Set(all.map((figure) => figure.when))].join('; ')}.\n\n${tableOf(all)}`;
  writeFileSync(page, `${above}${start}\n\n${table}\n\n${end}${rest.split(end)[1] ?? ''}`);
}
