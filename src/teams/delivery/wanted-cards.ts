/** Which cards of a request are wanted where, as the design has it. */
import type { PersonId } from '../../domain/ids.ts';
import type { Conversations, PostedCard } from '../../domain/ports/store.ts';
import { hasEnded, type Request } from '../../domain/request/request.ts';
import type { AdaptiveCard } from '../cards/render-card.ts';
import type { Approvers } from './approvers.ts';
import { approverAudience, approverIn, isCopyAudience } from './audience.ts';
import type { Chat, Posted } from './chat.ts';
import type { Scene } from './drawing.ts';

export interface WantedOptions {
  readonly approvers: Approvers;
  readonly chat: Pick<Chat, 'post' | 'postThread'>;
  readonly conversations: Pick<Conversations, 'personalChat'>;
  readonly approvalsChannel: string;
  /** Requests that were asked in a chat are shown here as well, in short; null: nowhere else. */
  readonly operationsChannel: string | null;
}

export interface DesiredCard {
  readonly audience: string;
  readonly card: AdaptiveCard;
  /** Null: a card that is gone is not posted again. */
  readonly post: ((card: AdaptiveCard) => Promise<Posted>) | null;
}

/** Where more are to be asked than this, the channel has to do. */
const mostInPerson = 50;

/** The card of one approver's own chat; none where the bot cannot write to them. */
async function wantedInPerson(
  options: WantedOptions,
  id: PersonId,
  may: boolean,
  scene: Scene,
): Promise<readonly DesiredCard[]> {
  const audience = approverAudience(id);
  const chatOf = await options.conversations.personalChat(id);
  if (chatOf === null) return [];
  if (!may) return [{ audience, card: scene.withoutQuestion(), post: null }];
  return [{ audience, card: scene.inPlace(audience), post: (one) => options.chat.post(chatOf.conversationId, one) }];
}

/**
 * An approver is asked in person too, because a post in a channel does not ring. Nobody is told of what was decided before,
 * and who was asked sees what becomes of it; without a question where they no longer are an approver.
 */
async function wantedOfApprovers(
  options: WantedOptions,
  request: Request,
  cards: readonly PostedCard[],
  scene: Scene,
): Promise<readonly DesiredCard[]> {
  const told = cards
    .filter(({ audience }) => !isCopyAudience(audience))
    .flatMap(({ audience }) => approverIn(audience) ?? []);
  const fresh = request.state === 'awaiting-approval' ? scene.asked.people.slice(0, mostInPerson) : [];
  if (told.length + fresh.length === 0) return [];
  const { people } = hasEnded(request) ? await options.approvers.of(request) : scene.asked;
  const may = new Set([...people, ...request.approvals.map(({ by }) => by)]);
  const wanted = await Promise.all(
    [...new Set([...told, ...fresh])].map((id) => wantedInPerson(options, id, may.has(id), scene)),
  );
  return wanted.flat();
}

/** Beside the cards that are shown already: where it was asked, where approvers are asked, in short, and in person. */
export async function wantedCards(
  options: WantedOptions,
  request: Request,
  cards: readonly PostedCard[],
  scene: Scene,
): Promise<readonly DesiredCard[]> {
  const { chat, approvalsChannel, operationsChannel } = options;
  const { origin } = request;
  const inPerson = await wantedOfApprovers(options, request, cards, scene);
  const draw = (audience: string, post: DesiredCard['post']): DesiredCard => ({
    audience,
    card: scene.inPlace(audience),
    post,
  });
  const short =
    origin.conversationType !== 'channel' && operationsChannel !== null && operationsChannel !== approvalsChannel
      ? [draw('operations', (card) => chat.postThread(operationsChannel, card))]
      : [];
  return [
    draw('status', (card) => chat.post(origin.conversationId, card)),
    draw('approval', (card) => chat.postThread(approvalsChannel, card)),
    ...short,
    ...cards.filter(({ audience }) => isCopyAudience(audience)).map(({ audience }) => draw(audience, null)),
    ...inPerson,
  ];
}
