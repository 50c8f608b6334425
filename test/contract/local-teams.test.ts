import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { approver, requester } from '../../sandbox/people.ts';
import { type LocalTeamsProcess, startLocalTeams } from '../support/teams/local-teams.ts';

/** What the Teams simulator promises to scripts and browsers, and no test of the bot meets. A bare server stands for the bot. */

const operations = '19:operations@thread.tacv2';
const cardType = 'application/vnd.microsoft.card.adaptive';

let dataDir = '';
let bot: Server;
let teams: LocalTeamsProcess;
const start = (): Promise<LocalTeamsProcess> =>
  startLocalTeams({ dataDir, botUrl: `http://127.0.0.1:${(bot.address() as { port: number }).port}/api/messages` });

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'local-teams-'));
  bot = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { type } = JSON.parse(Buffer.concat(chunks).toString('utf8') || '{}');
    if (type !== 'invoke') response.end();
    else response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => bot.listen(0, '127.0.0.1', resolve));
  teams = await start();
});
afterAll(async () => {
  await teams.stop();
  bot.close();
  bot.closeAllConnections();
  await rm(dataDir, { recursive: true, force: true });
});

const card = (text: string) => ({
  type: 'AdaptiveCard',
  version: '1.5',
  body: [{ type: 'TextBlock', text }],
  actions: [{ type: 'Action.Execute', title: 'Approve', verb: 'request.approve', data: { requestId: 'CMK-1' } }],
});

/** To every invoke. */
const answer = { statusCode: 200, type: cardType, value: card('my view') };

/** The bot posts a card to a new thread of operations; the id of the post. */
async function posted(text: string): Promise<string> {
  const attachments = [{ contentType: cardType, content: card(text) }];
  const path = `/v3/conversations/${encodeURIComponent(operations)}/activities`;
  const { body } = await teams.client.call('POST', path, { type: 'message', attachments });
  return (body as { id: string }).id;
}

it.each<[string, string, Record<string, string>, number]>([
  ['another site', '{}', { origin: 'https://example.com' }, 403],
  [
    'somebody else’s chat',
    JSON.stringify({ personId: requester.id, conversationId: `a:${approver.id}`, text: 'x' }),
    {},
    403,
  ],
])('%s is told that it is not welcome', async (_, body, more, status) => {
  const headers = { 'content-type': 'application/json', ...more };
  const response = await fetch(`${teams.url}/client/messages`, { method: 'POST', body, headers });
  expect(response.status).toBe(status);
  expect(await response.json()).toEqual({ error: { code: expect.any(String), message: expect.any(String) } });
});

it('after a kill holds everything that was answered', async () => {
  const id = await posted('kept');
  await teams.client.click(approver.id, id, 'request.approve');
  const before = await teams.client.activities(operations, approver.id);
  await teams.kill();
  teams = await start();
  expect(await teams.client.activities(operations, approver.id)).toEqual(before);
});

it('the page has a policy that allows nothing but its own files, and no other file is served', async () => {
  const policy = (await fetch(teams.url)).headers.get('content-security-policy') ?? '';
  expect(policy).toMatch(/default-src 'none'.*script-src 'self'/);
  expect(policy).not.toMatch(/https?:|script-src[^;]*unsafe/);
  for (const path of ['/page/..%2Frun.ts', '/page/tsconfig.json', '/package.json'])
    expect([path, (await fetch(teams.url + path)).status]).toEqual([path, 404]);
});

it('the page passes the type check', async () => {
  const tsc = createRequire(import.meta.url)
    .resolve('typescript/package.json')
    .replace('package.json', 'bin/tsc');
  await promisify(execFile)(process.execPath, [tsc, '-p', 'sandbox/teams/page']);
});
