import { approver, guest, localPeople, requester } from '../../src/sandbox/people.ts';
import { activitiesOf, bareTeams, operations } from './teams-setup.ts';

/** What a bot gets from the Teams simulator, and what it is refused. That the real SDK can talk to it, every test of the bot shows. */

const world = bareTeams();
const client = () => world.teams.client;
/** Waits until the bot got a message with that text. */
async function messageOf(text: string) {
  for (;;) {
    const found = world.received.find((activity) => activity.text === text);
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('the installation', () => {
  it('is announced once for the team and each personal chat', async () => {
    const all = (type: string) => world.received.filter((activity) => activity.type === type);
    const told = 1 + localPeople.length;
    while (all('installationUpdate').length < told || all('conversationUpdate').length < told)
      await new Promise((resolve) => setTimeout(resolve, 50));
    const ids = all('installationUpdate').map((activity) => activity.conversation.id);
    expect(new Set(ids)).toEqual(new Set([operations, ...localPeople.map((person) => `a:${person.id}`)]));
    expect(all('conversationUpdate')).toHaveLength(ids.length);
  });
});

describe('what the bot receives', () => {
  it('has the shape of a channel message from Teams', async () => {
    await client().say(requester.id, operations, '/ping');
    const message = await messageOf('/ping');
    expect(message).toMatchObject({
      type: 'message',
      channelId: 'msteams',
      serviceUrl: `${world.teams.url}/`,
      from: { id: `29:${requester.id}`, name: requester.name, aadObjectId: requester.id },
      recipient: { id: expect.stringMatching(/^28:/) },
      conversation: { conversationType: 'channel', isGroup: true, tenantId: requester.homeTenantId },
      channelData: { tenant: { id: requester.homeTenantId }, team: { id: operations }, channel: { id: operations } },
      locale: 'en-US',
      entities: [{ type: 'clientInfo' }],
    });
    expect(message.conversation.id).toBe(`${operations};messageid=${message.id}`);
  });

  it('names the guest’s own tenant', async () => {
    await client().say(guest.id, `a:${guest.id}`, 'hello from elsewhere');
    const { conversation, channelData } = await messageOf('hello from elsewhere');
    expect(conversation).toMatchObject({ conversationType: 'personal', tenantId: guest.homeTenantId });
    expect(conversation.isGroup).toBeUndefined();
    expect(channelData.tenant.id).toBe(guest.homeTenantId);
  });

  it('leaves out channel posts that neither start with / nor mention the bot', async () => {
    await client().say(requester.id, operations, 'just talking');
    await client().say(requester.id, operations, '@CMK bot are you there');
    const mention = await messageOf('<at>CMK bot</at> are you there');
    expect(world.received.some(({ text }) => text === 'just talking')).toBe(false);
    expect(mention.entities).toContainEqual(
      expect.objectContaining({ type: 'mention', text: '<at>CMK bot</at>', mentioned: mention.recipient }),
    );
  });
});

describe('the Connector', () => {
  it('refuses a conversation whose kind is left empty, and takes one without', async () => {
    const path = activitiesOf(`a:${requester.id}`);
    const post = (conversation: object) =>
      client().call('POST', path, { type: 'message', text: 'hello', conversation });
    const refused = await post({ id: `a:${requester.id}`, isGroup: true, conversationType: '', name: '' });
    expect(refused).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringContaining('conversationType') } },
    });
    expect(await post({ id: `a:${requester.id}` })).toMatchObject({ status: 200 });
  });

  it.each([
    ['a conversation that does not exist', '19:nowhere@thread.tacv2', { type: 'message', text: 'x' }, 404],
    ['a thread that does not exist', `${operations};messageid=1`, { type: 'message', text: 'x' }, 404],
    ['a message over 100 KB', operations, { type: 'message', text: 'x'.repeat(60_000) }, 413],
    ['an empty message', operations, { type: 'message' }, 400],
  ])('refuses %s in the Connector’s error shape', async (_, conversationId, body, status) => {
    const answer = await client().call('POST', activitiesOf(conversationId), body);
    expect(answer).toEqual({ status, body: { error: { code: expect.any(String), message: expect.any(String) } } });
  });

  it('refuses a bot that was removed until it is added again', async () => {
    const path = activitiesOf(`a:${approver.id}`);
    const installed = (value: boolean) =>
      client().call('POST', '/client/installations', { conversationId: `a:${approver.id}`, installed: value });
    await installed(false);
    expect(await client().call('POST', path, { type: 'message', text: 'x' })).toMatchObject({
      status: 403,
      body: { error: { code: 'BotNotInConversationRoster' } },
    });
    await installed(true);
    expect(await client().call('POST', path, { type: 'message', text: 'x' })).toMatchObject({ status: 200 });
  });
});

describe('faults and the request log', () => {
  const path = activitiesOf(operations);
  const message = { type: 'message', text: 'through a fault' };

  it('answers with an armed fault as often as it says', async () => {
    const respond = { status: 429, headers: { 'retry-after': '1' }, body: { error: { code: 'TooManyRequests' } } };
    await client().call('POST', '/simulator/faults', {
      match: { method: 'POST', url: 'activities' },
      times: 1,
      respond,
    });
    expect((await client().call('POST', path, message)).status).toBe(429);
    expect((await client().call('POST', path, message)).status).toBe(200);
  });

  it('loses only the answer when a connection is dropped', async () => {
    await client().call('POST', '/simulator/faults', { match: { url: 'activities' }, times: 1, drop: true });
    await expect(client().call('POST', path, { ...message, text: 'answer lost' })).rejects.toThrow();
    await client().sees(operations, requester.id, (seen) => seen.text === 'answer lost');
  });

  it('holds up a call that says what the fault names, and lets it go on when the faults are taken away', async () => {
    const says = 'held up';
    await client().call('POST', '/simulator/faults', { match: { says }, times: 1, delayMs: 3_600_000 });
    expect((await client().call('POST', path, { ...message, text: 'nobody’s business' })).status).toBe(200);
    const held = client().call('POST', path, { ...message, text: `is ${says}` });
    const armed = async () => (await client().call('GET', '/simulator/faults')).body;
    while (JSON.stringify(await armed()) !== '[]');
    const isSeen = async () =>
      (await client().activities(operations, requester.id)).some(({ text }) => text === `is ${says}`);
    expect(await isSeen()).toBe(false);
    await client().call('DELETE', '/simulator/faults');
    expect((await held).status).toBe(200);
    expect(await isSeen()).toBe(true);
  });

  it('remembers every call with status and body', async () => {
    const { body } = await client().call('GET', '/simulator/requests');
    expect(body).toContainEqual(expect.objectContaining({ method: 'POST', url: path, status: 429, body: message }));
  });
});
