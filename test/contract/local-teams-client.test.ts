import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { approver, requester, secondApprover } from '../../src/sandbox/people.ts';
import { cardText, type JsonObject, type LocalTeamsProcess, startLocalTeams } from '../support/teams/local-teams.ts';

/** What people do in local Teams, and what the bot gets of it. The bot here is a bare server that answers as told. */

const operations = '19:operations@thread.tacv2';
const cardType = 'application/vnd.microsoft.card.adaptive';
type Invoke = { id: string; name: string; replyToId?: string; value: JsonObject & { action: JsonObject } };

let dataDir: string;
let teams: LocalTeamsProcess;
let bot: Server;
let invokes: Invoke[] = [];
let answer: (invoke: Invoke) => { status: number; body?: unknown } | Promise<never>;

const card = (text: string, more: JsonObject = {}) => ({
  type: 'AdaptiveCard',
  version: '1.5',
  body: [
    { type: 'TextBlock', text },
    { type: 'Input.Text', id: 'comment' },
    { type: 'Input.Text', id: 'reason', value: 'preset', isVisible: false },
    { type: 'Input.Toggle', id: 'acknowledgeIrreversible', title: 'I accept' },
    {
      type: 'Input.ChoiceSet',
      id: 'resource',
      style: 'filtered',
      choices: [],
      'choices.data': { type: 'Data.Query', dataset: 'agents' },
    },
  ],
  actions: [
    { type: 'Action.Execute', title: 'Approve', verb: 'request.approve', data: { requestId: 'CMK-1', revision: 1 } },
    { type: 'Action.Execute', title: 'Back', verb: 'form.back', data: { formId: 'F1' }, associatedInputs: 'none' },
    { type: 'Action.Execute', title: '2', verb: 'list.page', data: { page: 2 } },
    { type: 'Action.Execute', title: '3', verb: 'list.page', data: { page: 3 } },
  ],
  ...more,
});

const cardAnswer = (text: string) => ({ status: 200, body: { statusCode: 200, type: cardType, value: card(text) } });
const textAnswer = (value: string) => ({
  status: 200,
  body: { statusCode: 200, type: 'application/vnd.microsoft.activity.message', value },
});

async function jsonOf(request: IncomingMessage): Promise<Invoke & { type: string }> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString('utf8') || '{}');
}

function startBot(): Promise<Server> {
  const server = createServer(async (request, response) => {
    const activity = await jsonOf(request);
    if (activity.type !== 'invoke') {
      response.end();
      return;
    }
    invokes.push(activity);
    const { status, body } = await answer(activity);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(body === undefined ? '' : JSON.stringify(body));
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

const start = () => {
  const { port } = bot.address() as { port: number };
  return startLocalTeams({ dataDir, botUrl: `http://127.0.0.1:${port}/api/messages` });
};

/** The bot posts a card to a new thread of operations; the id of the post. */
async function posted(content: JsonObject): Promise<string> {
  const path = `/v3/conversations/${encodeURIComponent(operations)}/activities`;
  const { body } = await teams.client.call('POST', path, {
    type: 'message',
    attachments: [{ contentType: cardType, content }],
  });
  return (body as { id: string }).id;
}

function updated(id: string, content: JsonObject) {
  const path = `/v3/conversations/${encodeURIComponent(operations)}/activities/${id}`;
  return teams.client.call('PUT', path, { type: 'message', attachments: [{ contentType: cardType, content }] });
}

const seenBy = async (personId: string, id: string) =>
  cardText(await teams.client.sees(operations, personId, (activity) => activity.id === id)).split('\n')[0];

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'local-teams-'));
  bot = await startBot();
  teams = await start();
});

beforeEach(() => {
  invokes = [];
  answer = () => textAnswer('done');
});

afterAll(async () => {
  await teams.stop();
  bot.close();
  bot.closeAllConnections();
  await rm(dataDir, { recursive: true, force: true });
});

