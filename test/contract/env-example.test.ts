/** `.env.example` is a configuration that a bot starts with; production-world.ts starts one with such settings. */
import { fileURLToPath } from 'node:url';
import { readConfig } from '../../src/config/config.ts';
import { readEnvFile } from '../../src/config/env-file.ts';
import { environmentExample } from '../../src/config/settings/table.ts';
import { checkSettings } from '../../src/operator/check-settings.ts';

const example = readEnvFile(fileURLToPath(new URL('../../.env.example', import.meta.url)));

test('it is a whole production configuration, whose settings can be used', async () => {
  const config = readConfig(example);
  expect(config.server.mode).toBe('production');
  expect(await checkSettings(config)).toEqual([]);
});

test('its witness is one whose key is valid', async () => {
  const text = environmentExample();
  const commented = (name: string): string => new RegExp(`^#${name}=(.*)$`, 'm').exec(text)?.[1] ?? '';
  const names = ['CMK_ANCHOR', 'CMK_LOG_KEY_FILE', 'CMK_WITNESSES', 'CMK_WITNESSES_NEEDED'];
  const config = readConfig({ ...example, ...Object.fromEntries(names.map((name) => [name, commented(name)])) });
  expect(config.anchor?.witnesses).toHaveLength(1);
  expect(await checkSettings(config)).toEqual([]);
});
