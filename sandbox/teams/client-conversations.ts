import type { ServerResponse } from 'node:http';
import { z } from 'zod';
import { Refusal, reply } from '../http.ts';
import { type LocalPerson, localPeople, localTenantId } from '../people.ts';
import { ok, parse, type Request, type Route, route } from './http.ts';
import { memberIdOf, places, roleOf } from './places.ts';
import type { Refresher } from './refresh.ts';
import { type Change, type JsonObject, type Post, pair } from './state.ts';
import type { Teams } from './teams.ts';
import { activityFor, canSee, conversationFor, knownPerson, unreadCount, viewOf, visiblePosts } from './visibility.ts';

// What changed for a person since the last poll, so that a conversation with hundreds of cards is sent once.

interface ChangedPosts {
  /** Parameter of the next poll. */
  readonly upTo: string;
  /** All posts, oldest first. */
  readonly ids: readonly string[];
  readonly changed: readonly JsonObject[];
}

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

/** `after`: `upTo` of the last poll. An unknown value returns everything. */
function changedPosts(teams: Teams, person: LocalPerson, posts: readonly Post[], after: string): ChangedPosts {
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

function personOf(request: Request) {
  const personId = request.url.searchParams.get('personId');
  if (personId === null) throw Refusal.of(400, 'BadArgument', 'personId: wanted in the query');
  return knownPerson(personId);
}

function session(teams: Teams) {
  return {
    tenantId: localTenantId,
    bot: { ...teams.bot },
    azure: teams.options['azure-url'] !== undefined,
    people: localPeople.map((person) => ({
      id: person.id,
      memberId: memberIdOf(person.id),
      name: person.name,
      role: roleOf(person),
    })),
  };
}

/** Returns the person's conversations with unread counts. */
function conversationsOf(teams: Teams, request: Request) {
  const person = personOf(request);
  return places
    .filter((place) => place.memberIds.includes(person.id))
    .map(({ id, kind, name, topic }) => ({ id, kind, name, topic, unread: unreadCount(teams, person, id) }));
}

/**
 * Returns the activities. Loading a conversation makes a client request user-specific views; the answer has them.
 * With `after`, which can be empty, the answer is {@link ChangedPosts}.
 */
async function activities(teams: Teams, refresh: Refresher, request: Request) {
  const person = personOf(request);
  const conversationId = request.params.conversation ?? '';
  await refresh(person, visiblePosts(teams, person, conversationId));
  const posts = visiblePosts(teams, person, conversationId);
  const after = request.url.searchParams.get('after');
  if (after !== null) return changedPosts(teams, person, posts, after);
  return posts.map((post) => activityFor(teams, post, person));
}

const heartbeatMs = 10_000;

export interface EventStreams {
  readonly route: Route;
  /** Ends all streams, so that the server can stop. */
  end(): void;
}

/**
 * `GET /client/events?personId=`: server-sent events of what changes for one person.
 * `activity`: a new or changed activity as that person sees it. `removed`: the ID of a deleted one. `read`: a
 * conversation read in another window. `hello` starts each connection: the client must load everything again.
 */
export function eventStreams(teams: Teams): EventStreams {
  const open = new Set<ServerResponse>();
  return {
    route: route('GET', '/client/events', (request) => {
      const person = personOf(request);
      return { ...reply(200), stream: (response) => stream(teams, person, response, open) };
    }),
    end: () => {
      for (const response of open) response.end();
    },
  };
}

function stream(teams: Teams, person: LocalPerson, response: ServerResponse, open: Set<ServerResponse>): void {
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  const write = (event: string, data: JsonObject) =>
    response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  write('hello', { personId: person.id });
  const stop = teams.onCommit((changes) => {
    for (const [event, data] of changes.flatMap((change) => eventsOf(teams, person, change))) write(event, data);
  });
  const heartbeat = setInterval(() => response.write(': still here\n\n'), heartbeatMs);
  open.add(response);
  response.on('close', () => {
    stop();
    clearInterval(heartbeat);
    open.delete(response);
  });
}

function eventsOf(teams: Teams, person: LocalPerson, [table, key, value]: Change): [string, JsonObject][] {
  const [id = '', personId] = key.split(' ');
  if (table === 'posts') return value === null ? [['removed', { id }]] : shown(teams, person, id);
  if (personId !== person.id || value === null) return [];
  if (table === 'views') return shown(teams, person, id);
  return table === 'reads' ? [['read', { conversationId: id }]] : [];
}

function shown(teams: Teams, person: LocalPerson, id: string): [string, JsonObject][] {
  const post = teams.state.posts.get(id);
  return post !== undefined && canSee(post, person) ? [['activity', activityFor(teams, post, person)]] : [];
}
