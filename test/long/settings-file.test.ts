import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseEnv } from 'node:util';
import { cmkBot as callCmkBot, type Said } from '../support/processes/command-line.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'cmk-settings-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const env = (text: string): void => writeFileSync(path.join(folder, '.env'), text);

const cmkBot = (...args: readonly string[]): Promise<Said> => callCmkBot(args, {}, [], false, folder);

test('--data takes the settings of a sandbox over all others, and without any a sandbox in .local is used', async () => {
  const inFolder = (name: string, port: number): void => {
    mkdirSync(path.join(folder, name));
    writeFileSync(path.join(folder, name, '.env'), `DATABASE_URL=postgres://bot@127.0.0.1:${port}/cmk\n`);
  };
  inFolder('.local', 7);
  inFolder('data', 8);
  const list = (env: NodeJS.ProcessEnv, ...more: readonly string[]): Promise<Said> =>
    callCmkBot(['requests', 'list', ...more], env, [], false, folder);
  const goesTo = (port: number) => ({ code: 2, err: expect.stringContaining(`127.0.0.1:${port}`) });
  const shell = { DATABASE_URL: 'postgres://bot@127.0.0.1:9/cmk' };
  expect(await list({})).toMatchObject(goesTo(7));
  expect(await list(shell)).toMatchObject(goesTo(9));
  expect(await list(shell, '--data', 'data')).toMatchObject(goesTo(8));
  env('PORT=3978\n');
  expect(await list({})).toMatchObject({ code: 2, err: expect.stringContaining('DATABASE_URL is missing') });
});

test('setup writes a secret as it is read, refuses one that no line holds, and writes through no link', async () => {
  env('PORT=3978\n');
  const set = (value: string) => cmkBot('setup', '--set', `MicrosoftAppPassword=${value}`);
  const victim = path.join(folder, 'victim');
  writeFileSync(victim, 'precious');
  symlinkSync(victim, path.join(folder, '.env.new'));
  expect(await set(`it's "$HOME" #1`)).toMatchObject({ code: 0 });
  const text = readFileSync(path.join(folder, '.env'), 'utf8');
  expect(parseEnv(text)).toEqual({ PORT: '3978', MicrosoftAppPassword: `it's "$HOME" #1` });
  for (const value of ['a\nCMK_APPROVERS=me', `a'b"c\`d`]) {
    const said = await set(value);
    expect(said).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^.*MicrosoftAppPassword: the value has .* Choose another value\.\n$/),
    });
    expect(said.err).not.toContain(value);
  }
  expect(readFileSync(path.join(folder, '.env'), 'utf8')).toBe(text);
  expect(readFileSync(victim, 'utf8')).toBe('precious');
});
