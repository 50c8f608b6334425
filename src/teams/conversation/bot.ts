/** The bot: takes each activity to the command, the form or the action it is for, and answers. */
import { ActivityHandler, type InvokeResponse, TeamsInfo, type TurnContext } from 'botbuilder';
import type { KeptRoles } from '../../authorization/kept-roles.ts';
import { cmkHelp } from '../../commands/cmk-help.ts';
import { commands } from '../../commands/registry.ts';
import { PersonId } from '../../domain/ids.ts';
import type { Conversations, People } from '../../domain/ports/store.ts';
import { refuse } from '../../domain/request/refusal.ts';
import type { CommandPorts } from '../../operations/ports.ts';
import { evidenceVerb } from '../cards/views/evidence-button.ts';
import { refusalCard, refusalText } from '../cards/views/short-views.ts';
import { welcomeCard } from '../cards/views/welcome-view.ts';
import { type Chat, isGone } from '../posts/chat.ts';
import { CardClick, CardSearch, type KnownSender, senderOf, tenantOf } from './activity.ts';
import { readBeside } from './as-it-stood.ts';
import { answerEvidenceClick, type EvidenceClickOptions } from './evidence-click.ts';
import { answerFormClick, clickedCard, openForm } from './form-click.ts';
import { answerFormFromCard, opensForm } from './form-from-card.ts';
import type { Forms } from './forms.ts';
import { badRequestAnswer, cardAnswer, choicesAnswer, messageAnswer } from './invoke-answers.ts';
import type { KeptChoices } from './kept-choices.ts';
import type { LaterCards } from './later-cards.ts';
import { answerListClick } from './list-click.ts';
import type { Lists } from './lists.ts';
import { type Meant, meantBy } from './meant.ts';
import type { Once } from './once.ts';
import { outlasting } from './outlasting.ts';
import { parseMessage, type TypedMessage } from './parse-message.ts';
import { type Reply, reply, send } from './reply.ts';
import { answerRequestClick } from './request-click.ts';
import { type Started, startedBy } from './started.ts';
import { answerTurnedAway, type Turned } from './turned-away.ts';
import { search } from './typeahead.ts';
import { type Admitted, helpFor, noCommandCard, resultCard } from './typed-cards.ts';
import { type WelcomeOptions, welcome } from './welcome.ts';

export interface BotOptions extends EvidenceClickOptions, WelcomeOptions {
  readonly commandPorts: CommandPorts;
  readonly agents: KeptChoices;
  readonly forms: Forms;
  readonly lists: Lists;
  readonly chat: Pick<Chat, 'answerAlone' | 'post' | 'postThread'>;
  readonly later: LaterCards;
  readonly once: Once;
  readonly conversations: Conversations;
  readonly people: People;
  readonly tenantId: string;
  /** How people are known: `bot-framework` with tokens, `local` without. */
  readonly signIn: string;
  readonly auditChannel: boolean;
  readonly rolesForHelp: KeptRoles['rolesForHelp'];
  readonly forClick: KeptRoles['forClick'];
}

export class CmkBot extends ActivityHandler {
  private readonly options: BotOptions;

  constructor(options: BotOptions) {
    super();
    this.options = options;
    this.onMessage(async (context, next) => {
      await this.message(context);
      await next();
    });
    this.onConversationUpdate(async (context, next) => {
      await this.arrive(context);
      await next();
    });
    this.onInstallationUpdateAdd(async (context, next) => {
      await this.arrive(context);
      await next();
    });
  }

  private async arrive(context: TurnContext): Promise<void> {
    if (tenantOf(context.activity) !== this.options.tenantId) return;
    try {
      await this.learn(context);
      await welcome(context, this.options);
    } catch (error) {
      // The bot is told as well that it was removed, and then may neither look nor speak.
      if (!isGone(error)) throw error;
    }
  }

