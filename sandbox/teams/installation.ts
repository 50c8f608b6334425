import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { Refusal, reply } from '../http.ts';
import { type LocalPerson, localPeople } from '../people.ts';
import { ok, parse, type Route, route } from './http.ts';
import { installationActivities } from './inbound.ts';
import { conversationOf, type Place, places, team } from './places.ts';
import type { Teams } from './teams.ts';

/** Returns the person who installs the app: a team member, or the person of the chat. */
function installer(place: Place): LocalPerson {
  const owner = localPeople.find((person) => place.memberIds.includes(person.id));
  if (owner === undefined) throw new Error(`installing in ${place.id}: it has no members`);
  return owner;
}

const announcedPlaces = places.filter((place) => place.id === team.id || place.kind === 'personal');
const answerTimeoutMs = 15_000;
const busy = new Set([429, 502, 503, 504]);

const unannounced = (teams: Teams): readonly Place[] =>
  announcedPlaces.filter((place) => !teams.state.announced.has(place.id));

/** `GET /client/installations`: places whose installation the bot hasn't received yet. */
export const waitingInstallations = (teams: Teams): Route =>
  route('GET', '/client/installations', () => ok({ waiting: unannounced(teams).map(({ id }) => id) }));

/**
 * Sends the installation activities when the bot first answers: for the team and each personal chat. Stops when the
 * signal is aborted.
 */
export async function announceInstallation(teams: Teams, stopped: AbortSignal): Promise<void> {
  const waiting = () => unannounced(teams);
  while (!stopped.aborted && waiting().length > 0) {
    if (await teams.botLink.reachable()) for (const place of waiting()) if (!(await announce(teams, place))) break;
    if (waiting().length > 0) await sleep(250, undefined, { signal: stopped }).catch(() => undefined);
  }
}

async function announce(teams: Teams, place: Place): Promise<boolean> {
  for (const activity of installationActivities(teams, installer(place), place, 'add')) {
    const reply = await teams.botLink.deliver(activity, answerTimeoutMs);
    if (reply.kind === 'refused' || (reply.kind === 'answered' && busy.has(reply.status))) return false;
  }
  teams.commit([['announced', place.id, true]]);
  return true;
}

const Installation = z.strictObject({ conversationId: z.string(), installed: z.boolean() });

/** `POST /client/installations`: removes the app from a place or installs it again, and notifies the bot. */
export function clientInstallations(teams: Teams): Route {
  return route('POST', '/client/installations', async (request) => {
    const { conversationId, installed } = parse(Installation, request.body);
    const place = conversationOf(conversationId)?.place;
    if (place === undefined) throw Refusal.of(404, 'ConversationNotFound', `no conversation ${conversationId}`);
    const where = place.kind === 'channel' ? (conversationOf(team.id)?.place ?? place) : place;
    teams.commit([['removedFrom', where.id, installed ? null : true]]);
    for (const activity of installationActivities(teams, installer(where), where, installed ? 'add' : 'remove'))
      await teams.botLink.deliver(activity, answerTimeoutMs);
    return reply(204);
  });
}
