/** Bot Connector REST, as the bot sees Teams. */

import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { Delays, faultFields, matchesCall, matchFields, Refusal, type Reply, reply } from '../http.ts';
import { conversationOf, findPerson, memberAccount, type Place, places, team, threadId } from './places.ts';
import { jsonText, ok, parse, problemAnswer, type Request, type Route, route } from './server.ts';
import { type Change, type JsonObject, type Post, withoutViews } from './state.ts';
import { storePost, type Teams } from './teams.ts';

// Bot Connector: a bot posts, replies, updates and deletes.

const Activity = z.looseObject({
  type: z.string(),
  text: z.string().optional(),
  attachments: z.array(z.looseObject({ contentType: z.string() })).optional(),
  /** The type can be missing, but not empty: another client refuses that. */
  recipient: z.looseObject({ id: z.string() }).optional(),
  conversation: z.looseObject({ conversationType: z.string().min(1).optional() }).optional(),
});

/** 100 KB in UTF-16, as documented for messages of bots. */
const largestMessage = 100 * 1024;

export function connectorMessages(teams: Teams): Route[] {
  const activities = '/v3/conversations/{conversation}/activities';
  return [
    route('POST', activities, (request) => ok(send(teams, request, null))),
    route('POST', `${activities}/{activity}`, (request) => ok(send(teams, request, param(request, 'activity')))),
    route('PUT', `${activities}/{activity}`, (request) => ok(update(teams, request))),
    route('DELETE', `${activities}/{activity}`, (request) => {
      const post = ownPost(teams, request);
      teams.commit([['posts', post.id, null], ...withoutViews(teams.state, post.id)]);
      return reply(200);
    }),
  ];
}

const activityNotFound = (): Refusal =>
  Refusal.of(404, 'ActivityNotFoundInConversation', 'Activity not found in conversation.');

const param = (request: Request, name: string): string => request.params[name] ?? '';

/** Returns the conversation of a call, if it exists and the bot is still a member. */
function botConversation(teams: Teams, conversationId: string): { place: Place; root: string | null } {
  const conversation = conversationOf(conversationId);
  const rootIsMissing = conversation?.root != null && !isRoot(teams, conversation.place, conversation.root);
  if (conversation === undefined || rootIsMissing)
    throw Refusal.of(404, 'ConversationNotFound', 'Conversation not found.');
  if (botIsRemoved(teams, conversation.place))
    throw Refusal.of(403, 'BotNotInConversationRoster', 'The bot is not part of the conversation roster.');
  return conversation;
}

const isRoot = (teams: Teams, place: Place, root: string): boolean =>
  [...teams.state.posts.values()].some((post) => post.conversationId === threadId(place, root)) ||
  teams.state.posts.has(root);

/** The app is installed in the whole team, so removal from one channel removes it from all. */
export function botIsRemoved(teams: Teams, place: Place): boolean {
  return [...teams.state.removedFrom.keys()].some(
    (id) => id === place.id || (place.kind === 'channel' && conversationOf(id)?.place.kind === 'channel'),
  );
}

function send(teams: Teams, request: Request, replyToId: string | null): { id: string } {
  const { place, root } = botConversation(teams, param(request, 'conversation'));
  const content = checkedActivity(request.body);
  if (content.type !== 'message') return { id: teams.nextId() };
  const onlyFor = isTargeted(request) ? reader(place, content) : null;
  const thread = root ?? threadOfReply(teams, place, replyToId);
  return { id: postAsBot(teams, place, thread, replyToId, content, onlyFor).id };
}

/** Targeted messages have this parameter: only one person sees the message. */
const isTargeted = (request: Request): boolean => request.url.searchParams.get('isTargetedActivity') === 'true';

/** Returns the only person who sees a targeted message. */
function reader(place: Place, { recipient }: z.infer<typeof Activity>): string {
  if (place.kind === 'personal')
    throw Refusal.of(400, 'BadArgument', 'Targeted messages are not supported in personal chats.');
  const person = recipient === undefined ? undefined : findPerson(recipient.id);
  if (person === undefined) throw Refusal.of(400, 'BadArgument', 'Recipient of a targeted message is missing.');
  if (!place.memberIds.includes(person.id))
    throw Refusal.of(403, 'BotNotInConversationRoster', 'The recipient is not part of the conversation roster.');
  return person.id;
}

function threadOfReply(teams: Teams, place: Place, replyToId: string | null): string | null {
  if (place.kind !== 'channel' || replyToId === null) return null;
  const post = teams.state.posts.get(replyToId);
  if (post?.placeId !== place.id) throw activityNotFound();
  return conversationOf(post.conversationId)?.root ?? null;
}

/** Stores a bot's message; in a channel, starts a thread unless one is given. */
function postAsBot(
  teams: Teams,
  place: Place,
  root: string | null,
  replyToId: string | null,
  content: JsonObject,
  onlyFor: string | null = null,
): Post {
  const id = teams.nextId();
  return storePost(teams, {
    id,
    conversationId: place.kind === 'channel' ? threadId(place, root ?? id) : place.id,
    placeId: place.id,
    author: 'bot',
    replyToId: replyToId ?? root,
    onlyFor,
    content: withoutAddress(content),
  });
}

/** How long the answer to a click stays, although the card is updated. */
const readableMs = 10_000;

/** An update of the card ends its sign-in buttons, and answers that people had time to read. */
const endedNotices = (teams: Teams, card: Post, now: Date): Change[] =>
  [...teams.state.posts.values()]
    .filter(({ tone, replyToId }) => tone !== 'message' && replyToId === card.id)
    .filter(({ content, at }) => content.signIn !== undefined || now.getTime() - Date.parse(at) >= readableMs)
    .map(({ id }) => ['posts', id, null]);

