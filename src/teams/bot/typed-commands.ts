/** Runs typed commands and their buttons, and renders the answers. */

import { isDeepStrictEqual } from 'node:util';
import type { InvokeResponse, TurnContext } from 'botbuilder';
import type { Roles } from '../../authorization/role-checks.ts';
import { RequestId } from '../../domain/ids.ts';
import { type Refusal, refuseOnFailure } from '../../domain/request/refusal.ts';
import { cmkHelp } from '../../operations/commands/cmk-help.ts';
import type { CommandResult, TypedCommand } from '../../operations/commands/command.ts';
import { commands } from '../../operations/commands/registry.ts';
import { closestName } from '../../operations/similar-names.ts';
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

// Did-you-mean suggestions for mistyped commands and names, as complete commands. A button sends the command as if
// the person had typed it.

/** The suggestion's button; its data contains only the text. */
export const suggestionVerb = 'typed.meant';
export const helpVerb = 'typed.help';

/** Longer ones aren't offered, because people wouldn't read them. */
const longest = 200;

const names = commands.map(({ name }) => name);

/** Returns the command as text; null if parsing it wouldn't return the same. */
function written(typed: TypedMessage): string | null {
  const args = Object.entries(typed.args).map(([name, value]) => `${name}=${/\s/.test(value) ? `"${value}"` : value}`);
  const text = [typed.command, ...typed.words, ...args].join(' ');
  return text.length <= longest && isDeepStrictEqual(parseMessage(text, [], ''), typed) ? text : null;
}

/** Suggests a command for unknown ones: `/enabel-cmk`, and `enabel cmk` in two words. Null if none is similar. */
export function suggestCommand(typed: TypedMessage): { readonly wrote: string; readonly meant: string } | null {
  const [first, ...others] = typed.words;
  const ways = [
    { wrote: typed.command, words: typed.words },
    ...(first === undefined ? [] : [{ wrote: `${typed.command}-${first}`, words: others }]),
  ];
  for (const { wrote, words } of ways) {
    const command = closestName(wrote, names);
    const meant = command === null ? null : (written({ ...typed, command, words }) ?? command);
    if (meant !== null) return { wrote, meant };
  }
  const all = [typed.command.slice(1), ...typed.words];
  const request = all.map((word) => word.toUpperCase()).find((word) => RequestId.safeParse(word).success);
  return request === undefined ? wordMeant(all) : { wrote: all.join(' '), meant: `/cmk-requests ${request}` };
}

/** A command by its own word: `status`, or `please enable a key`. Help is the answer to everything else anyway. */
function wordMeant(words: readonly string[]): { readonly wrote: string; readonly meant: string } | null {
  for (const word of words.map((one) => one.toLowerCase())) {
    const meant = names.find((name) => name !== cmkHelp.name && [`/cmk-${word}`, `/${word}-cmk`].includes(name));
    if (meant !== undefined) return { wrote: word, meant };
  }
  return null;
}

/** Suggests a name for an unknown one. Null if none is similar, or its position in the text is unclear. */
export function suggestName(typed: TypedMessage, { code, fact, near }: Refusal): string | null {
  if (near === undefined || code === 'not-understood') return null;
  const args = Object.entries(typed.args);
  const inArgs = args.some(([, value]) => value.trim() === fact);
  if (inArgs)
    return written({
      ...typed,
      args: Object.fromEntries(args.map(([name, value]) => [name, value.trim() === fact ? near : value])),
    });
  if (typed.words.join(' ') === fact) return written({ ...typed, words: near.split(' ') });
  if (typed.words.includes(fact))
    return written({ ...typed, words: typed.words.map((one) => (one === fact ? near : one)) });
  return null;
}

interface Suggestion {
  readonly text: string;
  readonly typed: TypedMessage;
}

/** Null: another button. */
export function suggestionOf(verb: string, said: string | undefined): Suggestion | null {
  const text = verb === helpVerb ? cmkHelp.name : verb === suggestionVerb ? said : undefined;
  return text === undefined ? null : { text, typed: parseMessage(text, [], '') };
}

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
