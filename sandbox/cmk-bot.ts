/** `npm run cmk-bot`: the command line. If the sandbox is stopped, starts its database for the command. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { replaceFile } from '../src/io/files.ts';
import { withSettings } from '../src/operator/cli/setup.ts';
import { startDatabase } from './postgres.ts';

const { values } = parseArgs({ options: { data: { type: 'string' } }, strict: false, allowPositionals: true });
const hasOthers = existsSync('.env') || (process.env.DATABASE_URL ?? '') !== '';
const folder = typeof values.data === 'string' ? values.data : hasOthers ? null : '.local';
const isSandbox = folder !== null && existsSync(`${folder}/postgres`);
const database = isSandbox ? await startDatabase(path.resolve(folder), { alone: false }) : null;
try {
  const file = `${folder}/.env`;
  if (database !== null)
    await replaceFile(file, withSettings(await readFile(file, 'utf8').catch(() => ''), { DATABASE_URL: database.url }));
  await import('../src/operator/cli/main.ts');
} finally {
  await database?.stop();
}
