import { approver, requester } from '../../src/sandbox/people.ts';
import { cardText, type JsonObject } from '../support/teams/local-teams.ts';
import { activitiesOf, bareTeams, cardType, operations, postCard, updateCard } from './teams-setup.ts';

/** What people do in the Teams simulator, and what the bot gets of it. */

const world = bareTeams();
const client = () => world.teams.client;
const invokes = () => world.received.filter(({ type }) => type === 'invoke');
const posted = (content: JsonObject) => postCard(world, content);
const updated = (id: string, content: JsonObject) => updateCard(world, id, content);

const card = (text: string) => ({
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
});

const cardAnswer = (text: string) => ({ status: 200, body: { statusCode: 200, type: cardType, value: card(text) } });
const textAnswer = (value: string) => ({
  status: 200,
  body: { statusCode: 200, type: 'application/vnd.microsoft.activity.message', value },
});

const seenBy = async (personId: string, id: string) =>
  cardText(await client().sees(operations, personId, (activity) => activity.id === id)).split('\n')[0];

beforeEach(() => {
  world.received.length = 0;
  world.answer = () => textAnswer('done');
});

describe('a click', () => {
  it('sends the invoke a Teams client would, with every input of the card that holds something', async () => {
    const id = await posted(card('decide'));
    await client().click(approver.id, id, 'request.approve', { inputs: { acknowledgeIrreversible: 'true' } });
    expect(invokes()).toEqual([
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
    await client().click(approver.id, id, 'form.back', { inputs: { comment: 'x' } });
    expect(invokes()[0]?.value.action.data).toEqual({ formId: 'F1' });
  });

  it('takes the button whose data agrees where several share a verb', async () => {
    const id = await posted(card('list'));
    await client().click(approver.id, id, 'list.page', { data: { page: 3 } });
    expect(invokes()[0]?.value.action).toMatchObject({ title: '3', data: { page: 3 } });
  });

  it('is sent also for a verb the card does not have', async () => {
    const id = await posted(card('decide'));
    const { status } = await client().click(approver.id, id, 'request.cancel', { data: { requestId: 'CMK-1' } });
    expect(status).toBe(200);
    expect(invokes()[0]?.value.action).toMatchObject({ verb: 'request.cancel', data: { requestId: 'CMK-1' } });
  });

  it('repeats the same activity for the same invokeId', async () => {
    const id = await posted(card('decide'));
    await client().click(approver.id, id, 'request.approve', { invokeId: 'again' });
    await client().click(approver.id, id, 'request.approve', { invokeId: 'again' });
    expect(invokes()).toHaveLength(2);
    expect(invokes()[1]).toEqual(invokes()[0]);
  });
});

describe('what a click shows', () => {
  it('is a card in place of the clicker’s, until the bot updates the message for all', async () => {
    const id = await posted(card('for all'));
    world.answer = () => cardAnswer('for the clicker');
    await client().click(approver.id, id, 'request.approve');
    expect(await seenBy(approver.id, id)).toBe('for the clicker');
    expect(await seenBy(requester.id, id)).toBe('for all');
    await updated(id, card('new for all'));
    expect(await seenBy(approver.id, id)).toBe('new for all');
  });

  it('is a text that only the clicker sees', async () => {
    const id = await posted(card('decide'));
    world.answer = () => textAnswer('You cannot approve your own request.');
    await client().click(requester.id, id, 'request.approve');
    const mine = await client().sees(operations, requester.id, (seen) => seen.replyToId === id);
    expect(mine).toMatchObject({
      text: 'You cannot approve your own request.',
      local: { onlyYou: true, tone: 'answer' },
    });
    const theirs = await client().activities(operations, approver.id);
    expect(theirs.filter((seen) => seen.replyToId === id)).toEqual([]);
  });

  it('is Teams’ own error when the bot does not answer in 10 s', async () => {
    const id = await posted(card('slow'));
    world.answer = () => new Promise<never>(() => undefined);
    const late = await client().click(approver.id, id, 'request.approve');
    expect(late.status).toBe(504);
    const shown = await client().sees(operations, approver.id, (seen) => seen.replyToId === id);
    expect(shown).toMatchObject({ text: 'Unable to reach app. Please try again.', local: { tone: 'error' } });
  });
});

describe('a channel', () => {
  it('tells whoever looks again what is new, other or gone, and all of it to whoever looked in another life', async () => {
    const path = `/client/conversations/${encodeURIComponent(operations)}/activities?personId=${approver.id}`;
    const look = async (after: string) => {
      const { body } = await client().call('GET', `${path}&after=${after}`);
      return body as { upTo: string; ids: string[]; changed: { id: string }[] };
    };
    const changedSince = async (after: string) => (await look(after)).changed.map(({ id }) => id);
    const [kept, viewed, gone] = [await posted(card('kept')), await posted(card('asks')), await posted(card('goes'))];
    const first = await look('');
    expect(first.changed).toEqual((await client().call('GET', path)).body);
    expect(await changedSince(first.upTo)).toEqual([]);
    world.answer = () => cardAnswer('for the clicker');
    await client().click(approver.id, viewed, 'request.approve');
    await updated(kept, card('other'));
    expect(await changedSince(first.upTo)).toEqual([kept, viewed]);
    const second = await look(first.upTo);
    await updated(viewed, card('asks again'));
    await client().call('DELETE', `${activitiesOf(operations)}/${gone}`);
    const third = await look(second.upTo);
    expect(third.changed).toEqual([expect.objectContaining({ id: viewed })]);
    expect(third.ids).toEqual(first.ids.filter((id) => id !== gone));
    expect(await changedSince('another-7')).toEqual(third.ids);
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
    const response = await fetch(`${world.teams.url}/client/messages`, { method: 'POST', ...init });
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ error: { code: expect.any(String), message: expect.any(String) } });
  });

  it.each([
    ['an unknown person', { personId: 'nobody', conversationId: operations, text: 'x' }, 404],
    ['an unknown conversation', { personId: requester.id, conversationId: '19:nowhere', text: 'x' }, 404],
    ['somebody else’s chat', { personId: requester.id, conversationId: `a:${approver.id}`, text: 'x' }, 403],
    ['a text that is too long', { personId: requester.id, conversationId: operations, text: 'x'.repeat(28_001) }, 400],
  ])('are told so: %s', async (_, body, status) => {
    expect((await client().call('POST', '/client/messages', body)).status).toBe(status);
  });
});

describe('after a kill', () => {
  it('holds everything that was answered', async () => {
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
});
