import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseEnv } from 'node:util';
import { readEnvironment } from '../../src/config/env.ts';
import { cmkBot } from '../support/processes/command-line.ts';

/** The questions of `setup`, whose answers come as lines. What the settings name is checked by the doctor. */

const folder = await mkdtemp(path.join(os.tmpdir(), 'cmk-setup-'));
const file = path.join(folder, '.env');
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(async () => {
  for (const name of await readdir(folder)) await rm(path.join(folder, name));
});

const setup = (lines: readonly string[], ...more: readonly string[]) =>
  cmkBot(['setup', '--env', file, ...more], {}, lines);
const link = (kind: string, name: string): string =>
  `https://teams.microsoft.com/l/${kind}/19%3A${name}%40thread.tacv2/${name}?groupId=7&tenantId=10000000-0000-4000-8000-000000000000`;
const id = (digit: number): string => `${digit}0000000-0000-4000-8000-000000000001`;
const database = 'postgres://cmk_bot@psql.care.example/cmk?sslmode=verify-full';

const bot = ['SingleTenant', id(2), id(1), 's3cret'];
const rest = [
  link('channel', 'approvals'),
  link('channel', 'audit'),
  id(2),
  's3cret',
  id(4),
  id(6),
  id(6),
  id(6),
  database,
  '/run/secrets/seal.key',
];

it('asks for what a bot needs until nothing is missing, and writes settings that the bot starts with', async () => {
  const { code, out, err } = await setup([...bot, ...rest]);
  expect([code, err]).toEqual([0, '']);
  expect(out).toContain(`Next: cmk-bot doctor --env ${file}.`);
  const written = readFileSync(file, 'utf8');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(written).toContain('# == Azure ==');
  const { env, mistakes } = readEnvironment(parseEnv(written));
  expect(mistakes).toEqual([]);
  expect(env).toMatchObject({ CMK_AUDIT_CHANNEL: '19:audit@thread.tacv2', CMK_OPERATORS: [id(6)] });
  // Nothing is left to ask.
  expect(await setup([])).toMatchObject({ code: 0 });
});

it('stops where answers end, and goes on there next time; Enter skips what can be empty, NAME=VALUE sets another', async () => {
  writeFileSync(file, '# mine\nCMK_PAUSE=true\n');
  const first = await setup(bot.slice(0, 2));
  expect(first).toMatchObject({ code: 1, out: expect.stringMatching(/Stopped at MicrosoftAppTenantId\. .* in /) });
  expect((await readdir(folder)).filter((name) => name.startsWith('.env.2'))).toHaveLength(1);
  const seal = 'CMK_SEAL_KEY_SECRET=https://kv.vault.azure.net/secrets/seal-key';
  const again = await setup([...bot.slice(2), ...rest.slice(0, 2), '', '', ...rest.slice(4, -1), seal]);
  expect(again.out).not.toContain('MicrosoftAppId\n');
  expect(again.code).toBe(0);
  expect(readFileSync(file, 'utf8')).toContain('# mine\nCMK_PAUSE=true\n');
  expect(parseEnv(readFileSync(file, 'utf8'))).toMatchObject({ CMK_SEAL_KEY_SECRET: expect.any(String) });
});