  /** Remembers how to reach the conversation, and the names of those in it. */
  private async learn(context: TurnContext): Promise<void> {
    const { activity } = context;
    const { tenantId } = this.options;
    const personal = activity.conversation.conversationType === 'personal';
    const personId = personal ? (PersonId.safeParse(activity.from.aadObjectId).data ?? null) : null;
    const { id: conversationId } = activity.conversation;
    await this.options.conversations.save({ conversationId, serviceUrl: activity.serviceUrl, tenantId, personId });
    let continuationToken: string | undefined;
    do {
      const page = await TeamsInfo.getPagedMembers(context, 100, continuationToken);
      for (const member of page.members) {
        const id = PersonId.safeParse(member.aadObjectId).data;
        // A shared channel has members of other tenants.
        const isOurs = (member.tenantId ?? tenantId).toLowerCase() === tenantId;
        const address = member.userPrincipalName || member.email || null;
        if (id !== undefined && isOurs)
          await this.options.people.save({ id, memberId: member.id, name: member.name, address });
      }
      continuationToken = page.continuationToken || undefined;
    } while (continuationToken !== undefined);
  }

  /** Who sent this; null when nobody can be named. A person of another tenant is known, and refused by the caller. */
  private async sender(context: TurnContext): Promise<KnownSender | null> {
    const sender = senderOf(context.activity, this.options.signIn);
    if (sender === null || sender.tenantId !== this.options.tenantId) return sender;
    const { person: id, memberId, name, origin, tenantId } = sender;
    const personId = origin.conversationType === 'personal' ? id : null;
    const { serviceUrl } = context.activity;
    await this.options.conversations.save({ conversationId: origin.conversationId, serviceUrl, tenantId, personId });
    if (name !== null) await this.options.people.save({ id, memberId, name, address: null });
    return sender;
  }

  /**
   * The one gate: nobody passes without a role, and who does not learns nothing, not even whether something exists. Null where
   * nobody can be named.
   */
  private async admitted(context: TurnContext, rolesOf = this.options.rolesOf): Promise<Admitted | Turned | null> {
    const sender = await this.sender(context);
    if (sender === null) return null;
    if (sender.tenantId !== this.options.tenantId) return { sender: null, refusal: refuse('guest') };
    const roles = await rolesOf(sender.person);
    return roles.kind === 'refused' ? { sender, refusal: roles } : { ...sender, roles };
  }

  private async message(context: TurnContext): Promise<void> {
    const { activity } = context;
    const typed = parseMessage(activity.text ?? '', activity.entities, activity.recipient.id);
    const { rolesForHelp, rolesOf } = this.options;
    const sender = await this.admitted(context, typed.command === cmkHelp.name ? rolesForHelp : rolesOf);
    if (sender === null) return;
    if ('refusal' in sender) {
      await send(this.options, context, refusalCard(sender.refusal), 'who-asked');
      return;
    }
    await this.say(context, sender, typed);
  }

  private async answerTo(context: TurnContext, sender: Admitted, typed: TypedMessage): Promise<Reply> {
    const command = commands.find((one) => one.name === typed.command);
    const aside = { standsIn: null, readers: 'who-asked' } as const;
    if (command === undefined) return { card: noCommandCard(this.options, sender, typed), ...aside };
    const { person: by, actor, origin } = sender;
    const { args, words } = typed;
    const result = await command.handle({ by, actor, origin, args, words }, this.options.commandPorts);
    if (result.kind === 'open-form') return openForm(this.options, context, sender, result.form);
    return { card: await resultCard(this.options, result, sender, typed), ...aside };
  }

