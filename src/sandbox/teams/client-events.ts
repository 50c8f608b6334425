import type { ServerResponse } from 'node:http';
import type { LocalPerson } from '../people.ts';
import { personOf } from './client-conversations.ts';
import { type Route, route } from './http.ts';
import type { Change, JsonObject } from './model.ts';
import type { Teams } from './teams.ts';
import { activityFor, canSee } from './visibility.ts';

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
      return { status: 200, stream: (response) => stream(teams, person, response, open) };
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

function eventsOf(teams: Teams, person: LocalPerson, change: Change): [string, JsonObject][] {
  switch (change.kind) {
    case 'posted':
      return shown(teams, person, change.post.id);
    case 'edited':
      return shown(teams, person, change.id);
    case 'viewed':
      return change.personId === person.id ? shown(teams, person, change.id) : [];
    case 'deleted':
      return [['removed', { id: change.id }]];
    case 'read':
      return change.personId === person.id ? [['read', { conversationId: change.placeId }]] : [];
    case 'installed':
    case 'announced':
    case 'invoked':
    case 'served':
      return [];
  }
}

function shown(teams: Teams, person: LocalPerson, id: string): [string, JsonObject][] {
  const post = teams.state.posts.get(id);
  return post !== undefined && canSee(post, person) ? [['activity', activityFor(teams, post, person)]] : [];
}
