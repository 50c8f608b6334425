/** Bundles programs and their packages in a few files: reading thousands of files would take most of a start's time. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Plugin } from 'esbuild';

/** Root of the sources. */
export const root = fileURLToPath(new URL('../', import.meta.url));

interface Bundling {
  /** Source of each program, relative to the root, by output name. */
  readonly programs: Readonly<Record<string, string>>;
  readonly folder: string;
  /** JavaScript expression for a source's address at run time. Cards and migrations are found relative to it. */
  readonly addressOf: (source: string) => string;
  /** JavaScript expression for the file path from which external packages are resolved. */
  readonly packagesFrom: string;
  readonly minify: boolean;
  /** `scripts`: CommonJS, one file `NAME.bundle.cjs` per program; missing: modules. */
  readonly as?: 'scripts';
  /** Sources whose exports replace globals of these names. */
  readonly inject?: string[];
}

/** External packages: they load files next to themselves, or are optional dependencies of other packages and not installed. */
const externalPackages = ['@microsoft/app-manifest', 'dtrace-provider', 'esbuild', 'pg-native'];

/** Packages that a source loads with `require`, because their types don't compile, are bundled like imports. */
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

/** Provides CommonJS globals for CommonJS packages in modules. */
const commonJsGlobals = (packagesFrom: string): string =>
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
  banner: { js: commonJsGlobals(packagesFrom) },
});
const scripts: BuildOptions = {
  format: 'cjs',
  outExtension: { '.js': '.bundle.cjs' },
  legalComments: 'none',
  // ES module packages read `import.meta.url`, such as the blob client on load.
  define: { 'import.meta.url': 'cmkHere' },
  banner: { js: "const cmkHere = require('node:url').pathToFileURL(__filename).href;" },
  // Code from V8's compile cache can't use dynamic imports; `require` does the same.
  supported: { 'dynamic-import': false },
};

/** Writes the programs as `NAME.mjs`, and shared chunks. Existing files aren't removed. */
export async function bundle({
  programs,
  folder,
  addressOf,
  packagesFrom,
  minify,
  as,
  inject = [],
}: Bundling): Promise<void> {
  await build({
    ...(as === 'scripts' ? scripts : modules(packagesFrom)),
    absWorkingDir: root,
    entryPoints: programs,
    inject,
    outdir: folder,
    bundle: true,
    platform: 'node',
    target: 'node20',
    sourcemap: 'linked',
    sourcesContent: false,
    // Names aren't minified: errors and logs use them, and restoring them would take longer than loading them.
    minifyWhitespace: minify,
    external: externalPackages,
    plugins: [addresses(addressOf)],
    logLevel: 'error',
  });
}
