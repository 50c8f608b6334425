/** Bot registrations and their channels, in the shapes of Microsoft's resource types 2022-09-15 (bicep-types-az). */
import { z } from 'zod';
import { Refusal, type Reply, reply } from '../../http.ts';
import { botServiceVersions } from '../arm/api-versions.ts';
import { resourceNotFound } from '../arm/existence.ts';
import { groupScope, type InGroup, named, sameId } from '../arm/ids.ts';
import { armRoutes, type Call, listedIn, param, placeOf, type Route } from '../http.ts';
import { parseBody } from '../incoming.ts';
import { pageOf } from '../lists.ts';
import type { BotService } from '../state/schema.ts';

const type = 'Microsoft.BotService/botServices';

const idOf = ({ subscriptionId, resourceGroup, name }: InGroup): string =>
  `${groupScope(subscriptionId, resourceGroup)}/providers/${type}/${name}`;

const botBody = (bot: BotService) => ({
  id: idOf(bot),
  name: bot.name,
  type,
  location: 'global',
  kind: 'azurebot',
  sku: { name: 'F0', tier: 'Free' },
  properties: {
    displayName: bot.name,
    endpoint: bot.endpoint,
    msaAppId: bot.msaAppId,
    msaAppType: bot.msaAppType,
    msaAppTenantId: bot.msaAppTenantId,
    configuredChannels: bot.channels.map((channel) => channel.replace(/Channel$/, '').toLowerCase()),
  },
});

const channelBody = (bot: BotService, channel: string) => ({
  id: `${idOf(bot)}/channels/${channel}`,
  name: `${bot.name}/${channel}`,
  type: `${type}/channels`,
  location: 'global',
  properties: {
    channelName: channel,
    location: 'global',
    properties: { isEnabled: true },
    provisioningState: 'Succeeded',
  },
});

const requireBot = (call: Call): BotService => {
  const found = call.world.state.botServices.find(named(placeOf(call)));
  if (found === undefined) throw resourceNotFound(idOf(placeOf(call)));
  return found;
};

const Changed = z.object({ properties: z.object({ endpoint: z.string().optional() }).optional() });

const changeBot = (call: Call): Reply => {
  const bot = requireBot(call);
  const { properties } = parseBody(Changed, call.incoming.body);
  bot.endpoint = properties?.endpoint ?? bot.endpoint;
  return reply(200, botBody(bot));
};

/** Code and text from memory. */
const getChannel = (call: Call): Reply => {
  const bot = requireBot(call);
  const channel = bot.channels.find((one) => sameId(one, param(call, 'channel')));
  if (channel !== undefined) return reply(200, channelBody(bot, channel));
  throw Refusal.of(404, 'ChannelNotFound', `The channel '${param(call, 'channel')}' is not found.`);
};

const putChannel = (call: Call): Reply => {
  const bot = requireBot(call);
  const channel = param(call, 'channel');
  const there = bot.channels.some((one) => sameId(one, channel));
  if (!there) bot.channels.push(channel);
  return reply(there ? 200 : 201, channelBody(bot, channel));
};

const one = `/subscriptions/{sub}/resourceGroups/{group}/providers/${type}/{name}`;

const route = armRoutes(botServiceVersions, type);

export const botServiceRoutes: readonly Route[] = [
  route('GET', `/subscriptions/{sub}/providers/${type}`, 'read', (call) =>
    reply(200, pageOf(call, listedIn(call, call.world.state.botServices).map(botBody))),
  ),
  route('GET', one, 'read', (call) => reply(200, botBody(requireBot(call)))),
  route('PATCH', one, 'write', changeBot),
  route('GET', `${one}/channels/{channel}`, 'channels/read', getChannel),
  route('PUT', `${one}/channels/{channel}`, 'channels/write', putChannel),
];
