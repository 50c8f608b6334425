import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Activity,
  ActivityHandler,
  CardFactory,
  CloudAdapter,
  ConfigurationBotFrameworkAuthentication,
  type ConversationReference,
  MessageFactory,
  TeamsInfo,
  type TurnContext,
} from 'botbuilder';
import { approver, guest, localPeople, requester } from '../../src/sandbox/people.ts';
import { cardText, type LocalTeamsProcess, startLocalTeams } from '../support/teams/local-teams.ts';

/** Local Teams must satisfy the real SDK: a small bot in this process talks to it through botbuilder's own client. */

const operations = '19:operations@thread.tacv2';
type Turn = (context: TurnContext) => Promise<void>;

let dataDir: string;
let teams: LocalTeamsProcess;
let bot: Server;
const received: Activity[] = [];
let onMessage: Turn = async () => undefined;
let reference: Partial<ConversationReference>;
const adapter = new CloudAdapter(new ConfigurationBotFrameworkAuthentication({}));

function card(text: string, refreshFor?: string[]) {
  return CardFactory.adaptiveCard({
    type: 'AdaptiveCard',
    version: '1.5',
    body: [{ type: 'TextBlock', text }],
    actions: [{ type: 'Action.Execute', title: 'Go', verb: 'go', data: { requestId: 'CMK-1' } }],
    ...(refreshFor === undefined
      ? {}
      : { refresh: { action: { type: 'Action.Execute', verb: 'request.refresh', data: {} }, userIds: refreshFor } }),
  });
}

class EchoBot extends ActivityHandler {
  protected override async onMessageActivity(context: TurnContext): Promise<void> {
    await onMessage(context);
  }
}

function startBot(): Promise<Server> {
  const handler = new EchoBot();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.method === 'GET') {
        response.end();
        return;
      }
      const body: Activity = JSON.parse(Buffer.concat(chunks).toString('utf8'));
      received.push(body);
      const answer = {
        socket: response.socket,
        header: (name: string, value: unknown) => response.setHeader(name, String(value)),
        status: (code: number) => response.writeHead(code),
        send: (sent: unknown) => response.write(JSON.stringify(sent)),
        end: () => response.end(),
      };
      const incoming = { body, headers: request.headers, method: 'POST' };
      void adapter.process(incoming as never, answer as never, (context) => handler.run(context));
    });
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

const portOf = (server: Server) => (server.address() as { port: number }).port;

/** Runs a turn of the bot outside any message, as a notifier does. */
async function proactively<T>(run: (context: TurnContext) => Promise<T>): Promise<T> {
  const results: T[] = [];
  await adapter.continueConversationAsync('', reference, async (context) => {
    results.push(await run(context));
  });
  const [result] = results;
  if (result === undefined) throw new Error('the turn gave nothing');
  return result;
}

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'local-teams-'));
  bot = await startBot();
  teams = await startLocalTeams({ dataDir, botUrl: `http://127.0.0.1:${portOf(bot)}/api/messages` });
  onMessage = async (context) => {
    await context.sendActivity(MessageFactory.attachment(card(`heard ${context.activity.text}`)));
  };
  await teams.client.say(requester.id, operations, '/ping');
  const answered = await teams.client.sees(operations, requester.id, (seen) => cardText(seen).includes('heard'));
  const { id: conversationId } = answered.conversation;
  reference = {
    serviceUrl: `${teams.url}/`,
    channelId: 'msteams',
    bot: { id: '28:bot', name: 'CMK bot' },
    conversation: { id: conversationId, isGroup: true, conversationType: 'channel', name: '' },
  };
});

afterAll(async () => {
  await teams.stop();
  bot.close();
  bot.closeAllConnections();
  await rm(dataDir, { recursive: true, force: true });
});

describe('the installation', () => {
  it('is announced once for the team and each personal chat', async () => {
    const all = (type: string) => received.filter((activity) => activity.type === type);
    const told = 1 + localPeople.length;
    while (all('installationUpdate').length < told || all('conversationUpdate').length < told)
      await new Promise((resolve) => setTimeout(resolve, 50));
    const ids = all('installationUpdate').map((activity) => activity.conversation.id);
    expect(new Set(ids)).toEqual(new Set([operations, ...localPeople.map((person) => `a:${person.id}`)]));
    expect(all('conversationUpdate')).toHaveLength(ids.length);
  });
});

