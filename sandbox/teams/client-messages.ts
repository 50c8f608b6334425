/** `/client/messages`: what a person writes, and its way to the bot. */

import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { Refusal } from '../http.ts';
import type { LocalPerson } from '../people.ts';
import { activityBase, messageActivity, withMentions } from './activities.ts';
import { botIsRemoved } from './connector-messages.ts';
import { type Conversation, threadId } from './places.ts';
import { ok, parse, type Route, route } from './server.ts';
import type { JsonObject, Post } from './state.ts';
import { showAnswer, storePost, type Teams } from './teams.ts';
import { conversationFor, knownPerson, postFor } from './visible-posts.ts';

const longestText = 28_000;

const SentMessage = z.strictObject({
  personId: z.string(),
  conversationId: z.string(),
  text: z.string().max(longestText, `longer than ${longestText} characters`),
  replyToId: z.string().optional(),
  /** Only the bot sees it, as with a command that is selected after a slash in a channel or group chat. */
  alone: z.boolean().optional(),
});

/** `POST /client/messages`: a person sends a message. Answers when it is stored; the bot gets it right after. */
export function clientMessages(teams: Teams): Route {
  return route('POST', '/client/messages', (request) => {
    const { personId, conversationId, text, replyToId, alone = false } = parse(SentMessage, request.body);
    if (text.trim() === '') throw Refusal.of(400, 'BadArgument', 'text: empty');
    const person = knownPerson(personId);
    const to = conversationFor(person, conversationId);
    const post = postMessage(teams, person, to, text, { replyToId, alone: alone && to.place.kind !== 'personal' });
    return ok({ activityId: post.id, conversationId: post.conversationId });
  });
}

function postMessage(
  teams: Teams,
  person: LocalPerson,
  to: Conversation,
  text: string,
  { replyToId, alone }: { replyToId: string | undefined; alone: boolean },
): Post {
  const marked = withMentions(text, teams.bot);
  const id = teams.nextId();
  const root = to.root ?? rootOfReply(teams, person, to, replyToId);
  if (root !== null && !teams.state.posts.has(root))
    throw Refusal.of(404, 'ConversationNotFound', `no thread ${root} in ${to.place.id}`);
  const post = storePost(teams, {
    id,
    conversationId: to.place.kind === 'channel' ? threadId(to.place, root ?? id) : to.place.id,
    placeId: to.place.id,
    author: person.id,
    replyToId: replyToId ?? root,
    onlyFor: alone ? person.id : null,
    content: { text: marked.text, textFormat: 'plain', entities: marked.entities },
  });
  const reachesBot = to.place.kind === 'personal' || text.startsWith('/') || marked.entities.length > 0;
  if (reachesBot && !botIsRemoved(teams, to.place)) {
    const usual = activityBase(teams, person, post.conversationId, new Date(post.at));
    const base = alone ? { ...usual, recipient: { ...teams.bot, isTargeted: true } } : usual;
    void deliverMessage(teams, person, post, messageActivity(base, id, marked.text, marked.entities));
  }
  return post;
}

function rootOfReply(
  teams: Teams,
  person: LocalPerson,
  to: Conversation,
  replyToId: string | undefined,
): string | null {
  if (replyToId === undefined) return null;
  const post = postFor(teams, person, replyToId);
  if (post.placeId !== to.place.id)
    throw Refusal.of(404, 'ActivityNotFound', `no activity ${replyToId} in ${to.place.id}`);
  return to.place.kind === 'channel' ? (post.conversationId.split(';messageid=')[1] ?? null) : null;
}

const messageTimeoutMs = 15_000;
const timeoutMs = 10_000;

/** Delivers a message once. Retries only while the bot isn't listening, because then nothing was delivered. */
export async function deliverMessage(
  teams: Teams,
  person: LocalPerson,
  about: Post,
  activity: JsonObject,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  let reply = await teams.botLink.deliver(activity, messageTimeoutMs);
  while (reply.kind === 'refused' && Date.now() < deadline) {
    await sleep(250);
    reply = await teams.botLink.deliver(activity, messageTimeoutMs);
  }
  if (reply.kind === 'refused')
    showAnswer(teams, person, about, 'error', `${teams.bot.name} is not running. This message was not delivered.`);
}
