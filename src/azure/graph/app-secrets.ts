/** Reads the secrets of an app registration from Microsoft Graph, without their values. Only `doctor` uses them. */
import { z } from 'zod';
import { type ConnectionOptions, openConnection } from '../connection/connection.ts';

const Applications = z.object({
  value: z.array(
    z.object({
      passwordCredentials: z.array(
        z.object({ hint: z.string().nullish(), endDateTime: z.iso.datetime({ offset: true }).nullish() }),
      ),
    }),
  ),
});

/** Returns the app's secrets, each with its first characters; null: Entra ID has no such app registration. */
export const readAppSecrets = (options: ConnectionOptions, appId: string) =>
  openConnection(options).call(
    `reading the secrets of app ${appId}`,
    async (clients) => {
      const filter = encodeURIComponent(`appId eq '${appId}'`);
      const path = `/v1.0/applications?$filter=${filter}&$select=id,appId,passwordCredentials`;
      const [found] = Applications.parse(await clients.plain.graph(path)).value;
      if (found === undefined) return null;
      return found.passwordCredentials.map(({ hint, endDateTime }) => ({
        hint: hint ?? null,
        endsAt: endDateTime ? new Date(endDateTime) : null,
      }));
    },
    { limit: 'brief' },
  );
