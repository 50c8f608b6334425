/** Activities as Teams sends them to a bot. The fields follow the Bot Framework activity protocol. */

import dayjs from 'dayjs';
import { Refusal } from '../http.ts';
import type { LocalPerson } from '../people.ts';
import { conversationOf, memberIdOf, type Place, team } from './places.ts';
import type { JsonObject } from './state.ts';
import type { Teams } from './teams.ts';

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