describe('what the bot receives', () => {
  it('has the shape of a channel message from Teams', () => {
    const message = received.find((activity) => activity.text === '/ping');
    expect(message).toMatchObject({
      type: 'message',
      channelId: 'msteams',
      serviceUrl: `${teams.url}/`,
      from: { id: `29:${requester.id}`, name: requester.name, aadObjectId: requester.id },
      recipient: { id: expect.stringMatching(/^28:/) },
      conversation: { conversationType: 'channel', isGroup: true, tenantId: requester.homeTenantId },
      channelData: { tenant: { id: requester.homeTenantId }, team: { id: operations }, channel: { id: operations } },
      locale: 'en-US',
      entities: [{ type: 'clientInfo' }],
    });
    expect(message?.conversation.id).toBe(`${operations};messageid=${message?.id}`);
  });

  it('names the guest’s own tenant', async () => {
    await teams.client.say(guest.id, `a:${guest.id}`, 'hello from elsewhere');
    await teams.client.sees(`a:${guest.id}`, guest.id, (seen) => cardText(seen).includes('elsewhere'));
    const message = received.find((activity) => activity.text === 'hello from elsewhere');
    expect(message?.conversation).toMatchObject({ conversationType: 'personal', tenantId: guest.homeTenantId });
    expect(message?.conversation.isGroup).toBeUndefined();
    expect(message?.channelData.tenant.id).toBe(guest.homeTenantId);
  });

  it('leaves out channel posts that neither start with / nor mention the bot', async () => {
    await teams.client.say(requester.id, operations, 'just talking');
    await teams.client.say(requester.id, operations, '@CMK bot are you there');
    await teams.client.sees(operations, requester.id, (seen) => cardText(seen).includes('are you there'));
    expect(received.some((activity) => activity.text === 'just talking')).toBe(false);
    const mention = received.find((activity) => activity.text === '<at>CMK bot</at> are you there');
    expect(mention?.entities).toContainEqual(
      expect.objectContaining({ type: 'mention', text: '<at>CMK bot</at>', mentioned: mention?.recipient }),
    );
  });
});

describe('the Connector, through botbuilder', () => {
  it('refuses a conversation whose kind is left empty, and takes one without', async () => {
    const path = `/v3/conversations/a:${requester.id}/activities`;
    const post = (conversation: object) =>
      teams.client.call('POST', path, { type: 'message', text: 'hello', conversation });
    const refused = await post({ id: `a:${requester.id}`, isGroup: true, conversationType: '', name: '' });
    expect(refused).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringContaining('conversationType') } },
    });
    expect(await post({ id: `a:${requester.id}` })).toMatchObject({ status: 200 });
  });

  it('posts, updates and deletes in a thread', async () => {
    const thread = reference.conversation?.id ?? '';
    const sent = await proactively((context) => context.sendActivity('one'));
    const id = sent?.id ?? '';
    await proactively(async (context) => {
      await context.updateActivity({ ...MessageFactory.attachment(card('two')), id });
      return true;
    });
    const seen = await teams.client.sees(thread, approver.id, (activity) => activity.id === id);
    expect(cardText(seen)).toBe('two\n[Go]');
    expect(seen.local.editedAt).not.toBeNull();
    await proactively(async (context) => {
      await context.deleteActivity(id);
      return true;
    });
    const left = await teams.client.activities(thread, approver.id);
    expect(left.map((activity) => activity.id)).not.toContain(id);
  });

  it('starts a thread in another channel', async () => {
    const [started] = await proactively((context) =>
      TeamsInfo.sendMessageToTeamsChannel(
        context,
        MessageFactory.text('new thread') as Activity,
        '19:approvals@thread.tacv2',
        'app',
      ),
    );
    const thread = started.conversation?.id ?? '';
    const [post] = await teams.client.activities(thread, approver.id);
    expect(post?.text).toBe('new thread');
    expect(thread).toBe(`19:approvals@thread.tacv2;messageid=${post?.id}`);
  });

  it('starts a personal chat', async () => {
    await proactively(async (context) => {
      const connector = adapterClient(context);
      const { id } = await connector.conversations.createConversation({
        isGroup: false,
        bot: { id: '28:bot', name: 'CMK bot' },
        members: [{ id: `29:${approver.id}`, name: '' }],
        activity: MessageFactory.text('just you'),
        channelData: { tenant: { id: approver.homeTenantId } },
      } as never);
      expect(id).toBe(`a:${approver.id}`);
      return true;
    });
    await teams.client.sees(`a:${approver.id}`, approver.id, (seen) => seen.text === 'just you');
  });

  it('knows the roster, by member id, by object id and in pages', async () => {
    const [one, other, first] = await proactively(async (context) => [
      await TeamsInfo.getMember(context, `29:${guest.id}`),
      await TeamsInfo.getMember(context, approver.id),
      await TeamsInfo.getPagedMembers(context, 2),
    ]);
    expect(one).toMatchObject({ aadObjectId: guest.id, tenantId: guest.homeTenantId, userRole: 'guest' });
    expect(other).toMatchObject({ id: `29:${approver.id}`, email: approver.email, userRole: 'user' });
    expect(first).toMatchObject({ members: [{}, {}], continuationToken: expect.any(String) });
  });

  it('describes the team and its channels', async () => {
    const [details, channels] = await proactively(async (context) => [
      await TeamsInfo.getTeamDetails(context, operations),
      await TeamsInfo.getTeamChannels(context, operations),
    ]);
    expect(details).toMatchObject({ id: operations, channelCount: 3, memberCount: localPeople.length });
    expect(channels).toEqual([
      expect.not.objectContaining({ name: expect.anything() }),
      expect.objectContaining({ id: '19:approvals@thread.tacv2', name: 'Approvals' }),
      expect.objectContaining({ id: '19:audit@thread.tacv2', name: 'Audit' }),
    ]);
  });

  it.each([
    [
      'a conversation that does not exist',
      '/v3/conversations/19%3Anowhere%40thread.tacv2/activities',
      { type: 'message', text: 'x' },
      404,
    ],
    [
      'a thread that does not exist',
      `/v3/conversations/${encodeURIComponent(`${operations};messageid=1`)}/activities`,
      { type: 'message', text: 'x' },
      404,
    ],
    [
      'a message over 100 KB',
      `/v3/conversations/${encodeURIComponent(operations)}/activities`,
      { type: 'message', text: 'x'.repeat(60_000) },
      413,
    ],
    ['an empty message', `/v3/conversations/${encodeURIComponent(operations)}/activities`, { type: 'message' }, 400],
  ])('refuses %s in the Connector’s error shape', async (_, path, body, status) => {
    const answer = await teams.client.call('POST', path, body);
    expect(answer).toEqual({ status, body: { error: { code: expect.any(String), message: expect.any(String) } } });
  });

  it('refuses a bot that was removed until it is added again', async () => {
    const path = `/v3/conversations/${encodeURIComponent(`a:${approver.id}`)}/activities`;
    const installed = (value: boolean) =>
      teams.client.call('POST', '/client/installations', { conversationId: `a:${approver.id}`, installed: value });
    await installed(false);
    expect(await teams.client.call('POST', path, { type: 'message', text: 'x' })).toMatchObject({
      status: 403,
      body: { error: { code: 'BotNotInConversationRoster' } },
    });
    await installed(true);
    expect(await teams.client.call('POST', path, { type: 'message', text: 'x' })).toMatchObject({ status: 200 });
  });
});

