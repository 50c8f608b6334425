/** Runs typed commands and their buttons, and renders the answers. */

import type { InvokeResponse, TurnContext } from 'botbuilder';
import type { Roles } from '../../authorization/role-checks.ts';
import { refuseOnFailure } from '../../domain/request/refusal.ts';
import type { CommandResult, TypedCommand } from '../../operations/commands/command.ts';
import { commands } from '../../operations/commands/registry.ts';
import { postedBelow } from '../../text/lists.ts';
import type { AdaptiveCard } from '../cards/render-card.ts';
import { helpCard, welcomeCard } from '../cards/views/help-view.ts';
import { impactCard } from '../cards/views/list-view.ts';
import { type Offer, refusalCard, typoCard } from '../cards/views/short-views.ts';
import { cardAnswer, messageAnswer } from '../invoke-answers.ts';
import { type KnownSender, parseMessage, type TypedMessage } from './activity.ts';
import type { BotApp } from './app.ts';
import { openFormCard } from './form-click.ts';
import { type Reply, reply } from './reply.ts';
import { type Suggestion, suggestCommand, suggestName } from './suggestions.ts';

/** A person with at least one role. */
export type AdmittedSender = KnownSender & { readonly roles: Roles };

type CardsApp = Pick<BotApp, 'policy' | 'lists' | 'auditChannel'>;

function helpFor({ policy, auditChannel }: CardsApp, { roles }: Pick<AdmittedSender, 'roles'>): AdaptiveCard {
  const { asks: mayAsk, approves: mayApprove } = roles;
  return helpCard({ commands, policy, mayAsk, mayApprove, auditChannel: auditChannel !== null });
}

function offerOf({ roles }: Pick<AdmittedSender, 'roles'>, meant: string | null): Offer | null {
  if (meant === null) return null;
  const { command } = parseMessage(meant, [], '');
  const weight = commands.find(({ name }) => name === command)?.weight;
  return weight === undefined || (weight === 'form' && !roles.asks) ? null : { text: meant, weight };
}

/** Suggests a similar command, or else shows the help, for example to a greeting. */
export function noCommandCard(app: CardsApp, sender: Pick<AdmittedSender, 'roles'>, typed: TypedMessage): AdaptiveCard {
  const near = suggestCommand(typed);
  return near === null ? helpFor(app, sender) : typoCard(near.wrote, near.meant, offerOf(sender, near.meant));
}

export async function resultCard(
  app: CardsApp,
  result: Exclude<CommandResult, { readonly kind: 'open-form' }>,
  sender: Pick<AdmittedSender, 'person' | 'roles'>,
  typed: TypedMessage,
): Promise<AdaptiveCard> {
  switch (result.kind) {
    case 'refused':
      return refusalCard(result, offerOf(sender, suggestName(typed, result)));
    case 'show-help':
      return helpFor(app, sender);
    case 'show-impact':
      return impactCard(result.impact);
    case 'show-list': {
      const { person, roles } = sender;
      const answer = await app.lists.open(result.subject, { person, asks: roles.asks });
      return answer.kind === 'card' ? answer.card : refusalCard(answer);
    }
  }
}

async function answerTo(app: BotApp, sender: AdmittedSender, typed: TypedMessage): Promise<Reply> {
  const command = commands.find((one) => one.name === typed.command);
  const aside = { standsIn: null, readers: 'who-asked' } as const;
  if (command === undefined) return { card: noCommandCard(app, sender, typed), ...aside };
  const { person: by, actor, origin } = sender;
  const { args, words } = typed;
  const call = { by, actor, origin, args, words };
  const result = await refuseOnFailure(() => command.handle(call, app));
  if (result.kind === 'open-form') return openFormCard(app, sender, result.form);
  return { card: await resultCard(app, result, sender, typed), ...aside };
}

export async function say(
  app: BotApp,
  context: TurnContext,
  sender: AdmittedSender,
  typed: TypedMessage,
): Promise<void> {
  await reply(app, context, answerTo(app, sender, typed), 'who-asked');
}

/**
 * Runs a command from a button on the help or welcome card. Its answer is a separate message, as if typed; the card
 * with the button stays.
 */
export async function start(
  app: BotApp,
  context: TurnContext,
  sender: AdmittedSender,
  { name, on }: { readonly name: TypedCommand['name']; readonly on: 'help' | 'welcome' },
): Promise<InvokeResponse> {
  if (await app.once.isFirst(sender, 'start', name))
    await say(app, context, sender, { command: name, args: {}, words: [] });
  return cardAnswer(on === 'help' ? helpFor(app, sender) : welcomeCard(sender.roles));
}

export async function runSuggestion(
  app: BotApp,
  context: TurnContext,
  sender: AdmittedSender,
  { typed, text }: Suggestion,
): Promise<InvokeResponse> {
  const about = `${context.activity.replyToId ?? ''} ${text}`;
  if (await app.once.isFirst(sender, 'meant', about)) await say(app, context, sender, typed);
  return messageAnswer(postedBelow.answer);
}
