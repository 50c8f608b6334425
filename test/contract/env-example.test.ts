/** `.env.example` is a configuration that a bot starts with; a test machine lacks only its database and its key. */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { readConfig } from '../../src/config/config.ts';
import { readEnvFile } from '../../src/config/env-file.ts';
import { environmentExample } from '../../src/config/settings/table.ts';
import { checkSettings } from '../../src/operator/check-settings.ts';
import { spawnBot, untilReady } from '../support/processes/bot-process.ts';
import { freePorts } from '../support/processes/free-ports.ts';
import { startPostgres } from '../support/store/postgres.ts';
import { writeServerSealKey } from '../support/store/seal-keys.ts';

const example = readEnvFile(fileURLToPath(new URL('../../.env.example', import.meta.url)));
const postgres = await startPostgres();
afterAll(() => postgres?.stop());

(postgres === null ? test.skip : test)('a bot starts with it', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'cmk-example-'));
  const port = await freePorts(1);
  let printed = '';
  const here = {
    DATABASE_URL: (await postgres?.newDatabase()) ?? '',
    CMK_SEAL_KEY_FILE: await writeServerSealKey(folder),
    PORT: String(port),
  };
  const bot = await spawnBot({ ...example, ...here }, (text) => {
    printed += text;
  });
  try {
    await untilReady(bot, `http://127.0.0.1:${port}`, () => printed);
  } finally {
    await bot.end('SIGINT');
    await rm(folder, { recursive: true, force: true });
  }
});

test('its witness is one whose key is valid', async () => {
  const text = environmentExample();
  const commented = (name: string): string => new RegExp(`^#${name}=(.*)$`, 'm').exec(text)?.[1] ?? '';
  const names = ['CMK_ANCHOR', 'CMK_LOG_KEY_FILE', 'CMK_WITNESSES', 'CMK_WITNESSES_NEEDED'];
  const config = readConfig({ ...example, ...Object.fromEntries(names.map((name) => [name, commented(name)])) });
  expect(config.anchor?.witnesses).toHaveLength(1);
  expect(await checkSettings(config)).toEqual([]);
});
