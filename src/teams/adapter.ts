/** The Bot Framework adapter: who may call, and what happens when a turn ends in a bug. */
import { randomUUID } from 'node:crypto';
import { ActivityTypes, CloudAdapter, ConfigurationBotFrameworkAuthentication, type TurnContext } from 'botbuilder';
import { cardActivity } from './chat.ts';
import { messageAnswer } from './invoke-answers.ts';
import { bugCard, bugText } from './views/short-views.ts';

interface Log {
  error(fields: object, message: string): void;
}

/** Bot Framework's own names, as its documentation gives them. */
export interface AppSettings {
  readonly MicrosoftAppId?: string | undefined;
  readonly MicrosoftAppType?: string | undefined;
  readonly MicrosoftAppTenantId: string;
  readonly MicrosoftAppPassword?: string | undefined;
}

/** Null settings: no tokens, for one machine only. Else every call must carry a token for the app. */
export function openAdapter(settings: AppSettings | null, log: Log): CloudAdapter {
  const { MicrosoftAppId, MicrosoftAppType, MicrosoftAppTenantId, MicrosoftAppPassword } = settings ?? {};
  const used =
    settings === null ? {} : { MicrosoftAppId, MicrosoftAppType, MicrosoftAppTenantId, MicrosoftAppPassword };
  const adapter = new CloudAdapter(new ConfigurationBotFrameworkAuthentication(used as Record<string, string>));
  adapter.onTurnError = onTurnError(log);
  return adapter;
}

/** A bug is caught once per turn, logged with an id, and shown with that id. */
function onTurnError(log: Log): (context: TurnContext, error: Error) => Promise<void> {
  return async (context, error) => {
    const id = randomUUID().slice(0, 8);
    log.error({ err: error, errorId: id, activityType: context.activity.type }, 'turn ended by an unexpected error');
    if (context.activity.type === ActivityTypes.Invoke) {
      await context.sendActivity({ type: ActivityTypes.InvokeResponse, value: messageAnswer(bugText(id)) });
    } else if (context.activity.type === ActivityTypes.Message) {
      await context.sendActivity(cardActivity(bugCard(id))).catch(() => undefined);
    }
  };
}
