import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../support/processes/free-ports.ts';

test('npm run local says in one line each which ports others use, before it starts or removes anything', async () => {
  const port = (await freePorts(3)) + 2;
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(port, '127.0.0.1', resolve));
  const folder = join(tmpdir(), `local-ports-${port}`);
  const [first, second] = [String(port), String(port - 1)];
  const args = ['--data', folder, '--bot-port', first, '--teams-port', second, '--azure-port', first, '--reset'];
  const all = ['--import', 'tsx', 'sandbox/run.ts', ...args];
  const ended = await new Promise((resolve) =>
    execFile(process.execPath, all, (error, said, complained) => resolve([error?.code, said, complained])),
  );
  taken.close();
  const told = (flag: string) =>
    `port ${port} is in use; stop the program that uses it, or choose another with --${flag}\n`;
  expect(ended).toEqual([1, '', told('bot-port') + told('azure-port')]);
  expect(existsSync(folder)).toBe(false);
});
