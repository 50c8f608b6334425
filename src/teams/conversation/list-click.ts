/** A click on a list: another page of it, what else it can show, or where one of its rows leads. */
import type { InvokeResponse, TurnContext } from 'botbuilder';
import type { Roles } from '../../authorization/who-may.ts';
import { refusalText } from '../cards/views/short-views.ts';
import type { CardClick, KnownSender } from './activity.ts';
import { type AskFromListOptions, askFromList } from './ask-from-list.ts';
import { cardAnswer, messageAnswer } from './invoke-answers.ts';
import type { Lists } from './lists.ts';
import { openFromList } from './open-from-list.ts';
import type { RequestClickOptions } from './request-click.ts';

export interface ListClickOptions extends AskFromListOptions, RequestClickOptions {
  readonly lists: Lists;
}

export async function answerListClick(
  options: ListClickOptions,
  context: TurnContext,
  sender: KnownSender & { readonly roles: Roles },
  { action: { verb, data } }: CardClick,
): Promise<InvokeResponse> {
  if (verb === 'list.open') return openFromList(options, sender, data.requestId ?? '');
  if (verb === 'list.ask') return askFromList(options, context, sender, data.resourceId);
  const viewer = { person: sender.person, asks: sender.roles.asks };
  const turned = await options.lists.turn(verb, data.formId ?? '', data.revision ?? 1, viewer);
  return turned.kind === 'card' ? cardAnswer(turned.card) : messageAnswer(refusalText(turned));
}
