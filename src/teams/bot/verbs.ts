/** Table of all verbs that a card's button can send: cost, required role and handler. */
import type { InvokeResponse, TurnContext } from 'botbuilder';
import { DriftId } from '../../domain/ids.ts';
import { refuse } from '../../domain/request/refusal.ts';
import type { Action } from '../../operations/actions/action.ts';
import { cancel } from '../../operations/actions/cancel.ts';
import { refresh } from '../../operations/actions/refresh.ts';
import { actions } from '../../operations/actions/registry.ts';
import { stop } from '../../operations/actions/stop.ts';
import { FleetShow, HistoryShow, OpenShow, type TypedCommand } from '../../operations/commands/command.ts';
import { commands } from '../../operations/commands/registry.ts';
import { evidenceVerb } from '../cards/views/request-card.ts';
import { refusalText } from '../cards/views/short-views.ts';
import type { Posted } from '../delivery/chat.ts';
import { cardAnswer, messageAnswer, unknownVerbAnswer } from '../invoke-answers.ts';
import { CardClick, type InboundActivity, type KnownSender, parseMessage, type TypedMessage } from './activity.ts';
import type { BotApp } from './app.ts';
import { answerFormClick } from './form-click.ts';
import { formVerbs } from './forms.ts';
import { subjectAfter } from './lists.ts';
import { answerFormFromCard, askFromList, openFromList, verbsThatOpenForms } from './open-from-card.ts';
import { answerEvidenceClick, answerRequestClick } from './request-click.ts';
import { helpVerb, suggestionOf, suggestionVerb } from './suggestions.ts';
import { type AdmittedSender, runSuggestion, start } from './typed-commands.ts';

export interface ClickTurn<Sender extends KnownSender> {
  readonly context: TurnContext;
  readonly sender: Sender;
  readonly at: Posted | null;
  readonly click: CardClick;
}

type Handle<Sender extends KnownSender> = (app: BotApp, turn: ClickTurn<Sender>) => Promise<InvokeResponse>;

interface Common {
  readonly cost: (data: CardClick['action']['data']) => Cost;
  /** `refresh`: only reads, and Teams sends it automatically, to fetch a person's own view of a card. `read`: only reads. */
  readonly effect: 'refresh' | 'read' | 'write';
}
/** `role`: requester, approver or reader. `role-or-own-request`: also the request's requester without a role. */
export type Verb = Common &
  (
    | { readonly requires: 'role' | 'requester'; readonly handle: Handle<AdmittedSender> }
    | { readonly requires: 'role-or-own-request'; readonly handle: Handle<KnownSender> }
  );

export interface Cost {
  readonly clicks: number;
  /** The maximum number of calls to Azure Resource Manager. Measured by test/long/call-costs. */
  readonly azureCalls: number;
}

export const costs: { readonly [W in TypedCommand['weight']]: Cost } = {
  light: { clicks: 1, azureCalls: 0 },
  form: { clicks: 5, azureCalls: 5 },
  list: { clicks: 5, azureCalls: 16 },
};

/** A form that opens on its review page reads the vault, the key, who has control over it, and the guard policies. */
const openedOnReview: Cost = { clicks: 5, azureCalls: 16 };

const reviewing: Cost = { ...costs.light, azureCalls: 16 };
/** They show a stored page, or close the form. */
const readsNothing: readonly string[] = ['form.show', 'form.cancel'];

/**
 * Typeahead queries Resource Graph, whose quota is an eighth of Azure Resource Manager's: 15 in 5 seconds (Microsoft,
 * "Guidance for throttled requests in Azure Resource Graph").
 */
const searching: Cost = { ...costs.light, azureCalls: 8 };

/** Unknown commands are answered with the help, which is cheap. */
function costOfTyped({ command, args }: Pick<TypedMessage, 'command' | 'args'>): Cost {
  const weight = commands.find(({ name }) => name === command)?.weight ?? 'light';
  const chosen = args.vault !== undefined || args.key !== undefined || args.version !== undefined;
  return weight === 'form' && chosen ? openedOnReview : costs[weight];
}

const common = (cost: Cost, effect: Common['effect'] = 'write'): Common => ({ cost: () => cost, effect });
const list = common(costs.list, 'read');

/** Only forms lead to a change. */
export const onlyReads = (name: string): boolean => commands.find((one) => one.name === name)?.weight !== 'form';

/** A requester who lost the role can still cancel or stop their own request: stopping a change must never wait. */
const stopping: readonly Action[] = [cancel, stop];

const turnList: Handle<AdmittedSender> = async ({ lists }, { sender, click: { action } }) => {
  const subject = subjectAfter(action.verb, action.data, sender);
  if (subject === null) return unknownVerbAnswer(action.verb);
  const page = action.verb === 'list.page' ? action.data.revision : 1;
  const answer = await lists.open(subject, { person: sender.person, asks: sender.roles.asks }, page);
  return answer.kind === 'card' ? cardAnswer(answer.card) : messageAnswer(refusalText(answer));
};

