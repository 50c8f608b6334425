/**
 * The programs that tests start, each bundled into one file with what it needs: loading thousands of source files takes a
 * process longer than most stories. What a bundle does is what the sources do; `test/long/start.test.ts` starts those.
 */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { bundle as bundlePrograms, root } from '../../../scripts/bundle.ts';
import { programIn, scripts, sources } from './programs.ts';

const starter = fileURLToPath(new URL('start-compiled.cjs', import.meta.url));
const movedDate = fileURLToPath(new URL('moved-date.ts', import.meta.url));
const packagesFrom = path.join(root, 'package.json');

/** Writes every program into the folder, which has to be below the repository's `node_modules`. */
export async function bundle(prepared: string, folder: string): Promise<void> {
  const common = {
    folder,
    // Files beside a source, such as cards and migrations, are looked for where the source is.
    addressOf: (source: string) => JSON.stringify(pathToFileURL(source).href),
    packagesFrom: JSON.stringify(packagesFrom),
    minify: true,
  };
  const names = Object.keys(sources) as (keyof typeof sources)[];
  const chosen = (isScript: boolean) =>
    Object.fromEntries(names.filter((name) => scripts.has(name) === isScript).map((name) => [name, sources[name]]));
  await bundlePrograms({ ...common, programs: chosen(false) });
  const { product, ...alone } = chosen(true);
  await bundlePrograms({ ...common, programs: alone, as: 'scripts' });
  await bundlePrograms({ ...common, programs: { product: product ?? '' }, as: 'scripts', inject: [movedDate] });
  const text = (name: string) =>
    `module.exports = require(${JSON.stringify(starter)})(__dirname, ${JSON.stringify(name)}, ${JSON.stringify(packagesFrom)});\n`;
  for (const name of scripts) await writeFile(programIn(prepared, name), text(name));
}
