/** Bot Connector: a bot starts conversations, and reads members and channels. */

import { z } from 'zod';
import { Refusal, type Reply, reply } from '../http.ts';
import { botConversation, checkedActivity, param, postAsBot } from './connector-messages.ts';
import { findPerson, memberAccount, places, team } from './places.ts';
import { ok, parse, type Request, type Route, route } from './server.ts';
import type { Teams } from './teams.ts';

const NewConversation = z.looseObject({
  isGroup: z.boolean().optional(),
  members: z.array(z.looseObject({ id: z.string() })).optional(),
  activity: z.unknown().optional(),
  tenantId: z.string().optional(),
  channelData: z
    .looseObject({
      channel: z.looseObject({ id: z.string() }).optional(),
      teamsChannelId: z.string().optional(),
      tenant: z.looseObject({ id: z.string() }).optional(),
    })
    .nullish(),
});
type NewConversation = z.infer<typeof NewConversation>;

export function connectorConversations(teams: Teams): Route[] {
  const conversation = '/v3/conversations/{conversation}';
  return [
    route('POST', '/v3/conversations', (request) => create(teams, parse(NewConversation, request.body))),
    route('GET', `${conversation}/members`, (request) => ok(membersOf(teams, request))),
    route('GET', `${conversation}/pagedmembers`, (request) => ok(page(membersOf(teams, request), request.url))),
    route('GET', `${conversation}/members/{member}`, (request) => ok(member(teams, request))),
    route('GET', `${conversation}/activities/{activity}/members`, (request) => ok(membersOf(teams, request))),
    route('GET', '/v3/teams/{conversation}', (request) => ok(teamDetails(teams, request))),
    route('GET', '/v3/teams/{conversation}/conversations', (request) => ok(channels(teams, request))),
  ];
}

function create(teams: Teams, wanted: NewConversation): Reply {
  const channelId = wanted.channelData?.channel?.id ?? wanted.channelData?.teamsChannelId;
  return channelId === undefined ? createPersonalChat(teams, wanted) : createThread(teams, channelId, wanted);
}

/** A new post in a channel is a new conversation, and needs its first message. */
function createThread(teams: Teams, channelId: string, wanted: NewConversation): Reply {
  const { place } = botConversation(teams, channelId);
  if (place.kind !== 'channel') throw Refusal.of(400, 'BadArgument', 'channelData.channel.id is not a channel');
  const post = postAsBot(teams, place, null, null, checkedActivity(wanted.activity));
  return reply(201, { id: post.conversationId, activityId: post.id });
}

function createPersonalChat(teams: Teams, wanted: NewConversation): Reply {
  const [first, ...others] = wanted.members ?? [];
  if (first === undefined || others.length > 0)
    throw Refusal.of(400, 'BadArgument', 'members: a bot starts chats with exactly one person');
  const person = findPerson(first.id);
  if (person === undefined) throw Refusal.of(403, 'ForbiddenOperation', 'Bot cannot start a chat with this user.');
  const { place } = botConversation(teams, `a:${person.id}`);
  if (wanted.activity == null) return reply(201, { id: place.id });
  const post = postAsBot(teams, place, null, null, checkedActivity(wanted.activity));
  return reply(201, { id: place.id, activityId: post.id });
}

function membersOf(teams: Teams, request: Request): ReturnType<typeof memberAccount>[] {
  const { place } = botConversation(teams, param(request, 'conversation'));
  return place.memberIds.flatMap((id) => {
    const person = findPerson(id);
    return person === undefined ? [] : [memberAccount(person)];
  });
}

function member(teams: Teams, request: Request) {
  const wanted = findPerson(param(request, 'member'))?.id;
  const found = membersOf(teams, request).find((account) => account.aadObjectId === wanted);
  if (found === undefined) throw Refusal.of(404, 'MemberNotFoundInConversation', 'Member not found in conversation.');
  return found;
}

/** Returns one page. The token is the number of entries already returned. */
function page<T>(all: readonly T[], url: URL): { members: readonly T[]; continuationToken?: string } {
  const from = Number(url.searchParams.get('continuationToken') ?? 0);
  const size = Number(url.searchParams.get('pageSize') ?? 200);
  if (!Number.isInteger(from) || !Number.isInteger(size) || from < 0 || size < 1)
    throw Refusal.of(400, 'BadArgument', 'pageSize and continuationToken are not understood');
  const end = from + size;
  return { members: all.slice(from, end), ...(end < all.length ? { continuationToken: String(end) } : {}) };
}

const teamChannels = places.filter((place) => place.kind === 'channel');

function teamOf(teams: Teams, request: Request) {
  const { place } = botConversation(teams, param(request, 'conversation'));
  if (place.id !== team.id) throw Refusal.of(404, 'NotFound', 'Team not found.');
  return place;
}

function teamDetails(teams: Teams, request: Request) {
  const { memberIds } = teamOf(teams, request);
  return { ...team, type: 'standard', channelCount: teamChannels.length, memberCount: memberIds.length };
}

/** The General channel has no name, as in Teams. */
function channels(teams: Teams, request: Request) {
  teamOf(teams, request);
  return {
    conversations: teamChannels.map(({ id, name }) => ({ id, ...(id === team.id ? {} : { name }), type: 'standard' })),
  };
}
