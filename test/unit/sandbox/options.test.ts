import { describe, expect, test } from '@jest/globals';
import { scenarios } from '../../../sandbox/azure/scenarios.ts';
import { azureArguments } from '../../../sandbox/bot-environment.ts';
import { help, type LocalOptions, readOptions } from '../../../sandbox/options.ts';

function options(args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): LocalOptions {
  const read = readOptions(args, env);
  if (read === 'help') throw new Error('help was asked for');
  return read;
}

describe('the options of npm run local', () => {
  test('the command line wins over the environment, and that over what is usual', () => {
    const env = { CMK_LOCAL_BOT_PORT: '4001', CMK_LOCAL_TEAMS_PORT: '4002' };
    expect(options(['--bot-port', '5001'], env)).toMatchObject({
      'bot-port': 5001,
      'teams-port': 4002,
      'azure-port': 8443,
      reset: false,
    });
  });

  test('the log is for people unless a program reads it', () => {
    expect(options()).toMatchObject({ log: 'words' });
    expect(options(['--log', 'json'])).toMatchObject({ log: 'json' });
    expect(options([], { CMK_LOCAL_LOG: 'json' })).toMatchObject({ log: 'json' });
  });

  test('every mistake is named', () => {
    expect(() => options(['--bot-port', 'x', '--latency', 'slow'])).toThrow(/--bot-port: .*\n--latency: /);
  });
});

describe('what the local Azure is started with', () => {
  test('is what it was last, also as the page chose it, unless somebody says otherwise', () => {
    for (const name of ['--latency', '--scenario']) expect(azureArguments(options())).not.toContain(name);
  });

  test.each([
    [['--latency', 'instant'], {}, ['--latency', 'instant']],
    [[], { CMK_LOCAL_LATENCY: 'instant' }, ['--latency', 'instant']],
    [['--scenario', 'throttled', '--scenario', 'none'], {}, ['--scenario', 'throttled', '--scenario', 'none']],
    [[], { CMK_LOCAL_SCENARIO: 'throttled,none' }, ['--scenario', 'throttled', '--scenario', 'none']],
  ])('is what is said on the command line, %j, or in the environment, %j', (args, env, expected) => {
    expect(azureArguments(options(args, env)).slice(-expected.length)).toEqual(expected);
  });

  test('is refused with the names that there are when there is no such thing; help says what each does', () => {
    const refused = () => options(['--scenario', 'no-such-thing']);
    for (const { name, does } of scenarios) {
      expect(refused).toThrow(new RegExp(`--scenario: There is no scenario no-such-thing\\. .*${name}`));
      expect(help).toMatch(new RegExp(`^  ${name} +${does.replace(/[.()]/g, '\\$&')}$`, 'm'));
    }
  });
});
