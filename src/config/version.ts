/** Which version this is: `package.json` says it, and nothing else. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';

const About = z.object({ version: z.string() });

/** Such as `0.1.0`: of the file beside what was built, or at the root of the sources. */
export const ownVersion = async (): Promise<string> =>
  About.parse(JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'))).version;
