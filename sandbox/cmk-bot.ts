/** `npm run cmk-bot`: the command line. If the sandbox is stopped, starts its database for the command. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { replaceFile } from '../src/io/files.ts';
import { withSettings } from '../src/operator/cli/with-settings.ts';
import { startDatabase } from './postgres.ts';

// However the command ends, the database that was started for it is stopped.
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => interrupted.abort());
const { values } = parseArgs({ options: { data: { type: 'string' } }, strict: false, allowPositionals: true });
const hasOthers = existsSync('.env') || (process.env.DATABASE_URL ?? '') !== '';
const folder = typeof values.data === 'string' ? values.data : hasOthers ? null : '.local';
const isSandbox = folder !== null && existsSync(`${folder}/postgres`);
const database = isSandbox ? await startDatabase(path.resolve(folder), { alone: false }) : null;
const file = `${folder}/.env`;
if (database !== null)
  await replaceFile(file, withSettings(await readFile(file, 'utf8').catch(() => ''), { DATABASE_URL: database.url }));
const program = ['--import', 'tsx', 'src/operator/cli/main.ts', ...process.argv.slice(2)];
const command = spawn(process.execPath, program, { stdio: 'inherit', signal: interrupted.signal });
const [code] = await once(command, 'exit').catch(() => [null]);
process.exitCode = code ?? 130;
await database?.stop();
