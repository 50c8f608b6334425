/** `/client/events`: tells a client at once what changes for its person. */

import type { ServerResponse } from 'node:http';
import { reply } from '../http.ts';
import type { LocalPerson } from '../people.ts';
import { personOf } from './client-conversations.ts';
import { route } from './server.ts';
import type { Change, JsonObject } from './state.ts';
import type { Teams } from './teams.ts';
import { activityFor, canSee } from './visible-posts.ts';

const heartbeatMs = 10_000;

/**
 * `GET /client/events?personId=`: server-sent events of what changes for one person.
 * `activity`: a new or changed activity as that person sees it. `removed`: the ID of a deleted one. `read`: a
 * conversation read in another window. `hello` starts each connection: the client must load everything again.
 */
export function eventStreams(teams: Teams) {
  const open = new Set<ServerResponse>();
  return {
    route: route('GET', '/client/events', (request) => {
      const person = personOf(request);
      return { ...reply(200), stream: (response) => stream(teams, person, response, open) };
    }),
    /** Ends all streams, so that the server can stop. */
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
