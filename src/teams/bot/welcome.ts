/** Posts the welcome card at most once a week in each conversation, however often Teams reports the installation. */
import type { TurnContext } from 'botbuilder';
import type { Roles } from '../../authorization/role-checks.ts';
import { PersonId } from '../../domain/ids.ts';
import { type Documents, isWritten } from '../../domain/ports/store.ts';
import type { Refusal } from '../../domain/request/refusal.ts';
import { welcomeCard } from '../cards/views/help-view.ts';
import type { Chat } from '../delivery/chat.ts';

export interface WelcomeOptions {
  readonly documents: Pick<Documents, 'write'>;
  readonly chat: Pick<Chat, 'post' | 'postThread'>;
  /** Checked in the directory at every message and click. */
  readonly rolesOf: (person: PersonId) => Promise<Roles | Refusal>;
}

/**
 * Returns true if the bot was added.
 * Teams reports new conversation and installation at the same time, in any order. It also reports people who join
 * later.
 */
const isArrival = ({ activity }: TurnContext): boolean =>
  activity.type === 'installationUpdate' ||
  (activity.membersAdded ?? []).some((member) => member.id === activity.recipient.id);

/** Returns false if the card was posted before. */
const isFirst = (documents: Pick<Documents, 'write'>, conversationId: string): Promise<boolean> =>
  isWritten(documents.write({ [`welcome/${conversationId}`]: { eTag: '' } }));

/** Posts nothing for a person without a role, who must not learn what is here. */
export async function welcome(context: TurnContext, { documents, chat, rolesOf }: WelcomeOptions): Promise<void> {
  if (!isArrival(context)) return;
  const { conversation, from } = context.activity;
  const person = PersonId.safeParse(from.aadObjectId).data;
  const isPersonal = conversation.conversationType === 'personal';
  const roles = isPersonal && person !== undefined ? await rolesOf(person) : null;
  if (roles?.kind === 'refused' || (isPersonal && roles === null)) return;
  if (!(await isFirst(documents, conversation.id))) return;
  // Not a reply, because the activity isn't a visible message.
  const post = conversation.conversationType === 'channel' ? chat.postThread : chat.post;
  await post(conversation.id, welcomeCard(roles));
}