  protected override async onInvokeActivity(context: TurnContext): Promise<InvokeResponse> {
    const { name, value } = context.activity;
    const click = CardClick.safeParse(value);
    const standings = this.options.forClick();
    const { rolesOf, approverOf: approverStanding, requesterOf: requesterStanding } = standings;
    const { begin, asItStood } = readBeside(this.options.actionPorts.requests, standings, click.data ?? null);
    const own = { approverStanding, requesterStanding, asItStood };
    const options = { ...this.options, actionPorts: { ...this.options.actionPorts, ...own } };
    const sender = await this.admitted(context, (person) => {
      begin();
      return rolesOf(person);
    });
    if (sender === null) return badRequestAnswer('The sender has no Entra object id and tenant.');
    if ('refusal' in sender) return answerTurnedAway(options, sender, clickedCard(context), click.data);
    if (name === 'application/search') return this.typeahead(context, sender, value);
    if (name !== 'adaptiveCard/action')
      return badRequestAnswer(`Invokes named ${String(name).slice(0, 80)} are not answered.`);
    if (!click.success)
      return badRequestAnswer(
        `The click is malformed: ${click.error.issues[0]?.path.join('.')} ${click.error.issues[0]?.message}.`,
      );
    if (opensForm(click.data.action.verb)) return this.formFromCard(context, sender, click.data);
    const started = startedBy(click.data.action.verb);
    if (started !== null) return this.start(context, sender, started);
    const meant = meantBy(click.data.action.verb, click.data.action.data.text);
    if (meant !== null) return this.sayMeant(context, sender, meant);
    if (click.data.action.verb === evidenceVerb)
      return answerEvidenceClick(this.options, sender, clickedCard(context), click.data);
    if (click.data.action.verb.startsWith('list.')) return answerListClick(this.options, context, sender, click.data);
    return click.data.action.verb.startsWith('form.')
      ? this.formClick(context, sender, click.data)
      : answerRequestClick(options, sender, clickedCard(context), click.data);
  }

  /** The answer comes as a message of its own, as if the command had been typed; the card with the button stays as it is. */
  private async start(context: TurnContext, sender: Admitted, { name, on }: Started): Promise<InvokeResponse> {
    if (await this.options.once.isFirst(sender, 'start', name))
      await this.say(context, sender, { command: name, args: {}, words: [] });
    return cardAnswer(on === 'help' ? helpFor(this.options, sender) : welcomeCard(sender.roles));
  }

  private async sayMeant(context: TurnContext, sender: Admitted, { typed, text }: Meant): Promise<InvokeResponse> {
    const about = `${context.activity.replyToId ?? ''} ${text}`;
    if (await this.options.once.isFirst(sender, 'meant', about)) await this.say(context, sender, typed);
    return messageAnswer('The answer stands below.');
  }

  private async say(context: TurnContext, sender: Admitted, typed: TypedMessage): Promise<void> {
    const command = commands.find(({ name }) => name === typed.command);
    // A form's message becomes the request's card, which everybody watches.
    const likely = command?.weight === 'form' ? 'everybody' : 'who-asked';
    await reply(this.options, context, this.answerTo(outlasting(context), sender, typed), likely);
  }

  private async typeahead(context: TurnContext, sender: Admitted, value: unknown): Promise<InvokeResponse> {
    const query = CardSearch.safeParse(value);
    if (!query.success) return badRequestAnswer('The search has no dataset.');
    // A form that was opened while somebody was a requester shows nothing once they no longer are one.
    if (!sender.roles.asks) return choicesAnswer([]);
    const { dataset, queryText } = query.data;
    const readForm = (id: string) => this.options.forms.read(context, id, sender.person);
    const { commandPorts: ports, agents } = this.options;
    return choicesAnswer(await search({ ports, agents, readForm }, dataset, queryText));
  }

  private async formClick(context: TurnContext, sender: Admitted, click: CardClick): Promise<InvokeResponse> {
    if (!sender.roles.asks) return messageAnswer(refusalText(refuse('not-a-requester')));
    return answerFormClick(this.options, context, sender, clickedCard(context), click);
  }

  private async formFromCard(context: TurnContext, sender: Admitted, click: CardClick): Promise<InvokeResponse> {
    if (!sender.roles.asks) return messageAnswer(refusalText(refuse('not-a-requester')));
    return answerFormFromCard(this.options, context, sender, click);
  }
}
