/** Which version this is. `package.json` says it, and in what `npm run build` made also of which commit and when. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';

const Build = z.object({
  version: z.string(),
  /** Full hash; with `+` behind it, if files differed from it. Missing: run from the sources, or built without git. */
  commit: z.string().optional(),
  /** ISO 8601, UTC. */
  builtAt: z.string().optional(),
});
export type Build = z.infer<typeof Build>;

/** Of the file beside what was built, or at the root of the sources. */
export const ownBuild = async (): Promise<Build> =>
  Build.parse(JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')));

/** Such as `0.1.0`. */
export const ownVersion = async (): Promise<string> => (await ownBuild()).version;
