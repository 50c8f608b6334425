import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ConversationReference, TurnContext } from 'botbuilder';
import { RequestId } from '../../../../src/domain/ids.ts';
import type { ConversationAddress } from '../../../../src/domain/ports/store.ts';
import { botFrameworkOf } from '../../../../src/teams/bot-framework.ts';
import { bugCard } from '../../../../src/teams/cards/views/short-views.ts';
import { openAuditChannel } from '../../../../src/teams/delivery/audit-channel.ts';
import { openChat, UnknownServiceUrl } from '../../../../src/teams/delivery/chat.ts';
import { openUpdateThrottle } from '../../../../src/teams/delivery/request-cards.ts';
import { openAdapter } from '../../../../src/teams/ingress/adapter.ts';
import { trustHosts } from '../../../../src/teams/trusted-addresses.ts';
import { textsOf } from '../../../contract/card-walk.ts';
import { asks, cancels, eventsAfter, id, requestAfter } from '../../../support/builders/commands.ts';
import { memoryDocuments } from '../../../support/builders/memory-documents.ts';
import { memoryPostedCards } from '../../../support/builders/memory-posted-cards.ts';
import { memoryRequests } from '../../../support/builders/memory-requests.ts';

/** What Teams answers; null: nothing, ever. */
let answered: number | null = 200;
/** How long Teams asks to wait. */
let retryAfter: string | null = null;
/** A code with which Teams refuses a reply to a question that it doesn't know. */
let lost: string | null = null;
/** What arrived at each of two hosts, and with which token. */
const arrived = { teams: [] as string[], stranger: [] as string[] };
const sent: string[] = [];
const paths: string[] = [];
const servers: Server[] = [];
const urls = { teams: '', stranger: '' };
const tenantId = '10000000-0000-4000-8000-000000000000';

