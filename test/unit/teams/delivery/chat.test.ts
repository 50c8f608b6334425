import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { ConversationAddress } from '../../../../src/domain/ports/store.ts';
import { botFrameworkOf, trustHosts } from '../../../../src/teams/bot-framework.ts';
import { bugCard } from '../../../../src/teams/cards/views/short-views.ts';
import { openChat, UnknownServiceUrl } from '../../../../src/teams/delivery/chat.ts';
import { openAdapter } from '../../../../src/teams/ingress/adapter.ts';

/** What Teams answers; null: nothing, ever. */
let answered: number | null = 200;
/** How long Teams asks to wait. */
let retryAfter: string | null = null;
/** What arrived at each of two hosts, and with which token. */
const arrived = { teams: [] as string[], stranger: [] as string[] };
const sent: string[] = [];
const servers: Server[] = [];
const urls = { teams: '', stranger: '' };
const tenantId = '10000000-0000-4000-8000-000000000000';

beforeAll(async () => {
  for (const name of ['teams', 'stranger'] as const) {
    const server = createServer((request, response) => {
      arrived[name].push(`${request.headers.authorization}`);
      request.setEncoding('utf8').on('data', (text: string) => sent.push(text));
      if (answered === null) return;
      response.statusCode = answered;
      if (retryAfter !== null) response.setHeader('retry-after', retryAfter);
      response.setHeader('content-type', 'application/json').end('{"id":"1"}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    urls[name] = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    servers.push(server);
  }
});
afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

const bugs: object[] = [];
function opened(stored: string | null, configured: string | null, limitMs?: number) {
  const framework = botFrameworkOf({ cloud: 'public', appId: 'the-app' });
  const trust = trustHosts(framework.serviceHosts, urls.teams);
  const fetchToken = async () => ({ token: 'secret', expiresOnTimestamp: Date.now() + 3_600_000 });
  const adapter = openAdapter(
    { framework, trust, fetchToken },
    { error: (fields) => bugs.push(fields) },
    () => false,
    limitMs,
  );
  const address: ConversationAddress | null =
    stored === null ? null : { conversationId: 'a:1', serviceUrl: stored, tenantId, personId: null };
  const conversations = {
    save: async () => undefined,
    get: async () => address,
    personalChat: async () => address,
    serviceUrl: async () => stored,
  };
  const names = { botAppId: 'the-app', botId: '28:the-app', tenantId };
  const log = { warn: () => undefined };
  return openChat({ adapter, ...names, conversations, serviceUrl: configured, trust, log });
}

const card = bugCard('1');

it('posts to the address that was stored, with the bot’s token', async () => {
  expect(await opened(urls.teams, null).post('a:1', card)).toEqual({ conversationId: 'a:1', activityId: '1' });
  expect(arrived.teams).toEqual(['Bearer secret']);
});

it('posts to the configured address where the stored one is no longer trusted', async () => {
  await opened(urls.stranger, urls.teams).post('a:1', card);
  expect(arrived.teams).toHaveLength(2);
  expect(arrived.stranger).toEqual([]);
});

it('posts nowhere when no address is trusted', async () => {
  await expect(opened(urls.stranger, null).post('a:1', card)).rejects.toThrow(UnknownServiceUrl);
  await expect(opened(urls.stranger, urls.stranger).post('a:1', card)).rejects.toThrow(UnknownServiceUrl);
  expect(arrived.stranger).toEqual([]);
  expect(bugs).toEqual([]);
});

it('says that a post or an update did not work, so that it is tried again', async () => {
  const chat = opened(urls.teams, null);
  answered = 400;
  try {
    await expect(chat.post('a:1', card)).rejects.toMatchObject({ statusCode: 400 });
    await expect(chat.postThread('19:1@thread.tacv2', card)).rejects.toMatchObject({ statusCode: 400 });
    answered = 409;
    await expect(chat.update({ conversationId: 'a:1', activityId: '1' }, card)).rejects.toMatchObject({
      statusCode: 409,
    });
  } finally {
    answered = 200;
  }
  expect(bugs).toEqual([]);
});

it('gives a call that Teams holds up, so that it is tried again', async () => {
  const chat = opened(urls.teams, null, 200);
  answered = null;
  try {
    await expect(chat.post('a:1', card)).rejects.toMatchObject({ name: 'AbortError' });
    await expect(chat.postThread('19:1@thread.tacv2', card)).rejects.toMatchObject({ name: 'AbortError' });
    await expect(chat.update({ conversationId: 'a:1', activityId: '1' }, card)).rejects.toMatchObject({
      name: 'AbortError',
    });
  } finally {
    answered = 200;
  }
  expect(await chat.post('a:1', card)).toEqual({ conversationId: 'a:1', activityId: '1' });
  expect(bugs).toEqual([]);
});

it.each([
  ['60', 5_000, 1],
  ['1', 1_500, 2],
])(
  'gives up a call that Teams throttles beyond the time limit, and says for how long',
  async (wait, limitMs, calls) => {
    const before = arrived.teams.length;
    [answered, retryAfter] = [429, wait];
    try {
      const posting = opened(urls.teams, null, limitMs).post('a:1', card);
      await expect(posting).rejects.toMatchObject({ name: 'Throttled', retryAfterMs: Number(wait) * 1_000 });
    } finally {
      [answered, retryAfter] = [200, null];
    }
    expect(arrived.teams).toHaveLength(before + calls);
  },
);

it.each([400, 403, 404])('says of a message that Teams will not have edited (%i) that it is none', async (status) => {
  answered = status;
  try {
    expect(await opened(urls.teams, null).update({ conversationId: 'a:1', activityId: '1' }, card)).toBe(false);
  } finally {
    answered = 200;
  }
});

it('never leaves the kind of a conversation empty: a client may refuse that', async () => {
  const chat = opened(urls.teams, null);
  const before = sent.length;
  const posted = await chat.post('a:1', card);
  await chat.postThread('19:1@thread.tacv2', card);
  await chat.update(posted, card);
  const all = sent.slice(before).join('');
  expect(all).toContain('"conversation":{"id":"a:1"');
  expect(all).not.toContain('"conversationType":""');
});
