/** Activities that the Teams simulator sends to the bot. */

import { setTimeout as sleep } from 'node:timers/promises';
import dayjs from 'dayjs';
import { z } from 'zod';
import { Refusal, reply } from '../http.ts';
import { type LocalPerson, localPeople } from '../people.ts';
import type { SignInButton } from './bot-link.ts';
import { ok, parse, type Route, route } from './server.ts';
import type { JsonObject, Post } from './state.ts';
import { conversationOf, memberIdOf, type Place, places, storePost, type Teams, team } from './teams.ts';

// Activities as Teams sends them to a bot. The fields follow the Bot Framework activity protocol.

const locale = 'en-US';
const timezone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Returns the fields of every activity of a person. */
export function activityBase(teams: Teams, person: LocalPerson, conversationId: string, now: Date): JsonObject {
  const place = conversationOf(conversationId)?.place;
  if (place === undefined) throw Refusal.of(404, 'ConversationNotFound', `no conversation ${conversationId}`);
  return {
    channelId: 'msteams',
    serviceUrl: teams.serviceUrl,
    timestamp: now.toISOString(),
    localTimestamp: dayjs(now).format('YYYY-MM-DDTHH:mm:ss.SSSZ'),
    localTimezone: timezone,
    locale,
    from: { id: memberIdOf(person.id), name: person.name, aadObjectId: person.id },
    recipient: { ...teams.bot },
    conversation: conversationAccount(place, conversationId, person.homeTenantId),
    channelData: channelData(place, person.homeTenantId),
    entities: [{ type: 'clientInfo', locale, country: 'US', platform: 'Web', timezone }],
  };
}

function conversationAccount(place: Place, id: string, tenantId: string): JsonObject {
  return { ...(place.kind === 'personal' ? {} : { isGroup: true }), id, conversationType: place.kind, tenantId };
}

function channelData(place: Place, tenantId: string): JsonObject {
  const tenant = { tenant: { id: tenantId } };
  if (place.kind !== 'channel') return tenant;
  return {
    ...tenant,
    teamsChannelId: place.id,
    teamsTeamId: team.id,
    channel: { id: place.id },
    team: { id: team.id },
  };
}

/** Returns the activity of a typed message, with mentions of the bot as Teams writes them. */
export function messageActivity(
  base: JsonObject,
  id: string,
  text: string,
  mentions: readonly JsonObject[],
): JsonObject {
  const entities = Array.isArray(base.entities) ? base.entities : [];
  return {
    ...base,
    type: 'message',
    id,
    text,
    textFormat: 'plain',
    attachments: [],
    entities: [...mentions, ...entities],
  };
}

/** Returns the invoke of a clicked `Action.Execute`, of a refresh, or of a typeahead. */
export function invokeActivity(base: JsonObject, id: string, name: string, value: JsonObject): JsonObject {
  return { ...base, type: 'invoke', id, name, value };
}

/** Turns `@CMK bot` and `<at>CMK bot</at>` into mentions. The rest of the text doesn't change. */
export function withMentions(
  text: string,
  bot: Teams['bot'],
): { readonly text: string; readonly entities: JsonObject[] } {
  const markup = `<at>${bot.name}</at>`;
  const marked = text.replace(new RegExp(`(?<![\\w>])@${bot.name}\\b|<at>\\s*${bot.name}\\s*</at>`, 'gi'), markup);
  if (!marked.includes(markup)) return { text, entities: [] };
  return { text: marked, entities: [{ type: 'mention', mentioned: { ...bot }, text: markup }] };
}

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

/** Shows one person a text about a message: the answer to a click or an error, optionally with a sign-in button. */
export function showAnswer(
  teams: Teams,
  person: LocalPerson,
  about: Post,
  tone: 'answer' | 'error',
  text: string,
  signIn: SignInButton | null = null,
): void {
  const { conversationId, placeId, id: replyToId } = about;
  const content = { text, ...(signIn === null ? {} : { signIn }) };
  storePost(teams, { conversationId, placeId, author: 'bot', replyToId, onlyFor: person.id, tone, content });
}

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