function update(teams: Teams, request: Request): { id: string } {
  const post = ownPost(teams, request);
  const activity = checkedActivity(request.body);
  if (isTargeted(request) && activity.recipient !== undefined)
    throw Refusal.of(400, 'BadRequest', 'Cannot edit Recipient of Targeted Message');
  if (isTargeted(request) !== (post.onlyFor !== null)) throw activityNotFound();
  const content = withoutAddress(activity);
  const at = new Date();
  const edited: Change = ['posts', post.id, { ...post, editedAt: at.toISOString(), content }];
  teams.commit([...endedNotices(teams, post, at), ...withoutViews(teams.state, post.id), edited]);
  return { id: post.id };
}

/** Returns a message that the bot can change: its own, in the named conversation, with or without the thread. */
function ownPost(teams: Teams, request: Request): Post {
  const { place, root } = botConversation(teams, param(request, 'conversation'));
  const post = teams.state.posts.get(param(request, 'activity'));
  const found =
    post !== undefined && (root === null ? post.placeId === place.id : post.conversationId === threadId(place, root));
  if (!found) throw activityNotFound();
  if (post.author !== 'bot') throw Refusal.of(403, 'Forbidden', 'The activity belongs to someone else.');
  return post;
}

function checkedActivity(body: unknown): z.infer<typeof Activity> {
  const activity = parse(Activity, body);
  if (JSON.stringify(activity).length * 2 > largestMessage)
    throw Refusal.of(413, 'MessageSizeTooBig', 'Message size too large.');
  const isEmpty = (activity.text ?? '') === '' && (activity.attachments ?? []).length === 0;
  if (activity.type === 'message' && isEmpty)
    throw Refusal.of(400, 'BadSyntax', 'Activity must have text or attachments.');
  return activity;
}

/** Removes the addressing, because the server sets it. */
function withoutAddress(content: JsonObject): JsonObject {
  const { id, from, recipient, conversation, serviceUrl, channelId, replyToId, timestamp, ...rest } = content;
  return rest;
}

// Bot Connector: a bot starts conversations, and reads members and channels.

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

const Fault = z.strictObject({
  ...faultFields,
  match: z.strictObject({
    ...matchFields,
    /** A text in the call's body: the request ID selects the cards and notifications of one request. */
    says: z.string().min(1).optional(),
  }),
  drop: z.boolean().optional(),
});
type Fault = z.infer<typeof Fault>;

/** Faults of Connector calls, set by tests. A restart removes them. */
type Faults = ReturnType<typeof openFaults>;

export function openFaults() {
  let active: readonly Fault[] = [];
  const without = (id: string | null) => active.filter((fault) => id !== null && fault.id !== id);
  const delays = new Delays();
  return {
    routes: [
      route('GET', '/simulator/faults', () => ok(active)),
      route('POST', '/simulator/faults', (request) => {
        const { id = randomUUID(), ...fault } = parse(Fault, request.body);
        active = [...without(id), { ...fault, id }];
        return reply(201, { armed: active.length });
      }),
      route('DELETE', '/simulator/faults', (request) => {
        const id = request.url.searchParams.get('id');
        active = without(id);
        if (id === null) delays.end();
        return reply(204);
      }),
    ],
    /** Serves a call with the first fault that matches. `drop` loses the answer; `respond` answers without serving. */
    around: async (request: Request, serve: () => Promise<Reply>): Promise<Reply> => {
      const hit = active.find((fault) => matches(fault, request));
      if (hit === undefined) return serve();
      if (hit.times !== undefined) hit.times -= 1;
      if (hit.times === 0) active = active.filter((fault) => fault !== hit);
      if (hit.delayMs !== undefined) await delays.wait(hit.delayMs);
      return applyFault(hit, serve);
    },
  };
}

function matches({ match }: Fault, { method, url, headers, body }: Request): boolean {
  if (match.says !== undefined && !JSON.stringify(body ?? null).includes(match.says)) return false;
  return matchesCall(match, { method, url: `http://${headers.host ?? ''}${url.pathname}${url.search}` });
}

async function applyFault({ respond, drop }: Fault, serve: () => Promise<Reply>): Promise<Reply> {
  const answer =
    respond === undefined ? await serve() : jsonText(respond.status, JSON.stringify(respond.body), respond.headers);
  return drop ? { ...reply(0), stream: (response) => response.destroy() } : answer;
}

/** Wraps the Connector's routes: applies faults, and logs every call before the answer. */
export function withFaultsAndLog(teams: Teams, faults: Faults, routes: readonly Route[]): Route[] {
  return routes.map(({ method, pattern, handle }) =>
    route(method, pattern, async (request) => {
      const answer = await faults.around(request, async () => {
        try {
          return await handle(request);
        } catch (error) {
          return problemAnswer(error);
        }
      });
      logRequest(teams, request, answer);
      return answer;
    }),
  );
}

function logRequest(teams: Teams, request: Request, answer: Reply): void {
  const clientRequestId = request.headers['x-ms-client-request-id'];
  teams.requests.append({
    at: new Date().toISOString(),
    method: request.method,
    url: request.url.pathname + request.url.search,
    status: answer.status,
    principalId: null,
    clientRequestId: typeof clientRequestId === 'string' ? clientRequestId : null,
    body: request.body ?? null,
  });
}

export const requestLog = (teams: Teams): Route => route('GET', '/simulator/requests', () => ok(teams.requests.all()));
