import { spawn } from 'node:child_process';
import { scenario } from '../support/world/scenario.ts';
import { choices, submit, typeAll, until } from '../support/world/story.ts';

/** Things go wrong while people's words are on their way: the log says that they do, and none of the words. */

const world = scenario();
const reason = 'Patient file 4711 must stay readable';

// Ending the world looks through all that was printed.

interface Logged {
  readonly msg: string;
  readonly err?: { readonly type: string; readonly code?: string; readonly status?: number; readonly stack?: string };
}

const errors = (): readonly Logged[] =>
  world
    .printed()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line): Logged => JSON.parse(line))
    .filter(({ err }) => err !== undefined);

test('Teams refuses the cards and repeats them: the error is logged without them', async () => {
  const form = await typeAll(world, choices.first);
  const error = { code: 'BadSyntax', message: 'Bad format', details: [{ sent: { justification: reason } }] };
  for (const method of ['POST', 'PUT']) {
    const fault = { match: { method, url: '/v3/conversations' }, respond: { status: 400, body: { error } } };
    await world.teams.call('POST', '/simulator/faults', fault);
  }
  await submit(world, form, reason);
  await until(async () => errors().some(({ msg }) => msg === 'work postponed'), 'the cards are refused');
  await world.teams.call('DELETE', '/simulator/faults');
  const [logged] = errors();
  expect(logged?.err).toMatchObject({ type: 'RestError', code: 'BadSyntax', status: 400 });
  expect(logged?.err?.stack).toMatch(/^\s+at /);
});

/** A process of its own that logs as the bot does, and then does something. */
const afterLogging = async (program: string): Promise<{ readonly code: number | null; readonly out: string }> => {
  const text = `
    import { redirectConsole, logUncaughtErrors, openLog } from './src/observability/log.ts';
    const log = openLog('info', 'local');
    redirectConsole(log);
    logUncaughtErrors(log);
    const error = Object.assign(new Error('no'), { request: { headers: { authorization: 'Bearer abcdefghij' } }, body: 'words of a person' });
    ${program}`;
  const args = ['--import', 'tsx', '--input-type=module', '--eval', text];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      out += chunk;
    });
  }
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, out })));
};

test('what a library prints becomes a line of the log, an error in it without what it carries', async () => {
  const { code, out } = await afterLogging("console.error('not so', error, { words: 'words of a person' });");
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ level: 40, printed: 'not so (error) (object)', err: { message: 'no' } });
  expect(out).not.toMatch(/abcdefghij|words of a person/);
});

test.each(['throw error;', 'void Promise.reject(error);'])(
  'an error that nobody catches is logged the same way and ends the process: %s',
  async (program) => {
    const { code, out } = await afterLogging(program);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ level: 60, err: { message: 'no' }, msg: 'ended by an uncaught error' });
    expect(out).not.toMatch(/abcdefghij|words of a person/);
  },
);
