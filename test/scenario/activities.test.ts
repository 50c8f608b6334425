import { z } from 'zod';
import { activity, send } from '../support/teams/raw-activity.ts';
import { scenario } from '../support/world/scenario.ts';
import { people, places } from '../support/world/story.ts';

/** The shapes of activities in Microsoft's documentation of Teams: the status of each answer, what is posted, and whose names are read. */

const world = scenario({ own: {} });
const bot = { id: '28:cmk-bot', name: 'CMK bot' };
const tenant = '10000000-0000-4000-8000-000000000000';
const other = '10000000-0000-4000-8000-00000000ffff';
type Fields = Readonly<Record<string, unknown>>;

const personal = (id: string, fields: Fields): Fields => ({
  conversation: { id: `a:${id}`, conversationType: 'personal', tenantId: tenant },
  from: { id: `29:${id}`, name: 'Somebody', aadObjectId: id },
  ...fields,
});
const me = (fields: Fields): Fields => personal(people.requester, fields);
const says = (text: string, fields: Fields = {}): Fields => me({ text, ...fields });
const invokes = (name: string, value: unknown, fields: Fields = {}): Fields =>
  me({ type: 'invoke', name, value, ...fields });
const tag = { type: 'mention', mentioned: bot, text: '<at>CMK bot</at>' };
const inTeam = (fields: Fields, data: Fields = {}): Fields => ({
  conversation: { id: places.operations, conversationType: 'channel', isGroup: true, tenantId: tenant },
  channelData: { tenant: { id: tenant }, team: { id: places.operations }, channel: { id: places.operations }, ...data },
  ...fields,
});
const team = (eventType: string, fields: Fields = {}): Fields =>
  inTeam({ type: 'conversationUpdate', ...fields }, { eventType, channel: { id: '19:new@thread.tacv2', name: 'New' } });
const installs = (action: string, who: string): Fields => personal(who, { type: 'installationUpdate', action });
const types = (type: string, fields: Fields = {}): Fields => me({ type, ...fields });
const targeted = { recipient: { ...bot, isTargeted: true } };

const nothing: Readonly<Record<string, Fields>> = {
  ...Object.fromEntries(
    'channelCreated channelRenamed channelDeleted channelRestored channelShared channelUnShared channelMemberAdded teamRenamed teamArchived teamUnarchived teamDeleted teamHardDeleted teamRestored'
      .split(' ')
      .map((one) => [one, team(one)]),
  ),
  'a member leaves': team('teamMemberRemoved', { membersRemoved: [{ id: '29:new', aadObjectId: people.teamMember }] }),
  'the bot is removed from a team': team('teamMemberRemoved', { membersRemoved: [{ id: bot.id }] }),
  'the app is removed from a chat': installs('remove', people.secondApprover),
  'the app is removed for an upgrade': installs('remove-upgrade', people.secondApprover),
  'the app is removed from a team': inTeam({ type: 'installationUpdate', action: 'remove' }),
  'a reaction': types('messageReaction', { reactionsAdded: [{ type: 'like' }], replyToId: '1' }),
  'a reaction is taken back': types('messageReaction', { reactionsRemoved: [{ type: 'like' }], replyToId: '1' }),
  'an edited message': types('messageUpdate', {
    text: '/cmk-help',
    channelData: { tenant: { id: tenant }, eventType: 'editMessage' },
  }),
  'a restored message': types('messageUpdate', {
    channelData: { tenant: { id: tenant }, eventType: 'undeleteMessage' },
  }),
  'a deleted message': types('messageDelete', {
    channelData: { tenant: { id: tenant }, eventType: 'softDeleteMessage' },
  }),
  'a read receipt': types('event', {
    name: 'application/vnd.microsoft.readReceipt',
    value: { lastReadMessageId: '1' },
  }),
  'a meeting starts': types('event', { name: 'application/vnd.microsoft.meetingStart', value: { Id: 'x' } }),
  typing: types('typing'),
  'a command': types('command', { name: 'application/vnd.x' }),
  'a failed sign-in': invokes('signin/failure', { code: 'resourcematchfailed', message: 'x' }),
  'a search in an unknown dataset': invokes('application/search', { queryText: 'a', dataset: 'npmpackages' }),
  'a message of nobody': says('help', { from: { id: '29:x', name: 'x' } }),
};

/** Whose names are read. */
const learned: Readonly<Record<string, readonly [Fields, read: string]>> = {
  'a member joins': [team('teamMemberAdded', { membersAdded: [{ id: `29:${people.teamMember}` }] }), 'one member'],
  'the app is upgraded in a chat': [installs('add-upgrade', people.requester), 'roster'],
  'the app is upgraded in a team': [inTeam({ type: 'installationUpdate', action: 'add-upgrade' }), 'roster'],
  'someone without a role adds the app': [installs('add', people.teamMember), 'roster'],
  'a guest adds the app': [installs('add', people.guest), 'roster'],
};