describe('faults and the request log', () => {
  const path = `/v3/conversations/${encodeURIComponent(operations)}/activities`;
  const message = { type: 'message', text: 'through a fault' };

  it('answers with an armed fault as often as it says', async () => {
    const respond = { status: 429, headers: { 'retry-after': '1' }, body: { error: { code: 'TooManyRequests' } } };
    await teams.client.call('POST', '/simulator/faults', {
      match: { method: 'POST', url: 'activities' },
      times: 1,
      respond,
    });
    expect((await teams.client.call('POST', path, message)).status).toBe(429);
    expect((await teams.client.call('POST', path, message)).status).toBe(200);
  });

  it('loses only the answer when a connection is dropped', async () => {
    await teams.client.call('POST', '/simulator/faults', { match: { url: 'activities' }, times: 1, drop: true });
    await expect(teams.client.call('POST', path, { ...message, text: 'answer lost' })).rejects.toThrow();
    await teams.client.sees(operations, requester.id, (seen) => seen.text === 'answer lost');
  });

  it('holds up a call that says what the fault names, and lets it go on when the faults are taken away', async () => {
    const says = 'held up';
    await teams.client.call('POST', '/simulator/faults', { match: { says }, times: 1, delayMs: 3_600_000 });
    expect((await teams.client.call('POST', path, { ...message, text: 'nobody’s business' })).status).toBe(200);
    const held = teams.client.call('POST', path, { ...message, text: `is ${says}` });
    const armed = async () => (await teams.client.call('GET', '/simulator/faults')).body;
    while (JSON.stringify(await armed()) !== '[]');
    const isSeen = async () =>
      (await teams.client.activities(operations, requester.id)).some(({ text }) => text === `is ${says}`);
    expect(await isSeen()).toBe(false);
    await teams.client.call('DELETE', '/simulator/faults');
    expect((await held).status).toBe(200);
    expect(await isSeen()).toBe(true);
  });

  it('remembers every call with status and body', async () => {
    const { body } = await teams.client.call('GET', '/simulator/requests');
    expect(body).toContainEqual(expect.objectContaining({ method: 'POST', url: path, status: 429, body: message }));
  });
});

function adapterClient(context: TurnContext) {
  return context.turnState.get(adapter.ConnectorClientKey) as ReturnType<typeof Object> & {
    conversations: { createConversation(parameters: never): Promise<{ id: string }> };
  };
}
