import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { keyLine } from '../../src/audit/tlog/keys.ts';
import { logKey, newFolder } from '../support/audit/published-log.ts';
import { cmkBot } from '../support/processes/command-line.ts';
import { surroundings } from '../support/processes/surroundings.ts';

/** The witness as a process: one a folder, and none on a folder that lost what was signed. */

const main = fileURLToPath(new URL('../../src/operator/cli/main.ts', import.meta.url));
let folder: string;
const children: ChildProcess[] = [];
const arguments_ = () => [
  'witness',
  'run',
  '--name',
  'witness.example/w1',
  '--folder',
  folder,
  '--listen',
  '127.0.0.1:0',
];

async function startProcess(): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--import', 'tsx', main, ...arguments_()], { env: surroundings() });
  children.push(child);
  let out = '';
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (text) => {
      out += text;
      if (out.includes('listening on')) resolve();
    });
    child.once('exit', () => reject(new Error(`the witness ended: ${out}`)));
  });
  return child;
}

beforeEach(async () => {
  folder = await newFolder();
  expect(await cmkBot(['witness', 'add', keyLine(logKey.verifier), '--folder', folder], {})).toMatchObject({ code: 0 });
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

test('a second witness on one folder does not start, and one after the first does, however that ended', async () => {
  const first = await startProcess();
  const second = await cmkBot(arguments_(), {});
  expect(second).toMatchObject({ code: 2, err: expect.stringContaining('another witness uses the folder') });
  first.kill('SIGKILL');
  await once(first, 'exit');
  const third = await startProcess();
  third.kill('SIGTERM');
  expect(await once(third, 'exit')).toEqual([0, null]);
});

test('a witness whose last checkpoint was emptied does not start, and takes no key', async () => {
  const logs = path.join(folder, 'logs');
  const [last = ''] = (await readdir(logs)).filter((name) => name.endsWith('.last'));
  await writeFile(path.join(logs, last), '');
  for (const args of [arguments_(), ['witness', 'add', keyLine(logKey.verifier), '--folder', folder]])
    expect(await cmkBot(args, {})).toMatchObject({
      code: 2,
      err: expect.stringMatching(/is empty\. The witness could .*run a witness with a new name and a new key/),
    });
});
