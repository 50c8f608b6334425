/** What a benchmark says: what was measured, beside what it is compared with. */

/** Of several rounds: the middle one, and the lowest and highest. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

export type Unit = 'per second' | 'ms' | 'MB' | 'calls' | 'µs' | 's';

export interface Figure {
  /** Such as `help: turns a second`. */
  readonly what: string;
  readonly unit: Unit;
  readonly ours: Spread;
  /** What it is compared with, measured in the same rounds; null where nothing is: then the target is one of the value itself. */
  readonly baseline: { readonly name: string; readonly value: Spread } | null;
  /** Ours by the baseline, a round each; where there is no baseline, ours. */
  readonly compared: Spread;
  readonly target: { readonly atMost: number } | { readonly atLeast: number } | null;
  /** What a reader has to know to believe it. */
  readonly note?: string;
}

export interface Growth {
  /** What grows, such as `open requests`. */
  readonly over: string;
  readonly unit: Unit;
  readonly sizes: readonly number[];
  readonly lines: readonly { readonly name: string; readonly values: readonly number[] }[];
}

/** What a figure is made of. */
export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface Measured {
  readonly name: string;
  readonly figures: readonly Figure[];
  readonly tables?: readonly Table[];
  readonly growth?: readonly Growth[];
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const at = (index: number): number => sorted[Math.max(0, Math.min(sorted.length - 1, index))] ?? Number.NaN;
  const median = sorted.length % 2 === 1 ? at(Math.floor(middle)) : (at(middle - 1) + at(middle)) / 2;
  return { median, low: at(0), high: at(sorted.length - 1) };
}

/** The value that so large a part of them does not pass, such as 0.99. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * part) - 1)] ?? Number.NaN;
}

/** Null: nothing was aimed at. */
export function isReached({ compared, target }: Figure): boolean | null {
  if (target === null) return null;
  return 'atMost' in target ? compared.median <= target.atMost : compared.median >= target.atLeast;
}

/** Both sides of a comparison, a round each: the machine is never twice the same, so only what ran side by side is compared. */
export function compare(
  what: string,
  unit: Unit,
  rounds: readonly { readonly ours: number; readonly baseline: number }[],
  baseline: string,
  target: Figure['target'],
  note?: string,
): Figure {
  return {
    what,
    unit,
    ours: spreadOf(rounds.map((round) => round.ours)),
    baseline: { name: baseline, value: spreadOf(rounds.map((round) => round.baseline)) },
    compared: spreadOf(rounds.map((round) => round.ours / round.baseline)),
    target,
    ...(note === undefined ? {} : { note }),
  };
}

/** A value that is judged by itself. */
export function alone(
  what: string,
  unit: Unit,
  values: readonly number[],
  target: Figure['target'],
  note?: string,
): Figure {
  const ours = spreadOf(values);
  return { what, unit, ours, baseline: null, compared: ours, target, ...(note === undefined ? {} : { note }) };
}