beforeAll(async () => {
  for (const name of ['teams', 'stranger'] as const) {
    const server = createServer((request, response) => {
      arrived[name].push(`${request.headers.authorization}`);
      paths.push(`${request.method} ${request.url}`);
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => (body += text));
      request.on('end', () => {
        sent.push(body);
        if (answered === null) return;
        const code = body.includes('targetedMessageInfo') ? lost : null;
        response.statusCode = code === null ? answered : 400;
        if (answered === 307) response.setHeader('location', urls.stranger);
        if (retryAfter !== null) response.setHeader('retry-after', retryAfter);
        response.setHeader('content-type', 'application/json').end(JSON.stringify({ id: '1', error: { code } }));
      });
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
const warned: string[] = [];
const token = async () => ({ token: 'secret', expiresOnTimestamp: Date.now() + 3_600_000 });
function opened(stored: string | null, configured: string | null, limitMs?: number, fetchToken = token) {
  const framework = botFrameworkOf({ cloud: 'public', appId: 'the-app' });
  const trust = trustHosts(framework.serviceHosts, urls.teams);
  const adapter = openAdapter(
    { framework, trust, fetchToken },
    { error: (fields) => bugs.push(fields), warn: (_fields, message) => warned.push(message) },
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
  const heard = (_fields: object, message: string) => warned.push(message);
  const chat = openChat({
    adapter,
    ...names,
    conversations,
    serviceUrl: configured,
    trust,
    log: { warn: heard, error: heard },
  });
  async function inTargetedTurn<T>(act: (context: TurnContext) => Promise<T>): Promise<T> {
    const place = { channelId: 'msteams', serviceUrl: urls.teams, conversation: { id: '19:1', tenantId } };
    const people = { user: { id: '29:1', name: 'Ada' }, bot: { id: '28:the-app', name: 'CMK bot', isTargeted: true } };
    const reference = { ...place, ...people } as object as ConversationReference;
    const turn: { ended?: PromiseSettledResult<T> } = {};
    await adapter.continueConversationAsync('the-app', reference, async (context) => {
      Object.assign(context.activity, { type: 'message', id: '7' });
      [turn.ended] = await Promise.allSettled([act(context)]);
    });
    if (turn.ended?.status === 'fulfilled') return turn.ended.value;
    throw turn.ended?.reason;
  }
  return { ...chat, adapter, inTargetedTurn };
}

const card = bugCard('1');
const posted = { conversationId: 'a:1', activityId: '1' };

/** What comes of it while Teams answers with that status, or not at all. */
async function answering<T>(status: number | null, act: () => Promise<T>): Promise<T> {
  answered = status;
  return act().finally(() => {
    answered = 200;
  });
}

// The first, because the SDK caches tokens for the whole process.
it('gives up a call for which the bot can’t sign in', async () => {
  const { post } = opened(urls.teams, null, 200, () => new Promise(() => undefined));
  await expect(post('a:1', card)).rejects.toMatchObject({ name: 'AbortError' });
});

it('posts to the address that was stored, with the bot’s token', async () => {
  expect(await opened(urls.teams, null).post('a:1', card)).toEqual(posted);
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

it('does not take the token along where Teams sends a post on to', async () => {
  const before = arrived.teams.length;
  await answering(307, () =>
    opened(urls.teams, null)
      .post('a:1', card)
      .catch(() => null),
  );
  expect(arrived.teams.slice(before)).toContain('Bearer secret');
  expect(arrived.stranger.splice(0).join()).not.toContain('secret');
});

it('gives a call that Teams holds up, so that it is tried again', async () => {
  const { post, postThread, update, inTargetedTurn, replyTargeted } = opened(urls.teams, null, 200);
  const late = { name: 'AbortError' };
  await answering(null, async () => {
    await expect(post('a:1', card)).rejects.toMatchObject(late);
    await expect(postThread('19:1@thread.tacv2', card)).rejects.toMatchObject(late);
    await expect(update(posted, card)).rejects.toMatchObject(late);
    await expect(inTargetedTurn((context) => replyTargeted(context, card))).rejects.toMatchObject(late);
    await expect(update({ conversationId: '19:1', activityId: '1', alone: true }, card)).rejects.toMatchObject(late);
  });
  expect(await post('a:1', card)).toEqual(posted);
  expect(bugs).toEqual([]);
});

it.each([
  ['60', 5_000, 1],
  ['1', 1_500, 2],
])('gives up a call that Teams throttles for longer than the time limit, and says so', async (wait, limitMs, calls) => {
  const before = arrived.teams.length;
  retryAfter = wait;
  const posting = answering(429, () => opened(urls.teams, null, limitMs).post('a:1', card));
  await expect(posting).rejects.toMatchObject({ name: 'Throttled', retryAfterMs: Number(wait) * 1_000 });
  retryAfter = null;
  expect(arrived.teams).toHaveLength(before + calls);
});

it('starts no thread in a channel before Teams takes one there', async () => {
  const before = arrived.teams.length;
  const chat = opened(urls.teams, null, 1_000);
  answered = 429;
  retryAfter = '2';
  const channel = '19:abc@thread.tacv2';
  await expect(chat.postThread(channel, card)).rejects.toMatchObject({ name: 'Throttled' });
  answered = 200;
  retryAfter = null;
  // A new thread names its channel in the body, and a post in the address.
  for (const post of [chat.postThread, chat.post])
    await expect(post(channel, card)).rejects.toMatchObject({ name: 'Throttled' });
  expect(arrived.teams).toHaveLength(before + 1);
  await chat.postThread('19:def@thread.tacv2', card);
  expect(arrived.teams).toHaveLength(before + 2);
});

it('says of a message that it is gone only if Teams says so', async () => {
  const { update } = opened(urls.teams, null);
  for (const status of [404, 410]) expect(await answering(status, () => update(posted, card))).toBe(false);
  for (const statusCode of [400, 401, 403, 405, 413])
    await expect(answering(statusCode, () => update(posted, card))).rejects.toMatchObject({ statusCode });
});

const targeted = 'POST /v3/conversations/19%3A1/activities?isTargetedActivity=true';

it.each([401, 409, 429, 500])('keeps an answer from others if Teams only fails (%i)', async (status) => {
  const { inTargetedTurn, replyTargeted } = opened(urls.teams, null, 500);
  await expect(answering(status, () => inTargetedTurn((context) => replyTargeted(context, card)))).rejects.toThrow();
});

it.each([400, 403, 404, 405, 410])('says if Teams refuses answers for one person (%i)', async (status) => {
  const { inTargetedTurn, replyTargeted } = opened(urls.teams, null);
  expect(await answering(status, () => inTargetedTurn((context) => replyTargeted(context, card)))).toBeNull();
  expect(warned.pop()).toContain('everyone sees it');
});

it.each(['INVALID_TARGETED_MESSAGE_ID', 'TARGETED_MESSAGE_EXPIRED_OR_DELETED'])(
  'answers only the person whose question was deleted (%s)',
  async (code) => {
    const { inTargetedTurn, replyTargeted } = opened(urls.teams, null);
    lost = code;
    const answer = await inTargetedTurn((context) => replyTargeted(context, card));
    lost = null;
    expect(answer).toEqual({ conversationId: '19:1', activityId: '1', alone: true });
    expect(paths.slice(-2)).toEqual([targeted, targeted]);
  },
);

it('tells only the sender of a message for the bot alone that it failed', async () => {
  const { adapter, inTargetedTurn } = opened(urls.teams, null);
  await inTargetedTurn((context) => adapter.onTurnError(context, new Error('broken')));
  expect(bugs.pop()).toMatchObject({ err: { message: 'broken' } });
  expect([paths.at(-1), sent.at(-1)]).toEqual([targeted, expect.stringContaining('"recipient":{"id":"29:1"')]);
});

it('posts nothing more where Teams refuses the answer, and takes it for no bug', async () => {
  const { adapter, inTargetedTurn } = opened(urls.teams, null);
  const before = paths.length;
  const refused = Object.assign(new Error('gone'), { statusCode: 403 });
  await inTargetedTurn((context) => adapter.onTurnError(context, refused));
  expect([paths.length, bugs, warned.pop()]).toEqual([before, [], expect.stringContaining('no answer was posted')]);
});

const ended = RequestId.parse('CMK-7F3K9Q');
const going = RequestId.parse('CMK-000000');

test('what a request came to is shown at once, also by who waits already; others keep their turns', async () => {
  const pace = openUpdateThrottle();
  await Promise.all([pace.turn(ended), pace.turn(going)]);
  const had: string[] = [];
  const waits = [
    pace.turn(going).then(() => had.push('one that goes on')),
    pace.turn(ended).then(() => had.push('the first that waited')),
    pace.turn(ended).then(() => had.push('the second that waited')),
  ];
  pace.atOnce(ended);
  await Promise.all(waits.slice(1));
  pace.atOnce(ended);
  await pace.turn(ended);
  expect(had).toEqual(['the first that waited', 'the second that waited']);
  await Promise.all(waits);
  expect(had.at(-1)).toBe('one that goes on');
});

test('the day’s checkpoint is posted once, also if Teams refused it at first', async () => {
  const now = () => new Date('2026-03-20T12:00:00Z');
  const events = eventsAfter(asks(), cancels());
  const request = requestAfter(asks(), cancels());
  let isRefusing = true;
  let checkpoints = 0;
  const channel = openAuditChannel({
    requests: { ...memoryRequests(now), load: async () => request, events: async () => events },
    postedCards: memoryPostedCards(),
    auditLog: { hashAt: async () => 'a'.repeat(64) },
    chat: {
      post: async (conversationId) => ({ conversationId, activityId: '1' }),
      async postThread(conversationId, card) {
        if (/checkpoint/i.test(textsOf(card).join(' '))) {
          if (isRefusing) throw Object.assign(new Error('throttled'), { statusCode: 429 });
          checkpoints += 1;
        }
        return { conversationId, activityId: '1' };
      },
      update: async () => true,
      remove: async () => undefined,
      replyTargeted: async () => null,
    },
    directory: { names: async () => () => 'A person' },
    auditChannel: 'audit',
    checkpoints: {
      covering: async () => ({ size: 1_000, note: 'origin\n1000\nroot=\n\n— log abc=\n' }),
      witnessing: async () => null,
      everyMs: 1_000,
    },
    documents: memoryDocuments(),
    now,
  });
  await expect(channel.show(id)).rejects.toThrow('throttled');
  isRefusing = false;
  expect([await channel.show(id), checkpoints]).toEqual([null, 1]);
  expect([await channel.show(id), checkpoints]).toEqual([null, 1]);
});
