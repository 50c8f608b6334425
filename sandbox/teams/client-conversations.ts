/** What a client shows: conversations, their messages, and what changed for a person since the last poll. */

import { z } from 'zod';
import { Refusal, reply } from '../http.ts';
import { type LocalPerson, localPeople, localTenantId } from '../people.ts';
import type { Refresher } from './client-cards.ts';
import { memberIdOf, places } from './places.ts';
import { ok, parse, type Request, type Route, route } from './server.ts';
import { type Post, pair } from './state.ts';
import type { Teams } from './teams.ts';
import { activityFor, conversationFor, knownPerson, unreadCount, viewOf, visiblePosts } from './visible-posts.ts';

/** Marks this process: other processes number differently. */
const processPrefix = `${Date.now().toString(36)}-`;

/** Posts and views are replaced when they change. Each gets a number at the first poll. */
const numbers = new WeakMap<object, number>();
let last = 0;
function numberOf(one: object | undefined): number {
  if (one === undefined) return 0;
  const number = numbers.get(one) ?? ++last;
  numbers.set(one, number);
  return number;
}

/** `after`: `upTo` of the last poll. An unknown value returns everything. `ids`: of all posts, oldest first. */
function changedPosts(teams: Teams, person: LocalPerson, posts: readonly Post[], after: string) {
  const from = after.startsWith(processPrefix) ? Number(after.slice(processPrefix.length)) : 0;
  const isNew = (post: Post): boolean => Math.max(numberOf(post), numberOf(viewOf(teams, post, person))) > from;
  const changed = posts.filter(isNew).map((post) => activityFor(teams, post, person));
  return { upTo: `${processPrefix}${last}`, ids: posts.map(({ id }) => id), changed };
}

const Read = z.strictObject({ personId: z.string(), conversationId: z.string(), activityId: z.string() });

/** What a client shows at first: people, conversations and their messages. */
export function clientConversations(teams: Teams, refresh: Refresher): Route[] {
  return [
    route('GET', '/client/session', () => ok(session(teams))),
    route('GET', '/client/conversations', (request) => ok(conversationsOf(teams, request))),
    route('GET', '/client/conversations/{conversation}/activities', async (request) =>
      ok(await activities(teams, refresh, request)),
    ),
    route('POST', '/client/read', (request) => {
      const { personId, conversationId, activityId } = parse(Read, request.body);
      const person = knownPerson(personId);
      const { place } = conversationFor(person, conversationId);
      teams.commit([['reads', pair(place.id, person.id), activityId]]);
      return reply(204);
    }),
  ];
}

export function personOf(request: Request) {
  const personId = request.url.searchParams.get('personId');
  if (personId === null) throw Refusal.of(400, 'BadArgument', 'personId: wanted in the query');
  return knownPerson(personId);
}

function session(teams: Teams) {
  return {
    tenantId: localTenantId,
    bot: { ...teams.bot },
    azure: teams.options['azure-url'] !== undefined,
    people: localPeople.map(({ id, name, role }) => ({ id, memberId: memberIdOf(id), name, role })),
  };
}

/** Returns the person's conversations with unread counts. */
function conversationsOf(teams: Teams, request: Request) {
  const person = personOf(request);
  return places
    .filter((place) => place.memberIds.includes(person.id))
    .map(({ id, kind, name, topic }) => ({ id, kind, name, topic, unread: unreadCount(teams, person, id) }));
}

/** Returns the activities with the person's own views. With `after`, which can be empty: {@link changedPosts}. */
async function activities(teams: Teams, refresh: Refresher, request: Request) {
  const person = personOf(request);
  const conversationId = request.params.conversation ?? '';
  await refresh(person, visiblePosts(teams, person, conversationId));
  const posts = visiblePosts(teams, person, conversationId);
  const after = request.url.searchParams.get('after');
  if (after !== null) return changedPosts(teams, person, posts, after);
  return posts.map((post) => activityFor(teams, post, person));
}
