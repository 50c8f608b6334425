/** Where the app is installed: tells the bot of it, and installs, removes and archives. */

import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { Refusal, reply } from '../http.ts';
import { type LocalPerson, localPeople } from '../people.ts';
import { activityBase } from './activities.ts';
import { conversationOf, type Place, places, team } from './places.ts';
import { ok, parse, type Route, route } from './server.ts';
import type { JsonObject } from './state.ts';
import type { Teams } from './teams.ts';

const eventTypes = {
  installed: { add: 'teamMemberAdded', remove: 'teamMemberRemoved' },
  archived: { add: 'teamUnarchived', remove: 'teamArchived' },
} as const;

/** Returns the two activities of an installation or a removal, or the one when a team is archived or restored. */
function installationActivities(
  teams: Teams,
  person: LocalPerson,
  place: Place,
  action: 'add' | 'remove',
  why: keyof typeof eventTypes = 'installed',
): readonly JsonObject[] {
  const base = activityBase(teams, person, place.id, new Date());
  const inTeam = place.kind === 'channel';
  const data = { ...(inTeam ? { team: teamInfo() } : {}), settings: { selectedChannel: { id: place.id } } };
  const channel = base.channelData as JsonObject;
  const bot = [{ id: teams.bot.id }];
  const both = [
    { ...base, type: 'installationUpdate', id: `f:${teams.nextId()}`, action, channelData: { ...channel, ...data } },
    {
      ...base,
      type: 'conversationUpdate',
      id: `f:${teams.nextId()}`,
      ...(why === 'archived' ? {} : { [action === 'add' ? 'membersAdded' : 'membersRemoved']: bot }),
      channelData: { ...channel, ...data, ...(inTeam ? { eventType: eventTypes[why][action] } : {}) },
    },
  ];
  return why === 'archived' ? both.slice(1) : both;
}

const teamInfo = () => ({ id: team.id, name: team.name, aadGroupId: team.aadGroupId });

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

/** Sends the installation activities for the team and each personal chat, when the bot first answers. */
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

const flag = z.boolean().optional();
const Installation = z.strictObject({ conversationId: z.string(), installed: flag, archived: flag });

/** `POST /client/installations`: removes the app from a place or installs it again, or archives the team. Notifies the bot. */
export function clientInstallations(teams: Teams): Route {
  return route('POST', '/client/installations', async (request) => {
    const { conversationId, archived, installed = archived === false } = parse(Installation, request.body);
    const place = conversationOf(conversationId)?.place;
    if (place === undefined) throw Refusal.of(404, 'ConversationNotFound', `no conversation ${conversationId}`);
    const where = place.kind === 'channel' ? (conversationOf(team.id)?.place ?? place) : place;
    const why = archived === undefined ? 'installed' : 'archived';
    teams.commit([['removedFrom', where.id, installed ? null : true]]);
    for (const activity of installationActivities(teams, installer(where), where, installed ? 'add' : 'remove', why))
      await teams.botLink.deliver(activity, answerTimeoutMs);
    return reply(204);
  });
}
