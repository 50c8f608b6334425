/** Permissions of the bot's identity in the configured subscriptions. */
import type { Outcome } from '../../domain/failure.ts';
import type { Rights } from '../../domain/ports/azure.ts';
import { type ConnectionOptions, openConnection } from '../connection/connection.ts';
import { allowedBy, permissionsAt } from './permissions.ts';

/** Reads that only the command line uses; no request depends on them. */
export function armSubscriptions(options: ConnectionOptions) {
  const connection = openConnection(options);
  return {
    /** Returns Azure's time, to the second, from the answer about a configured subscription; null: not in the answer. */
    time: (id: string): Promise<Outcome<Date | null>> =>
      connection.call(
        'asking Azure for the time',
        async (clients) => {
          // A refusal also contains the time.
          await clients.plain.read(`/subscriptions/${id}?api-version=2022-12-01`).catch((error: unknown) => {
            if (clients.exchange.last === null) throw error;
          });
          const at = Date.parse(clients.exchange.last?.header('date') ?? '');
          return Number.isFinite(at) ? new Date(at) : null;
        },
        { limit: 'brief' },
      ),
    /**
     * Returns the permissions that the bot's own roles lack. `scope`: ARM id of a configured subscription or of something in one.
     * Ignores conditions on role assignments and deny assignments.
     */
    lacks: (scope: string, { actions, dataActions }: Rights): Promise<Outcome<Rights>> =>
      connection.call(`reading what the bot can do at ${scope}`, async (clients) => {
        const granted = allowedBy(await permissionsAt(clients, scope));
        return {
          actions: actions.filter((name) => !granted.action(name)),
          dataActions: dataActions.filter((name) => !granted.dataAction(name)),
        };
      }),
  };
}
