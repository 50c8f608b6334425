/** The cases of a matrix that a run takes: all of them, or a share that changes with the seed. */

/** `CMK_CRASH_SEED`; another one in each run without it. */
export const crashSeed = Number(process.env.CMK_CRASH_SEED ?? Date.now() % 1_000_000);

/** `CMK_CRASH_SHARE`: how many cases of each matrix are taken. Default: all. */
const { CMK_CRASH_SHARE: share } = process.env;

/** Repeats this run: `CMK_CRASH_SHARE=5 CMK_CRASH_SEED=554657`. */
export const crashSettings = `${share === undefined ? '' : `CMK_CRASH_SHARE=${share} `}CMK_CRASH_SEED=${crashSeed}`;

/** Spread over the whole matrix. The seed chooses the first one, so that each case has its turn. */
export function chosenCases<T>(all: readonly T[]): readonly T[] {
  const count = Number(share ?? all.length);
  if (all.length <= count) return all;
  const [first, stride] = [(crashSeed % 997) / 997, all.length / count];
  return Array.from({ length: count }, (_, nth) => all[Math.floor((first + nth) * stride)]).filter(
    (one) => one !== undefined,
  );
}
