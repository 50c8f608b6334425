import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { surroundings } from '../../support/processes/surroundings.ts';

const script = fileURLToPath(new URL('../../support/processes/stop-process.ts', import.meta.url));

async function ended(how: 'hangs' | 'fails', withinMs: number, signal: 'SIGTERM' | 'SIGINT') {
  const child = spawn(process.execPath, ['--import', 'tsx', script, how, String(withinMs)], { env: surroundings() });
  let [out, err] = ['', ''];
  child.stderr.on('data', (text) => {
    err += text;
  });
  const exit = once(child, 'exit');
  for await (const text of child.stdout) {
    out += text;
    if (out === 'started\n') child.kill(signal);
  }
  return { exit: await exit, out, err };
}

test.each(['SIGTERM', 'SIGINT'] as const)(
  'a part that hangs keeps no process from ending after %s, and is logged',
  async (signal) => {
    expect(await ended('hangs', 300, signal)).toEqual({
      exit: [1, null],
      out: 'started\nfirst\nsecond\nlog: the bot did not stop in time\n',
      err: 'cmk-bot ends: it did not stop within 0.3 seconds\n',
    });
  },
);

test('a part that fails to stop is named and logged, and the parts after it are stopped', async () => {
  expect(await ended('fails', 60_000, 'SIGTERM')).toEqual({
    exit: [1, null],
    out: 'started\nfirst\nsecond\nlog: a part of the bot did not stop\nthird\n',
    err: 'cmk-bot ends: a part did not stop: no answer\n',
  });
});
