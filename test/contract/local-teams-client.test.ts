import { approver, requester } from '../../sandbox/people.ts';
import type { JsonObject } from '../support/teams/local-teams.ts';
import { activitiesOf, bareTeams, cardType, operations, postCard, updateCard } from './teams-setup.ts';

/** What the Teams simulator promises to scripts, and no test of the bot meets. */

const world = bareTeams();
const client = () => world.teams.client;
const posted = (content: JsonObject) => postCard(world, content);

const card = (text: string) => ({
  type: 'AdaptiveCard',
  version: '1.5',
  body: [{ type: 'TextBlock', text }],
  actions: [{ type: 'Action.Execute', title: 'Approve', verb: 'request.approve', data: { requestId: 'CMK-1' } }],
});

const cardAnswer = (text: string) => ({ status: 200, body: { statusCode: 200, type: cardType, value: card(text) } });

it('a click that the bot does not answer in 10 s gets 504, and shows Teams’ own error', async () => {
  const id = await posted(card('slow'));
  world.answer = () => new Promise<never>(() => undefined);
  const late = await client().click(approver.id, id, 'request.approve');
  expect(late.status).toBe(504);
  const shown = await client().sees(operations, approver.id, (seen) => seen.replyToId === id);
  expect(shown).toMatchObject({ text: 'Unable to reach app. Please try again.', local: { tone: 'error' } });
});

it('activities with `after` are those that changed since', async () => {
  const path = `/client/conversations/${encodeURIComponent(operations)}/activities?personId=${approver.id}`;
  const look = async (after: string) => {
    const { body } = await client().call('GET', `${path}&after=${after}`);
    const { upTo, ids, changed } = body as { upTo: string; ids: string[]; changed: { id: string }[] };
    return { upTo, ids, changed: changed.map(({ id }) => id) };
  };
  const [kept, gone] = [await posted(card('kept')), await posted(card('goes'))];
  const first = await look('');
  expect(first.changed).toEqual(first.ids);
  await updateCard(world, kept, card('other'));
  await client().call('DELETE', `${activitiesOf(operations)}/${gone}`);
  const second = await look(first.upTo);
  expect(second).toMatchObject({ changed: [kept], ids: first.ids.filter((id) => id !== gone) });
  expect((await look('another-7')).changed).toEqual(second.ids);
});

describe('the Connector', () => {
  const post = (text: string, conversationId = operations) =>
    client().call('POST', activitiesOf(conversationId), { type: 'message', text });

  it('fails the call whose body says what a fault names, and remembers every call', async () => {
    const respond = { status: 429, body: { error: { code: 'TooManyRequests' } } };
    await client().call('POST', '/simulator/faults', { match: { says: 'this one' }, times: 1, respond });
    const statuses = [];
    for (const text of ['another', 'this one', 'this one']) statuses.push((await post(text)).status);
    expect(statuses).toEqual([200, 429, 200]);
    const { body } = await client().call('GET', '/simulator/requests');
    const failed = {
      method: 'POST',
      url: activitiesOf(operations),
      status: 429,
      body: { type: 'message', text: 'this one' },
    };
    expect(body).toContainEqual(expect.objectContaining(failed));
  });
});

describe('callers that are not welcome', () => {
  it.each([
    ['a text that is no JSON object', { body: '"hello"', headers: { 'content-type': 'application/json' } }, 400],
    [
      'another site',
      { body: '{}', headers: { 'content-type': 'application/json', origin: 'https://example.com' } },
      403,
    ],
  ])('are told so: %s', async (_, init, status) => {
    const response = await fetch(`${world.teams.url}/client/messages`, { method: 'POST', ...init });
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ error: { code: expect.any(String), message: expect.any(String) } });
  });

  it.each([
    ['somebody else’s chat', { personId: requester.id, conversationId: `a:${approver.id}`, text: 'x' }, 403],
    ['a text that is too long', { personId: requester.id, conversationId: operations, text: 'x'.repeat(28_001) }, 400],
  ])('are told so: %s', async (_, body, status) => {
    expect((await client().call('POST', '/client/messages', body)).status).toBe(status);
  });
});

it('after a kill holds everything that was answered', async () => {
  const id = await posted(card('kept'));
  world.answer = () => cardAnswer('my view');
  await client().click(approver.id, id, 'request.approve');
  const before = await client().activities(operations, approver.id);
  const log = await client().call('GET', '/simulator/requests');
  await world.teams.kill();
  world.teams = await world.start();
  expect(await client().activities(operations, approver.id)).toEqual(before);
  expect(await client().call('GET', '/simulator/requests')).toEqual(log);
  const { activityId } = await client().say(requester.id, operations, 'later');
  expect(Number(activityId)).toBeGreaterThan(Number(before.at(-1)?.id));
});