describe('a click', () => {
  it('sends the invoke a Teams client would, with every input of the card that holds something', async () => {
    const id = await posted(card('decide'));
    await teams.client.click(approver.id, id, 'request.approve', { inputs: { acknowledgeIrreversible: 'true' } });
    expect(invokes).toEqual([
      expect.objectContaining({
        type: 'invoke',
        name: 'adaptiveCard/action',
        replyToId: id,
        from: expect.objectContaining({ aadObjectId: approver.id }),
        conversation: expect.objectContaining({ id: `${operations};messageid=${id}` }),
        value: {
          action: {
            type: 'Action.Execute',
            title: 'Approve',
            verb: 'request.approve',
            data: { requestId: 'CMK-1', revision: 1, reason: 'preset', acknowledgeIrreversible: 'true' },
          },
          trigger: 'manual',
        },
      }),
    ]);
  });

  it('sends no inputs where the button says so', async () => {
    const id = await posted(card('form'));
    await teams.client.click(approver.id, id, 'form.back', { inputs: { comment: 'x' } });
    expect(invokes[0]?.value.action.data).toEqual({ formId: 'F1' });
  });

  it('takes the button whose data agrees where several share a verb', async () => {
    const id = await posted(card('list'));
    await teams.client.click(approver.id, id, 'list.page', { data: { page: 3 } });
    expect(invokes[0]?.value.action).toMatchObject({ title: '3', data: { page: 3 } });
  });

  it('is sent also for a verb the card does not have', async () => {
    const id = await posted(card('decide'));
    const { status } = await teams.client.click(approver.id, id, 'request.cancel', { data: { requestId: 'CMK-1' } });
    expect(status).toBe(200);
    expect(invokes[0]?.value.action).toMatchObject({ verb: 'request.cancel', data: { requestId: 'CMK-1' } });
  });

  it('repeats the same activity for the same invokeId', async () => {
    const id = await posted(card('decide'));
    await teams.client.click(approver.id, id, 'request.approve', { invokeId: 'again' });
    await teams.client.click(approver.id, id, 'request.approve', { invokeId: 'again' });
    expect(invokes).toHaveLength(2);
    expect(invokes[1]).toEqual(invokes[0]);
  });

  it('answers with the bot’s own status and body', async () => {
    const id = await posted(card('decide'));
    answer = () => ({ status: 403, body: { statusCode: 403, type: 'application/vnd.microsoft.error', value: {} } });
    expect(await teams.client.click(approver.id, id, 'request.approve')).toEqual(await answer({} as Invoke));
  });
});

describe('what a click shows', () => {
  it('is a card in place of the clicker’s, until the bot updates the message for all', async () => {
    const id = await posted(card('for all'));
    answer = () => cardAnswer('for the clicker');
    await teams.client.click(approver.id, id, 'request.approve');
    expect(await seenBy(approver.id, id)).toBe('for the clicker');
    expect(await seenBy(requester.id, id)).toBe('for all');
    await updated(id, card('new for all'));
    expect(await seenBy(approver.id, id)).toBe('new for all');
  });

  it('is a text that only the clicker sees', async () => {
    const id = await posted(card('decide'));
    answer = () => textAnswer('You cannot approve your own request.');
    await teams.client.click(requester.id, id, 'request.approve');
    const mine = await teams.client.sees(operations, requester.id, (seen) => seen.replyToId === id);
    expect(mine).toMatchObject({
      text: 'You cannot approve your own request.',
      local: { onlyYou: true, tone: 'answer' },
    });
    const theirs = await teams.client.activities(operations, approver.id);
    expect(theirs.filter((seen) => seen.replyToId === id)).toEqual([]);
  });

  it('is Teams’ own error when the bot does not answer in 10 s', async () => {
    const id = await posted(card('slow'));
    answer = () => new Promise<never>(() => undefined);
    const late = await teams.client.click(approver.id, id, 'request.approve');
    expect(late.status).toBe(504);
    const shown = await teams.client.sees(operations, approver.id, (seen) => seen.replyToId === id);
    expect(shown).toMatchObject({ text: 'Unable to reach app. Please try again.', local: { tone: 'error' } });
  });
});

describe('refresh', () => {
  const refresh = (userIds?: string[]) => ({
    refresh: {
      action: { type: 'Action.Execute', verb: 'request.refresh', data: { requestId: 'CMK-1' } },
      ...(userIds === undefined ? {} : { userIds }),
    },
  });

  it('brings their own view to the listed people when they load the card, once until the next update', async () => {
    answer = (invoke) => cardAnswer(`view ${invoke.value.trigger}`);
    const id = await posted(card('base', refresh([`29:${approver.id}`])));
    expect(await seenBy(approver.id, id)).toBe('view automatic');
    expect(await seenBy(approver.id, id)).toBe('view automatic');
    expect(await seenBy(secondApprover.id, id)).toBe('base');
    expect(invokes).toHaveLength(1);
    await updated(id, card('base 2', refresh([`29:${approver.id}`])));
    expect(await seenBy(approver.id, id)).toBe('view automatic');
    expect(invokes).toHaveLength(2);
  });

  it('waits for a person when nobody is listed', async () => {
    answer = () => cardAnswer('refreshed');
    const id = await posted(card('base', refresh([])));
    expect(await seenBy(approver.id, id)).toBe('base');
    await teams.client.click(approver.id, id, 'request.refresh');
    expect(invokes).toEqual([expect.objectContaining({ value: expect.objectContaining({ trigger: 'manual' }) })]);
    expect(await seenBy(approver.id, id)).toBe('refreshed');
  });
});

describe('typeahead', () => {
  it('asks the bot for choices of the dataset on the card', async () => {
    const results = { type: 'application/vnd.microsoft.search.searchResponse', value: { results: [] } };
    answer = () => ({ status: 200, body: { statusCode: 200, ...results } });
    const id = await posted(card('form'));
    const answered = await teams.client.search(requester.id, id, 'resource', 'tri', { comment: 'not sent' });
    expect(answered.body).toMatchObject(results);
    expect(invokes[0]).toMatchObject({ name: 'application/search' });
    expect(invokes[0]?.value).toEqual({ queryText: 'tri', queryOptions: { skip: 0, top: 15 }, dataset: 'agents' });
  });
});

