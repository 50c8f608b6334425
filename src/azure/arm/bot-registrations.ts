/**
 * Reads bot registrations from Azure Resource Manager (`Microsoft.BotService/botServices` 2022-09-15). Only `doctor` uses them:
 * the bot works without permission to read them.
 */
import { z } from 'zod';
import type { Outcome } from '../../domain/failure.ts';
import { missing } from '../connection/azure-clients.ts';
import { type ConnectionOptions, openConnection } from '../connection/connection.ts';

const version = 'api-version=2022-09-15';

const Registration = z
  .object({
    id: z.string(),
    name: z.string(),
    properties: z.object({
      endpoint: z.string().nullish(),
      msaAppId: z.string().toLowerCase(),
    }),
  })
  .transform(({ id, name, properties }) => {
    const { msaAppId: appId, endpoint = null } = properties;
    return { id, name, resourceGroup: id.split('/')[4] ?? '', appId, endpoint };
  });
export type BotRegistration = z.output<typeof Registration>;

/** Error codes for a missing channel: ARM's own, and the provider's (not verified against Azure). */
const noChannel = [...missing, 'ChannelNotFound'];

export function armRegistrations(options: ConnectionOptions) {
  const connection = openConnection(options);
  return {
    /** Returns the registration of an app in the configured subscriptions; null: none that the caller can read. */
    of: (appId: string): Promise<Outcome<BotRegistration | null>> =>
      connection.call('reading how the bot is registered', async (clients) => {
        for (const id of options.subscriptions) {
          const path = `/subscriptions/${id}/providers/Microsoft.BotService/botServices?${version}`;
          for await (const item of clients.plain.list(path)) {
            const found = Registration.parse(item);
            if (found.appId === appId.toLowerCase()) return found;
          }
        }
        return null;
      }),
    hasTeams: (id: string) =>
      connection.call(
        'reading the bot’s Teams channel',
        async (clients) =>
          (await clients.nullOn(noChannel, clients.plain.read(`${id}/channels/MsTeamsChannel?${version}`))) !== null,
      ),
  };
}