const sayTyped: Handle<AdmittedSender> = async (app, { context, sender, click: { action } }) => {
  const meant = suggestionOf(action.verb, action.data.text);
  return meant === null ? unknownVerbAnswer(action.verb) : runSuggestion(app, context, sender, meant);
};

const showDrift: Handle<AdmittedSender> = async ({ driftAlerts, later }, { at, click: { action } }) => {
  const { driftId, revision: number = 0 } = action.data;
  const id = DriftId.safeParse(driftId).data;
  const card = id === undefined ? null : await driftAlerts.cardOf(id, number);
  if (id === undefined || card === null) return messageAnswer(refusalText(refuse('unknown-request', driftId ?? '')));
  if (at !== null) later.runTwiceLater(() => driftAlerts.registerCopy(id, number, at));
  return cardAnswer(card);
};

type Row = readonly [verb: string, row: Verb];

const onRequests: readonly Row[] = actions.map((action): Row => {
  const handle: Handle<KnownSender> = (app, { sender, at, click }) =>
    answerRequestClick(app, action, sender, { at, click });
  const requires = stopping.includes(action) ? 'role-or-own-request' : 'role';
  return [action.verb, { ...common(costs.light, action === refresh ? 'refresh' : 'write'), requires, handle }];
});

const onForms: readonly Row[] = formVerbs.map((verb): Row => {
  const cost = readsNothing.includes(verb) ? costs.light : reviewing;
  const effect = verb === 'form.show' || verb === 'form.refresh' ? 'refresh' : 'write';
  const handle: Handle<AdmittedSender> = (app, { context, sender, at, click }) =>
    answerFormClick(app, context, sender, at, click);
  return [verb, { ...common(cost, effect), requires: 'requester', handle }];
});

const onCommands: readonly Row[] = commands.flatMap(({ name }) =>
  (['help', 'welcome'] as const).map((on): Row => {
    const cost = costOfTyped({ command: name, args: {} });
    const handle: Handle<AdmittedSender> = (app, { context, sender }) => start(app, context, sender, { name, on });
    return [
      `${on}.${name.slice(1)}`,
      { ...common(cost, onlyReads(name) ? 'read' : 'write'), requires: 'role', handle },
    ];
  }),
);

const listWords = [...OpenShow.options, ...HistoryShow.options, ...FleetShow.options];

/** The bot refuses verbs that aren't listed. */
export const verbs: ReadonlyMap<string, Verb> = new Map([
  ...onRequests,
  ...onForms,
  ...onCommands,
  ...verbsThatOpenForms.map((verb): Row => {
    const handle: Handle<AdmittedSender> = (app, { context, sender, click }) =>
      answerFormFromCard(app, context, sender, click);
    return [verb, { ...common(openedOnReview), requires: 'requester', handle }];
  }),
  ...['page', ...listWords].map((word): Row => [`list.${word}`, { ...list, requires: 'role', handle: turnList }]),
  [
    evidenceVerb,
    {
      ...common(costs.list),
      requires: 'role',
      handle: (app, turn) => answerEvidenceClick(app, turn.sender, turn),
    },
  ],
  [
    'list.open',
    {
      ...list,
      requires: 'role',
      handle: (app, { sender, click }) => openFromList(app, sender, click.action.data.requestId ?? ''),
    },
  ],
  [
    'list.ask',
    {
      ...common(costs.list),
      requires: 'requester',
      handle: (app, { context, sender, click }) => askFromList(app, context, sender, click.action.data.resourceId),
    },
  ],
  ['drift.refresh', { ...common(costs.light, 'refresh'), requires: 'role', handle: showDrift }],
  [helpVerb, { ...common(costs.light, 'read'), requires: 'role', handle: sayTyped }],
  [
    suggestionVerb,
    {
      effect: 'write',
      requires: 'role',
      cost: ({ text }) => costOfTyped(parseMessage(text ?? '', [], '')),
      handle: sayTyped,
    },
  ],
]);

/** Returns the cost of an activity. Unknown ones cost as little as a click. */
export function costOf({ type, name, text, entities, recipient, value }: InboundActivity): Cost {
  if (type === 'message') return costOfTyped(parseMessage(text ?? '', entities, recipient.id));
  if (type === 'invoke' && name === 'application/search') return searching;
  const action = type === 'invoke' && name === 'adaptiveCard/action' ? CardClick.safeParse(value).data?.action : null;
  return action == null ? costs.light : (verbs.get(action.verb)?.cost(action.data) ?? costs.light);
}
