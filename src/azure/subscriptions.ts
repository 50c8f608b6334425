/** What the bot's identity may do in the configured subscriptions. */
import type { Outcome } from '../domain/failure.ts';
import { type AzureOptions, connectionOf } from './azure.ts';
import { allowedBy, permissionsAt } from './permissions.ts';

export interface SubscriptionRights {
  readonly actions: readonly string[];
  readonly dataActions: readonly string[];
}

/** What only the command line asks: no request rests on it. */
export interface Subscriptions {
  /**
   * Which of the wanted rights the bot's own roles do not give it. `scope` is the ARM id of a configured subscription or of
   * something in one. Conditions on a role assignment and deny assignments are not looked at.
   */
  lacks(scope: string, wanted: SubscriptionRights): Promise<Outcome<SubscriptionRights>>;
  /** What Azure's clock says, to the second, in the answer about a configured subscription; null where it does not say. */
  time(subscriptionId: string): Promise<Outcome<Date | null>>;
}

export function armSubscriptions(options: AzureOptions): Subscriptions {
  const connection = connectionOf(options);
  return {
    time: (id) =>
      connection.call(
        'asking Azure for the time',
        async (line) => {
          // A refusal tells the time as well.
          await line.plain.read(`/subscriptions/${id}?api-version=2022-12-01`).catch((error: unknown) => {
            if (line.exchange.last === null) throw error;
          });
          const at = Date.parse(line.exchange.last?.header('date') ?? '');
          return Number.isFinite(at) ? new Date(at) : null;
        },
        { brief: true },
      ),
    lacks: (scope, { actions, dataActions }) =>
      connection.call(`reading what the bot may do at ${scope}`, async (line) => {
        const may = allowedBy(await permissionsAt(line, scope));
        return {
          actions: actions.filter((name) => !may.action(name)),
          dataActions: dataActions.filter((name) => !may.dataAction(name)),
        };
      }),
  };
}