const refused: Readonly<Record<string, Fields>> = {
  ...Object.fromEntries(
    'task/fetch task/submit composeExtension/query signin/verifyState signin/tokenExchange config/fetch message/submitAction message/fetchTask fileConsent/invoke'
      .split(' ')
      .map((name) => [name, invokes(name, {})]),
  ),
  'a click without a verb': invokes('adaptiveCard/action', { action: { type: 'Action.Execute', data: {} } }),
  'a click with an unknown verb': invokes('adaptiveCard/action', { action: { verb: 'zz', data: {} } }),
  'a click of nobody': invokes('adaptiveCard/action', { action: { verb: 'help', data: {} } }, { from: { id: '29:x' } }),
  ...Object.fromEntries(
    ['m365extensions', 'msteams:Copilot', 'agents'].map((channelId) => [channelId, says('help', { channelId })]),
  ),
};

const thread = { id: `${places.operations};messageid=1`, conversationType: 'channel', isGroup: true, tenantId: tenant };
const inGroup = (text: string, fields: Fields = {}): Fields => ({ text, entities: [tag], ...fields });
const answeredOnce: Readonly<Record<string, Fields>> = {
  'only a value': me({ text: undefined, value: { verb: 'help' }, replyToId: '1' }),
  'only an attachment': me({ text: undefined, attachments: [{ contentType: 'text/plain', name: 'a.txt' }] }),
  ...Object.fromEntries(
    ['', 'Hi', 'hello', 'help', 'HELP', 'help?', 'asdf qwer', '/cmk-help\u00a0', '\u200b/cmk-help'].map((text) => [
      `“${text}”`,
      says(text),
    ]),
  ),
  html: says('<p>/cmk-help</p>', { textFormat: 'xml' }),
  'a long message': says(`/cmk-help ${'x'.repeat(28_000)}`),
  'in a group chat': inGroup('<at>CMK bot</at> /cmk-requests'),
  'in a meeting': inGroup('<at>CMK bot</at> help', { channelData: { tenant: { id: tenant }, meeting: { id: 'x' } } }),
  'for the bot alone': inGroup('/cmk-help', targeted),
  'of another tenant': says('help', {
    conversation: { id: 'a:1', conversationType: 'personal', tenantId: other },
    channelData: { tenant: { id: other } },
  }),
};
/** The thread is gone, so Teams answers 404: nothing else is posted into it. */
const answeredInVain: Readonly<Record<string, Fields>> = {
  'in a thread': inTeam(inGroup('<at>CMK bot</at> help\n', { conversation: thread })),
  'in a thread, without a mention entity': inTeam({ text: '<at>CMK bot</at> help', conversation: thread }),
  'in a thread, with a tag': inTeam(
    inGroup('<at>CMK bot</at> <at>Kim</at> help', {
      conversation: thread,
      entities: [tag, { type: 'mention', mentioned: { id: '29:x' }, text: '<at>Kim</at>' }],
    }),
  ),
  'in a shared channel': inTeam(inGroup('<at>CMK bot</at> help', { conversation: thread }), {
    channel: { id: '19:shared@thread.tacv2', type: 'shared' },
  }),
};

const Requests = z.array(z.object({ method: z.string(), url: z.string(), body: z.unknown() }));
const asked = async () => Requests.parse((await world.teams.call('GET', '/simulator/requests')).body);

/** What comes of one: the status, how many messages are posted, and whose names are read. */
async function outcomeOf(fields: Fields): Promise<string> {
  const before = (await asked()).length;
  const { status } = await send(world, activity(world, { recipient: bot, ...fields }));
  const calls = (await asked()).slice(before);
  const posts = calls.filter(({ method, body }) => method === 'POST' && !JSON.stringify(body).includes('"typing"'));
  const reads = calls
    .filter(({ method }) => method === 'GET')
    .map(({ url }) => (/paged/.test(url) ? 'roster' : 'one member'));
  return [status, `${posts.length} posts`, ...reads].join(', ');
}
const cases = <T>(all: Readonly<Record<string, T>>, outcome: (one: T) => string) =>
  Object.entries(all).map(([name, one]) => [name, one, outcome(one)] as const);

test.each([
  ...cases(nothing, () => '200, 0 posts'),
  ...cases(refused, () => '400, 0 posts'),
  ...cases(answeredOnce, () => '200, 1 posts'),
  ...cases(answeredInVain, () => '200, 1 posts'),
])('%s', async (_name, fields, outcome) => expect(await outcomeOf(fields)).toBe(outcome));

test.each(cases(learned, ([, read]) => `200, 0 posts, ${read}`))('%s', async (_name, [fields], outcome) =>
  expect(await outcomeOf(fields)).toBe(outcome),
);

test('none of it is a bug', () => {
  expect(world.printed()).not.toMatch(/unhandled|unexpected error/i);
  expect(world.printed()).toMatch(/resourcematchfailed/);
});
