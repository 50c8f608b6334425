import path from 'node:path';

/** The programs that tests start, by what they are: each one's source. */
export const sources = {
  bot: 'src/main.ts',
  'app-package': 'src/operator/app-package/run.ts',
  'command-line': 'test/support/processes/command-line-process.ts',
  'local-azure': 'sandbox/azure/run.ts',
  'local-teams': 'sandbox/teams/run.ts',
  product: 'test/product.ts',
  postgres: 'test/support/store/postgres-process.ts',
} as const;
export type ProgramName = keyof typeof sources;

/** Those that are started often: each is one script, of which V8 keeps what it compiled. None awaits at its top level. */
export const scripts: ReadonlySet<ProgramName> = new Set([
  'bot',
  'command-line',
  'local-azure',
  'local-teams',
  'product',
]);

/** What a run of the tests starts from, below one folder. */
export const programsIn = (prepared: string): string => path.join(prepared, 'programs');
export const programIn = (prepared: string, name: ProgramName): string =>
  path.join(programsIn(prepared), `${name}.${scripts.has(name) ? 'cjs' : 'mjs'}`);
/** A data folder with the seeded Azure, of which nothing was asked yet. */
export const templateIn = (prepared: string): string => path.join(prepared, 'data');
