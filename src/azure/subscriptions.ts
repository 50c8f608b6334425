/** The configured subscriptions themselves: whether the bot can sign in and read them. */
import type { Outcome } from '../domain/failure.ts';
import { type AzureOptions, connectionOf } from './azure.ts';

/** What only the command line asks: no request rests on it. */
export interface Subscriptions {
  /** Reads something every role on a subscription lets one read: its resource groups. */
  read(subscriptionId: string): Promise<Outcome<'readable'>>;
}

export function armSubscriptions(options: AzureOptions): Subscriptions {
  const connection = connectionOf(options);
  return {
    read: (id) =>
      connection.call(`reading subscription ${id}`, async (line) => {
        const groups = line.list(`/subscriptions/${id}/resourcegroups?api-version=2021-04-01&$top=1`);
        await groups.next();
        await groups.return(undefined);
        return 'readable' as const;
      }),
  };
}