describe('a channel', () => {
  it('starts a thread with a post and keeps replies in it', async () => {
    const root = await teams.client.say(requester.id, operations, '/enable-cmk');
    expect(root.conversationId).toBe(`${operations};messageid=${root.activityId}`);
    const reply = await teams.client.say(approver.id, operations, 'looking', root.activityId);
    expect(reply.conversationId).toBe(root.conversationId);
    const thread = await teams.client.activities(root.conversationId, approver.id);
    expect(thread.map((seen) => seen.text)).toEqual(['/enable-cmk', 'looking']);
    expect(Number(reply.activityId)).toBeGreaterThan(Number(root.activityId));
  });

  it('tells whoever looks again what is new, other or gone, and all of it to whoever looked in another life', async () => {
    const path = `/client/conversations/${encodeURIComponent(operations)}/activities?personId=${approver.id}`;
    const look = async (after: string) => {
      const { body } = await teams.client.call('GET', `${path}&after=${after}`);
      return body as { upTo: string; ids: string[]; changed: { id: string }[] };
    };
    const changedSince = async (after: string) => (await look(after)).changed.map(({ id }) => id);
    const [kept, viewed, gone] = [await posted(card('kept')), await posted(card('asks')), await posted(card('goes'))];
    const first = await look('');
    expect(first.changed).toEqual((await teams.client.call('GET', path)).body);
    expect(await changedSince(first.upTo)).toEqual([]);
    answer = () => cardAnswer('for the clicker');
    await teams.client.click(approver.id, viewed, 'request.approve');
    await updated(kept, card('other'));
    expect(await changedSince(first.upTo)).toEqual([kept, viewed]);
    const second = await look(first.upTo);
    await updated(viewed, card('asks again'));
    await teams.client.call('DELETE', `/v3/conversations/${encodeURIComponent(operations)}/activities/${gone}`);
    const third = await look(second.upTo);
    expect(third.changed).toEqual([expect.objectContaining({ id: viewed })]);
    expect(third.ids).toEqual(first.ids.filter((id) => id !== gone));
    expect(await changedSince('another-7')).toEqual(third.ids);
  });

  it('counts what a person has not read', async () => {
    const unread = async () => {
      const { body } = await teams.client.call('GET', `/client/conversations?personId=${secondApprover.id}`);
      return (body as { id: string; unread: number }[]).find((place) => place.id === operations)?.unread ?? 0;
    };
    const before = await unread();
    const { activityId } = await teams.client.say(requester.id, operations, 'news');
    expect(await unread()).toBe(before + 1);
    await teams.client.call('POST', '/client/read', {
      personId: secondApprover.id,
      conversationId: operations,
      activityId,
    });
    expect(await unread()).toBe(0);
  });
});

describe('callers that are not welcome', () => {
  it.each([
    ['a text that is no JSON object', { body: '"hello"', headers: { 'content-type': 'application/json' } }, 400],
    ['a form post', { body: 'a=b', headers: { 'content-type': 'application/x-www-form-urlencoded' } }, 415],
    [
      'another site',
      { body: '{}', headers: { 'content-type': 'application/json', origin: 'https://example.com' } },
      403,
    ],
  ])('are told so: %s', async (_, init, status) => {
    const response = await fetch(`${teams.url}/client/messages`, { method: 'POST', ...init });
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ error: { code: expect.any(String), message: expect.any(String) } });
  });

  it.each([
    ['an unknown person', { personId: 'nobody', conversationId: operations, text: 'x' }, 404],
    ['an unknown conversation', { personId: requester.id, conversationId: '19:nowhere', text: 'x' }, 404],
    ['somebody else’s chat', { personId: requester.id, conversationId: `a:${approver.id}`, text: 'x' }, 403],
    ['a text that is too long', { personId: requester.id, conversationId: operations, text: 'x'.repeat(28_001) }, 400],
  ])('are told so: %s', async (_, body, status) => {
    expect((await teams.client.call('POST', '/client/messages', body)).status).toBe(status);
  });
});

describe('after a kill', () => {
  it('holds everything that was answered', async () => {
    const id = await posted(card('kept'));
    answer = () => cardAnswer('my view');
    await teams.client.click(approver.id, id, 'request.approve');
    const before = await teams.client.activities(operations, approver.id);
    const log = await teams.client.call('GET', '/simulator/requests');
    await teams.kill();
    teams = await start();
    expect(await teams.client.activities(operations, approver.id)).toEqual(before);
    expect(await teams.client.call('GET', '/simulator/requests')).toEqual(log);
    const { activityId } = await teams.client.say(requester.id, operations, 'later');
    expect(Number(activityId)).toBeGreaterThan(Number(before.at(-1)?.id));
  });
});
