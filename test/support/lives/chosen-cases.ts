/** The cases of a matrix that a run takes: all of them, or a share that changes with the seed. */
import { z } from 'zod';

const Count = z.coerce.number().int();

/** `CMK_CRASH_SEED`; another one in each run without it. */
export const crashSeed = Count.nonnegative().parse(process.env.CMK_CRASH_SEED ?? Date.now() % 1_000_000);

/** `CMK_CRASH_SHARE`: how many cases of each matrix are taken. Default: all. */
const share = Count.positive().optional().parse(process.env.CMK_CRASH_SHARE);

/** Repeats this run: `CMK_CRASH_SHARE=5 CMK_CRASH_SEED=554657`. */
const crashSettings = `${share === undefined ? '' : `CMK_CRASH_SHARE=${share} `}CMK_CRASH_SEED=${crashSeed}`;
// Before anything can hang.
process.stdout.write(`${crashSettings}\n`);

/** Spread over the whole matrix. The seed chooses the first one, so that each case has its turn where the seed changes. */
export function chosenCases<T>(all: readonly T[]): readonly T[] {
  const count = share ?? all.length;
  if (all.length <= count) return all;
  const first = (crashSeed % 997) / 997;
  const stride = all.length / count;
  return Array.from({ length: count }, (_, nth) => all[Math.floor((first + nth) * stride)]).filter(
    (one) => one !== undefined,
  );
}
