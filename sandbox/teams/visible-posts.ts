/** What one person can see, and how it looks to that person. */

import { Refusal } from '../http.ts';
import type { LocalPerson } from '../people.ts';
import { cardOf, refreshesFor, withCard } from './cards.ts';
import { type Conversation, conversationOf, findPerson, memberIdOf } from './places.ts';
import { type JsonObject, type Post, pair } from './state.ts';
import type { Teams } from './teams.ts';

export function knownPerson(id: string): LocalPerson {
  const person = findPerson(id);
  if (person === undefined) throw Refusal.of(404, 'PersonNotFound', `no person ${id}`);
  return person;
}

/** Returns the conversation, if it exists and the person is a member. */
export function conversationFor(person: LocalPerson, conversationId: string): Conversation {
  const conversation = conversationOf(conversationId);
  if (conversation === undefined) throw Refusal.of(404, 'ConversationNotFound', `no conversation ${conversationId}`);
  if (!conversation.place.memberIds.includes(person.id))
    throw Refusal.of(403, 'NotAMember', `${person.name} is not in ${conversationId}`);
  return conversation;
}

export function canSee(post: Post, person: LocalPerson): boolean {
  const inPlace = conversationOf(post.conversationId)?.place.memberIds.includes(person.id) ?? false;
  return inPlace && (post.onlyFor === null || post.onlyFor === person.id);
}

/** Returns the post, if it exists and the person can see it. */
export function postFor(teams: Teams, person: LocalPerson, activityId: string): Post {
  const post = teams.state.posts.get(activityId);
  if (post === undefined || !canSee(post, person))
    throw Refusal.of(404, 'ActivityNotFound', `${person.name} sees no activity ${activityId}`);
  return post;
}

export const viewOf = (teams: Teams, post: Post, person: LocalPerson): JsonObject | undefined =>
  teams.state.views.get(pair(post.id, person.id));

/** Returns true if loading this post requests the person's own view: the person is listed and has none since the last update. */
export function refreshIsDue(teams: Teams, post: Post, person: LocalPerson): boolean {
  const card = cardOf(post.content);
  return card !== undefined && viewOf(teams, post, person) === undefined && refreshesFor(card, memberIdOf(person.id));
}

/**
 * Returns a post as an activity, as this person sees it.
 * `local` has what a client shows next to the message: if only this person sees it, if it answers a click, when it was
 * edited, if the person's view differs from the others', and if a refresh is due.
 */
export function activityFor(teams: Teams, post: Post, person: LocalPerson): JsonObject {
  const view = viewOf(teams, post, person);
  return {
    ...(view === undefined ? post.content : withCard(post.content, view)),
    type: 'message',
    id: post.id,
    timestamp: post.at,
    channelId: 'msteams',
    from: authorAccount(teams, post.author),
    conversation: { id: post.conversationId },
    ...(post.replyToId === null ? {} : { replyToId: post.replyToId }),
    local: {
      placeId: post.placeId,
      tone: post.tone,
      onlyYou: post.onlyFor !== null,
      editedAt: post.editedAt,
      ownView: view !== undefined && JSON.stringify(view) !== JSON.stringify(cardOf(post.content)),
      refreshIsDue: refreshIsDue(teams, post, person),
    },
  };
}

function authorAccount(teams: Teams, author: string): JsonObject {
  const person = findPerson(author);
  if (person === undefined) return { ...teams.bot, role: 'bot' };
  return { id: memberIdOf(person.id), name: person.name, aadObjectId: person.id, role: 'user' };
}

/** Returns everything that the person sees in a place or, with a thread's ID, in that thread; oldest first. */
export function visiblePosts(teams: Teams, person: LocalPerson, conversationId: string): Post[] {
  const { place, root } = conversationFor(person, conversationId);
  return [...teams.state.posts.values()].filter(
    (post) =>
      (root === null ? post.placeId === place.id : post.conversationId === conversationId) && canSee(post, person),
  );
}

/** Counts messages of others since the person last read the place. Updates don't count, as in Teams. */
export function unreadCount(teams: Teams, person: LocalPerson, placeId: string): number {
  const upTo = Number(teams.state.reads.get(pair(placeId, person.id)) ?? 0);
  return visiblePosts(teams, person, placeId).filter(
    (post) => post.tone === 'message' && post.author !== person.id && Number(post.id) > upTo,
  ).length;
}
