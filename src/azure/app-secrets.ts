/** When the secrets of an app registration end, as Microsoft Graph has it (`Application.Read.All`, which the bot need not have). */
import { z } from 'zod';
import type { Outcome } from '../domain/failure.ts';
import { type AzureOptions, connectionOf } from './azure.ts';

const Applications = z.object({
  value: z.array(
    z.object({
      passwordCredentials: z.array(
        z.object({ hint: z.string().nullish(), endDateTime: z.iso.datetime({ offset: true }).nullish() }),
      ),
    }),
  ),
});

export interface AppSecret {
  /** The first characters of the secret. */
  readonly hint: string | null;
  readonly endsAt: Date | null;
}

export interface AppSecrets {
  /** Null: the directory has no such app registration. */
  of(appId: string): Promise<Outcome<readonly AppSecret[] | null>>;
}

/** Sends nothing until it is asked. */
export function graphAppSecrets(options: AzureOptions): AppSecrets {
  const connection = connectionOf(options);
  return {
    of: (appId) =>
      connection.call(
        `reading the secrets of app ${appId}`,
        async (line) => {
          const filter = encodeURIComponent(`appId eq '${appId}'`);
          const path = `/v1.0/applications?$filter=${filter}&$select=id,appId,passwordCredentials`;
          const [found] = Applications.parse(await line.plain.graph(path)).value;
          if (found === undefined) return null;
          return found.passwordCredentials.map(({ hint, endDateTime }) => ({
            hint: hint ?? null,
            endsAt: endDateTime ? new Date(endDateTime) : null,
          }));
        },
        { brief: true },
      ),
  };
}
