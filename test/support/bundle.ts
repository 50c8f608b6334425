/**
 * The programs that tests start, each bundled into one file with what it needs: loading thousands of source files takes a
 * process longer than most stories. What a bundle does is what the sources do; `test/contract/start.test.ts` starts those.
 */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundle as bundlePrograms, root } from '../../src/build/bundle.ts';
import { sources } from './programs.ts';

/** Writes every program into the folder, which has to be below the repository's `node_modules`. */
export const bundle = (folder: string): Promise<void> =>
  bundlePrograms({
    programs: sources,
    folder,
    // Files beside a source, such as cards and migrations, are looked for where the source is.
    addressOf: (source) => JSON.stringify(pathToFileURL(source).href),
    packagesFrom: JSON.stringify(path.join(root, 'package.json')),
    minify: false,
  });
