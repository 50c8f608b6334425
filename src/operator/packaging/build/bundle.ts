/** Several programs in a few files, with all packages that they use: reading thousands of files takes longer than most of what a start does. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Plugin } from 'esbuild';

/** Where the sources are. */
export const root = fileURLToPath(new URL('../../../../', import.meta.url));

export interface Bundling {
  /** Each program's source, relative to the root, by the name of its file. */
  readonly programs: Readonly<Record<string, string>>;
  readonly folder: string;
  /** JavaScript for the address of a source when the bundle runs: cards and migrations are looked for from there. */
  readonly addressOf: (source: string) => string;
  /** JavaScript for a file's path from which packages are found that stay outside. */
  readonly packagesFrom: string;
  readonly minify: boolean;
  /** `scripts`: CommonJS, each program in one file of its own as `NAME.bundle.cjs`; without it modules. */
  readonly as?: 'scripts';
}

/** Finds its files beside itself, or is wanted only by parts of other packages that nobody here uses and is not installed. */
const leftOutside = [
  '@electric-sql/pglite',
  '@microsoft/app-manifest',
  '@opentelemetry/context-async-hooks',
  '@opentelemetry/exporter-logs-otlp-proto',
  '@opentelemetry/exporter-trace-otlp-proto',
  '@opentelemetry/sdk-trace-base',
  'dtrace-provider',
  'esbuild',
  'pg-native',
  'winston',
  'winston-transport',
];

/** Packages that a source requires because their types do not compile are bundled as if they were imported. */
const ownRequire = 'const require = createRequire(import.meta.url);';

const addresses = (addressOf: Bundling['addressOf']): Plugin => ({
  name: 'addresses',
  setup(building) {
    building.onLoad({ filter: /\.ts$/ }, async ({ path: file }) => ({
      loader: 'ts',
      contents: (await readFile(file, 'utf8')).replace(ownRequire, '').replaceAll('import.meta.url', addressOf(file)),
    }));
  },
});

/** CommonJS packages among modules want what every CommonJS file has. */
const surroundings = (packagesFrom: string): string =>
  [
    "const { createRequire: cmkRequire } = process.getBuiltinModule('node:module');",
    "const { dirname: cmkDirname } = process.getBuiltinModule('node:path');",
    `globalThis.__filename = ${packagesFrom};`,
    'globalThis.__dirname = cmkDirname(globalThis.__filename);',
    'globalThis.require = cmkRequire(globalThis.__filename);',
  ].join(' ');

const modules = (packagesFrom: string): BuildOptions => ({
  format: 'esm',
  splitting: true,
  outExtension: { '.js': '.mjs' },
  banner: { js: surroundings(packagesFrom) },
});
const scripts: BuildOptions = {
  format: 'cjs',
  outExtension: { '.js': '.bundle.cjs' },
  legalComments: 'none',
  // Packages that are modules ask where they are: the client of blobs does as it loads.
  define: { 'import.meta.url': 'cmkHere' },
  banner: { js: "const cmkHere = require('node:url').pathToFileURL(__filename).href;" },
  // What V8 compiled earlier has no way to import anything later; requiring does the same.
  supported: { 'dynamic-import': false },
};

/** Writes the programs, each as `NAME.mjs`, and what they share. Nothing that is there is removed. */
export async function bundle({ programs, folder, addressOf, packagesFrom, minify, as }: Bundling): Promise<void> {
  await build({
    ...(as === 'scripts' ? scripts : modules(packagesFrom)),
    absWorkingDir: root,
    entryPoints: programs,
    outdir: folder,
    bundle: true,
    platform: 'node',
    target: 'node20',
    sourcemap: 'linked',
    sourcesContent: false,
    // Names stay as they are: what is thrown and logged is told by them, and putting them back takes a start longer than reading them.
    minifyWhitespace: minify,
    external: leftOutside,
    plugins: [addresses(addressOf)],
    logLevel: 'error',
  });
}
