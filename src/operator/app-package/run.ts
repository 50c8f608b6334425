/** `npm run package`: writes the Teams app package, or says what is missing. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { buildPackage } from './build-package.ts';
import { optionOf, readSettings } from './fill-manifest.ts';

const text = { type: 'string' } as const;
const ofSettings = Object.fromEntries(Object.values(optionOf).map((option) => [option, text]));
const forLooking = 'To see a package with the ids of the local tenant: npm run package -- --local';

const usage = [
  'npm run package -- [options]',
  '',
  'Writes the app package for Teams. Each option can be given as a variable instead.',
  ...Object.entries(optionOf).map(([variable, option]) => `  --${option.padEnd(16)} ${variable}`),
  `  --${'out FILE'.padEnd(16)} where it is written (dist/cmk-bot.zip)`,
  `  --${'local'.padEnd(16)} with the IDs of the sandbox tenant, for a try`,
  `  --${'help'.padEnd(16)} this text`,
].join('\n');

function refuse(problems: readonly string[], hint = ''): never {
  process.stderr.write(`the app package is not built:\n${problems.map((line) => `  ${line}\n`).join('')}${hint}`);
  process.exit(1);
}

const switches = { local: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } } as const;

function readOptions() {
  try {
    return parseArgs({ options: { ...ofSettings, ...switches, out: text } }).values;
  } catch (error) {
    return refuse([error instanceof Error ? error.message : String(error)]);
  }
}

const { local, help, out, ...given } = readOptions();
if (help) {
  process.stdout.write(`${usage}\n`);
  process.exit(0);
}
// biome-ignore lint/style/noProcessEnv: the packager runs apart from the bot and has its own few variables.
const read = local ? null : readSettings(given, process.env);
if (read?.kind === 'refused') refuse(read.problems, `${forLooking}\n`);

const built = await buildPackage(read === null ? null : read.settings);
if (built.kind === 'refused') refuse(built.problems);

const file = out ?? (local ? 'dist/cmk-bot-local.zip' : 'dist/cmk-bot.zip');
await mkdir(dirname(file), { recursive: true });
await writeFile(file, built.bytes);
process.stdout.write(`${file}${local ? ': ids of the local tenant, not for upload' : ''}\n`);
