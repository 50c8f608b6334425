/** The bot: routes each activity to its command, form or action, and answers. */
import {
  ActivityHandler,
  type InvokeResponse,
  type TeamsChannelAccount,
  TeamsInfo,
  type TurnContext,
} from 'botbuilder';
import type { RoleChecks } from '../../authorization/role-checks.ts';
import { PersonId, RequestId } from '../../domain/ids.ts';
import { isWritten } from '../../domain/ports/store.ts';
import { type Refusal, refuse } from '../../domain/request/refusal.ts';
import { welcomeCard } from '../cards/views/help-view.ts';
import { refusalCard, refusalText } from '../cards/views/short-views.ts';
import { isUnreachable } from '../delivery/chat.ts';
import { badRequestAnswer, choicesAnswer, messageAnswer, unknownVerbAnswer } from '../invoke-answers.ts';
import {
  CardClick,
  CardSearch,
  type KnownSender,
  parseMessage,
  SignInFailure,
  senderOf,
  tenantOf,
} from './activity.ts';
import type { BotApp } from './app.ts';
import { clickedCard } from './form-click.ts';
import { send } from './reply.ts';
import { openRequestPrefetch } from './request-prefetch.ts';
import { search } from './typeahead.ts';
import { type AdmittedSender, say } from './typed-commands.ts';
import { type ClickTurn, onlyReads, verbs } from './verbs.ts';

export class CmkBot extends ActivityHandler {
  private readonly app: BotApp;

  constructor(app: BotApp) {
    super();
    this.app = app;
    this.onMessage(async (context, next) => {
      await this.message(context);
      await next();
    });
    const hear = async (context: TurnContext, next: () => Promise<void>): Promise<void> => {
      await this.hear(context);
      await next();
    };
    this.onConversationUpdate(hear).onInstallationUpdate(hear);
  }

  private async hear(context: TurnContext): Promise<void> {
    const { type, action, channelData, membersAdded = [], membersRemoved, conversation } = context.activity;
    if (tenantOf(context.activity) !== this.app.tenantId) return;
    const { eventType } = (channelData ?? {}) as { readonly eventType?: string };
    const what = { type, action, eventType, added: membersAdded.length, removed: membersRemoved?.length };
    this.app.log.info({ ...what, conversationId: conversation.id }, 'Teams changed a place');
    try {
      if (eventType === 'teamUnarchived') await this.app.jobs.retryPosts();
      if (isArrival(context)) await this.arrive(context);
      else for (const { id } of membersAdded) await this.learnMember(await TeamsInfo.getMember(context, id));
    } catch (error) {
      // Removed again meanwhile.
      if (!isUnreachable(error)) throw error;
    }
  }

  private async arrive(context: TurnContext): Promise<void> {
    await this.learn(context);
    await this.app.jobs.retryPosts();
    await welcome(context, this.app);
  }

  /**
   * Stores how to reach the conversation, and the names and addresses of its members: also of those without a role, who can get one
   * later.
   */
  private async learn(context: TurnContext): Promise<void> {
    const { activity } = context;
    const { tenantId } = this.app;
    const personal = activity.conversation.conversationType === 'personal';
    const personId = personal ? (PersonId.safeParse(activity.from.aadObjectId).data ?? null) : null;
    const { id: conversationId } = activity.conversation;
    await this.app.conversations.save({ conversationId, serviceUrl: activity.serviceUrl, tenantId, personId });
    let continuationToken: string | undefined;
    do {
      const page = await TeamsInfo.getPagedMembers(context, 500, continuationToken);
      for (const member of page.members) await this.learnMember(member);
      continuationToken = page.continuationToken || undefined;
    } while (continuationToken !== undefined);
  }

  private async learnMember(member: TeamsChannelAccount): Promise<void> {
    const { tenantId, people } = this.app;
    const id = PersonId.safeParse(member.aadObjectId).data;
    // A guest's own tenant is another one.
    const isOurs = (member.tenantId ?? tenantId).toLowerCase() === tenantId;
    const address = member.userPrincipalName || member.email || null;
    if (id !== undefined && isOurs) await people.save({ id, memberId: member.id, name: member.name, address });
  }

  private async learnSender({ activity: { serviceUrl } }: TurnContext, sender: KnownSender): Promise<void> {
    const { person: id, memberId, name, origin, tenantId } = sender;
    const personId = origin.conversationType === 'personal' ? id : null;
    const { conversations, people } = this.app;
    await Promise.all([
      conversations.save({ conversationId: origin.conversationId, serviceUrl, tenantId, personId }),
      name === null ? null : people.save({ id, memberId, name, address: null }),
    ]);
  }

  /**
   * Authorizes the sender. A person without a role learns nothing, not even whether something exists, and what they type or
   * click stores nothing about them. Null if Teams didn't name the sender.
   */
  private async admitted(
    context: TurnContext,
    rolesOf: RoleChecks['rolesOf'],
  ): Promise<AdmittedSender | UnauthorizedSender | null> {
    const sender = senderOf(context.activity, this.app.signIn);
    if (sender === null) return null;
    if (sender.tenantId !== this.app.tenantId) return { sender: null, refusal: refuse('guest') };
    const roles = await rolesOf(sender.person);
    if (roles.kind === 'refused') return { sender, refusal: roles };
    await this.learnSender(context, sender);
    return { ...sender, roles };
  }

