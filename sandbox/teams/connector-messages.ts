/** Bot Connector: a bot posts, replies, updates and deletes. */

import { z } from 'zod';
import { Refusal, reply } from '../http.ts';
import { conversationOf, findPerson, type Place, threadId } from './places.ts';
import { ok, parse, type Request, type Route, route } from './server.ts';
import { type Change, type JsonObject, type Post, withoutViews } from './state.ts';
import { storePost, type Teams } from './teams.ts';

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

export const param = (request: Request, name: string): string => request.params[name] ?? '';

/** Returns the conversation of a call, if it exists and the bot is still a member. */
export function botConversation(teams: Teams, conversationId: string): { place: Place; root: string | null } {
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
export function postAsBot(
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

export function checkedActivity(body: unknown): z.infer<typeof Activity> {
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
