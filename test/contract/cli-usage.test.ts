import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { subcommands } from '../../src/operator/cli/registry.ts';
import { openTerminal, run } from '../../src/operator/cli/run.ts';
import { cmkBot } from '../support/processes/command-line.ts';

/** What the command line answers before it has looked at any record. */

const empty = { folder: '' };
beforeAll(async () => {
  empty.folder = await mkdtemp(path.join(os.tmpdir(), 'cmk-empty-'));
});
afterAll(() => rm(empty.folder, { recursive: true, force: true }));

it('help agrees with docs/operate/command-line.md', async () => {
  const page = await readFile(new URL('../../docs/operate/command-line.md', import.meta.url), 'utf8');
  const [, rest = ''] = page.split('| `cmk-bot …` | does |');
  const rows = [...(rest.split('\n\n')[0] ?? '').matchAll(/^\| `(.+?)` \|/gm)];
  expect(rows.map(([, cell]) => cell?.replaceAll('\\|', '|'))).toEqual(
    subcommands.map(({ name, usage }) => `${name} ${usage}`.trim()),
  );
});

it.each([
  ['cmk-bot', ['dance'], 'there is no ‘dance’. cmk-bot --help lists all commands.'],
  ['cmk-bot requests list', ['--all'], "Unknown option '--all'"],
  ['cmk-bot requests show', [], 'ID: is missing; name a request, such as CMK-7F3K9Q'],
  ['cmk-bot requests retry', ['seven'], 'ID: is not a request’s name'],
  [
    'cmk-bot requests show',
    ['drift-7f3k9q2m8d'],
    'ID: is a drift. For its events: cmk-bot audit export --format jsonl --request DRIFT-7F3K9Q2M8D',
  ],
  ['cmk-bot audit export', ['--format', 'csv', '--since', 'may'], '--since: must be a day or a time'],
  ['cmk-bot audit erase', ['CMK-000001'], '--reason: is missing; enter a reason'],
])('what is not understood ends with 2 and one line: %s %j', async (command, args, line) => {
  const [, ...words] = command.split(' ');
  const { code, out, err } = await cmkBot([...words, ...args], { DATABASE_URL: 'postgres://bot@127.0.0.1:9/cmk' });
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err.startsWith(`${command}: ${line}`)).toBe(true);
  expect(err.trim().split('\n')).toHaveLength(1);
});

it('does not show the value of a secret setting', async () => {
  const env = path.join(empty.folder, 'secret.env');
  const { code, out, err } = await cmkBot([
    'setup',
    '--set',
    'OTEL_EXPORTER_OTLP_HEADERS=api-key=s3cret',
    '--env',
    env,
  ]);
  expect([code, err]).toEqual([0, '']);
  expect(out).toContain('OTEL_EXPORTER_OTLP_HEADERS: ');
  expect(out).not.toContain('s3cret');
  expect(await readFile(env, 'utf8')).toContain('OTEL_EXPORTER_OTLP_HEADERS=api-key=s3cret');
});

describe('what destroys is asked for twice', () => {
  const erase = (answer: string | null) => {
    const said: string[] = [];
    const ask = async (question: string): Promise<string> => {
      said.push(question);
      return answer ?? '';
    };
    const tell = async (text: string): Promise<void> => void said.push(text);
    const terminal = openTerminal(tell, tell, { ask });
    const args = ['audit', 'erase', 'CMK-7F3K9Q', '--reason', 'asked for'];
    return { said, code: run(args, terminal, null) };
  };

  it.each(['', 'y', 'yes', 'CMK-000000'])('and left alone where %j is answered', async (answer) => {
    const { said, code } = erase(answer);
    expect(await code).toBe(1);
    expect(said[0]).toContain('This can’t be undone.\nType CMK-7F3K9Q to continue: ');
    expect(said.at(-1)).toBe('Nothing was erased.\n');
  });

  it('and begun where the request is named once more', async () => {
    const { said, code } = erase(' cmk-7f3k9q ');
    expect(await code).toBe(2);
    expect(said.at(-1)).toContain('DATABASE_URL is missing');
  });
});

test.each([
  ['refused', 'refused', 3, '1 message in Teams still holds them', '\n  status in a:1\n'],
  ['waiting for the bot', '', 3, 'Messages in Teams aren’t updated yet.', ''],
  ['updated', '', 0, 'are erased. Recorded as event 7', ''],
])('an erasure whose message is %s says so', async (state, fingerprint, code, words, place) => {
  const said: string[] = [];
  const say = async (text: string): Promise<void> => void said.push(text);
  const event = { seq: 7, time: '2026-03-02T12:00:00.000Z', body: { submittedBy: 'cli' } };
  const store = {
    requests: { events: async () => [{ revision: 1, texts: {} }] },
    auditLog: { erase: async () => ({ kind: 'accepted', replay: false, events: [event] }) },
    jobs: { cardsDue: async () => (state === 'updated' ? null : 'later') },
    postedCards: { of: async () => [{ audience: 'status', conversationId: 'a:1', fingerprint }] },
  };
  const environment = { store: async () => store, user: 'duty', print: say, complain: say, write: say, ask: null };
  const erase = subcommands.find(({ name }) => name === 'audit erase');
  const typed = { id: 'CMK-7F3K9Q', reason: 'asked for', yes: true };
  expect(await erase?.run(typed, environment as never)).toBe(code);
  expect(said.join('')).toContain(words);
  expect(said.join('')).toContain(place);
});
