/**
 * Bot registrations and their channels.
 * Shapes and paths are those of Microsoft's resource types `Microsoft.BotService/botServices` and `.../channels` in
 * 2022-09-15 (bicep-types-az). Unused fields are left out.
 */
import { z } from 'zod';
import { botServiceVersions } from '../arm/api-versions.ts';
import { groupScope, named, sameId } from '../arm/ids.ts';
import { parseBody } from '../http/incoming.ts';
import { pageOf } from '../http/lists.ts';
import { armRefusal, type Reply, reply } from '../http/reply.ts';
import { armRoutes, type Call, param, type Route } from '../http/router.ts';
import type { BotService } from '../state/schema.ts';

const type = 'Microsoft.BotService/botServices';

const idOf = ({ subscriptionId, resourceGroup, name }: BotService): string =>
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

const listBots = (call: Call): Reply => {
  const own = call.world.state.botServices.filter((bot) => sameId(bot.subscriptionId, param(call, 'sub')));
  return reply(200, pageOf(call, own.map(botBody)));
};

const requireBot = (call: Call): BotService => {
  const [group, name] = [param(call, 'group'), param(call, 'name')];
  const found = call.world.state.botServices.find(named(param(call, 'sub'), group, name));
  if (found !== undefined) return found;
  const text = `The Resource '${type}/${name}' under resource group '${group}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`;
  throw armRefusal(404, 'ResourceNotFound', text);
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
  throw armRefusal(404, 'ChannelNotFound', `The channel '${param(call, 'channel')}' is not found.`);
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
  route('GET', `/subscriptions/{sub}/providers/${type}`, 'read', listBots),
  route('GET', one, 'read', (call) => reply(200, botBody(requireBot(call)))),
  route('PATCH', one, 'write', changeBot),
  route('GET', `${one}/channels/{channel}`, 'channels/read', getChannel),
  route('PUT', `${one}/channels/{channel}`, 'channels/write', putChannel),
];