  private async message(context: TurnContext): Promise<void> {
    const { activity } = context;
    const typed = parseMessage(activity.text ?? '', activity.entities, activity.recipient.id);
    const { roleChecks } = this.app;
    const { rolesOf } = onlyReads(typed.command) ? roleChecks.reading : roleChecks;
    const sender = await this.admitted(context, rolesOf);
    if (sender === null) return;
    if ('refusal' in sender) {
      countRefused(this.app, sender.refusal);
      await send(this.app, context, refusalCard(sender.refusal), 'who-asked');
      return;
    }
    await say(this.app, context, sender, typed);
  }

  protected override async onInvokeActivity(context: TurnContext): Promise<InvokeResponse> {
    const { name, value } = context.activity;
    const read = CardClick.safeParse(value);
    const click = read.data ?? null;
    const verb = click === null ? null : (verbs.get(click.action.verb) ?? null);
    // Clients send the refresh of a card automatically; only a click can decide.
    if (click !== null && (click.trigger ?? 'manual') !== 'manual' && verb?.effect !== 'refresh')
      return badRequestAnswer('A refresh only shows a card. Select the button.');
    const reads = name === 'application/search' || (verb !== null && verb.effect !== 'write');
    const ofClick = this.app.roleChecks.forClick();
    const { rolesOf, approverOf, requesterOf, operator } = reads ? this.app.roleChecks.reading : ofClick;
    const { begin, loadSnapshot } = openRequestPrefetch(this.app.requests, ofClick, click);
    const app = { ...this.app, approverOf, requesterOf, operator, loadSnapshot };
    const sender = await this.admitted(context, (person) => {
      begin();
      return rolesOf(person);
    });
    if (sender === null) return badRequestAnswer('The sender has no Entra object id and tenant.');
    const at = clickedCard(context);
    if ('refusal' in sender) return answerUnauthorizedClick(app, sender, { context, at }, click);
    if (name === 'application/search') return this.typeahead(sender, value);
    if (name === 'signin/failure') {
      this.app.log.warn({ reason: SignInFailure.safeParse(value).data }, 'Teams couldn’t sign a person in to approve');
      return { status: 200 };
    }
    if (name !== 'adaptiveCard/action')
      return badRequestAnswer(`Invokes named ${String(name).slice(0, 80)} are not answered.`);
    if (!read.success)
      return badRequestAnswer(
        `The click is malformed: ${read.error.issues[0]?.path.join('.')} ${read.error.issues[0]?.message}.`,
      );
    if (verb === null) return unknownVerbAnswer(read.data.action.verb);
    if (verb.requires === 'requester' && !sender.roles.asks)
      return messageAnswer(refusalText(refuse('not-a-requester')));
    return verb.handle(app, { context, sender, at, click: read.data });
  }

  private async typeahead(sender: AdmittedSender, value: unknown): Promise<InvokeResponse> {
    const query = CardSearch.safeParse(value);
    if (!query.success) return badRequestAnswer('The search has no dataset.');
    // A form stays open when its owner loses the requester role, but then it finds nothing.
    if (!sender.roles.asks) return choicesAnswer([]);
    const { dataset, queryText } = query.data;
    const readForm = (id: string) => this.app.forms.read(id, sender.person);
    return choicesAnswer(await search(this.app, readForm, dataset, queryText));
  }
}

/** `sender` is null for another tenant. */
interface UnauthorizedSender {
  readonly sender: KnownSender | null;
  readonly refusal: Refusal;
}

/** Another code means that the directory didn't answer. */
function countRefused({ onRefused }: BotApp, { code }: Refusal): void {
  if (code === 'no-role' || code === 'guest') onRefused(code);
}

/** `click` is null if the invoke isn't a click. */
async function answerUnauthorizedClick(
  app: BotApp,
  { sender, refusal }: UnauthorizedSender,
  turn: Pick<ClickTurn<KnownSender>, 'context' | 'at'>,
  click: CardClick | null,
): Promise<InvokeResponse> {
  const verb = verbs.get(click?.action.verb ?? '');
  const id = RequestId.safeParse(click?.action.data.requestId).data;
  if (sender !== null && click !== null && verb?.requires === 'role-or-own-request' && id !== undefined) {
    const request = await app.loadSnapshot(id);
    if (request?.requester === sender.person) return verb.handle(app, { ...turn, sender, click });
  }
  // Teams refreshes cards and searches at each letter by itself.
  if (click !== null && (click.trigger ?? 'manual') === 'manual') countRefused(app, refusal);
  return messageAnswer(refusalText(refusal));
}

/** Returns true if the bot was added. Teams reports new conversation and installation at the same time, in any order. */
const isArrival = ({ activity }: TurnContext): boolean =>
  activity.action?.startsWith('add') === true ||
  (activity.membersAdded ?? []).some((member) => member.id === activity.recipient.id);

/**
 * Posts the welcome card once in each conversation, and not because the app was upgraded. Posts nothing for a person without a role,
 * who must not learn what is here.
 */
async function welcome(context: TurnContext, { documents, chat, roleChecks }: BotApp): Promise<void> {
  const { conversation, from, action } = context.activity;
  if (action === 'add-upgrade') return;
  const person = PersonId.safeParse(from.aadObjectId).data;
  const isPersonal = conversation.conversationType === 'personal';
  const roles = isPersonal && person !== undefined ? await roleChecks.rolesOf(person) : null;
  if (roles?.kind === 'refused' || (isPersonal && roles === null)) return;
  // The mark is never deleted.
  if (!(await isWritten(documents.write({ [`welcome/${conversation.id}`]: { eTag: '' } })))) return;
  // Not a reply, because the activity isn't a visible message.
  const post = conversation.conversationType === 'channel' ? chat.postThread : chat.post;
  await post(conversation.id, welcomeCard(roles));
}
