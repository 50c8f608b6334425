/**
 * The programs that tests start, each bundled into one file with what it needs: loading thousands of source files takes a
 * process longer than most stories. What a bundle does is what the sources do; `test/contract/start.test.ts` starts those.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { sources } from './programs.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Finds its files beside itself, or is wanted only by parts of other packages that nobody here uses and is not installed. */
const leftOutside = [
  '@electric-sql/pglite',
  '@microsoft/app-manifest',
  '@opentelemetry/*',
  'dtrace-provider',
  'pg-native',
  'winston',
  'winston-transport',
];

/** Files beside a source, such as cards and migrations, are looked for where the source is. */
const whereItWas: Plugin = {
  name: 'where-it-was',
  setup(building) {
    building.onLoad({ filter: /\.ts$/ }, async ({ path: file }) => ({
      loader: 'ts',
      contents: (await readFile(file, 'utf8')).replaceAll('import.meta.url', JSON.stringify(pathToFileURL(file).href)),
    }));
  },
};

/** CommonJS packages among modules want what every CommonJS file has. */
const surroundings = `Object.assign(globalThis, {
    require: process.getBuiltinModule('node:module').createRequire(${JSON.stringify(path.join(root, 'package.json'))}),
    __filename: ${JSON.stringify(path.join(root, 'package.json'))},
    __dirname: ${JSON.stringify(root)},
  });`;

/** Writes every program into the folder, which has to be below the repository's `node_modules`. */
export async function bundle(folder: string): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: sources,
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: 'linked',
    sourcesContent: false,
    external: leftOutside,
    plugins: [whereItWas],
    banner: { js: surroundings.replaceAll(/\n\s*/g, ' ') },
    logLevel: 'error',
  });
}
