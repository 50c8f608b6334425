/** Posts a request's card where a person opens it. From then on it is updated like all others. */
import type { PostedCards } from '../../domain/ports/store.ts';
import type { Origin } from '../../domain/request/payloads.ts';
import type { Request } from '../../domain/request/request.ts';
import { plain } from '../cards/plain-text.ts';
import type { Reader } from '../cards/views/reader.ts';
import { messageCard } from '../cards/views/short-views.ts';
import { isOpenedAudience, openedAudience } from './audience.ts';
import type { RequestView } from './card-renderer.ts';
import type { Chat } from './chat.ts';
import { fingerprint } from './reconcile-card.ts';

interface OpenCardOptions {
  readonly shown: PostedCards;
  readonly chat: Pick<Chat, 'post' | 'update'>;
}

/** Replaces an opened card when it is opened again further down. */
const movedCard = ({ id, resourceName }: Request) =>
  messageCard(resourceName, plain('Its card is further down.'), {
    reference: id,
    fallback: `${id} for ${resourceName} is further down.`,
  });

/** Keeps one opened card in each conversation: the previous one is replaced by a short note. */
export async function openCard(
  { shown, chat }: OpenCardOptions,
  request: Request,
  place: Origin,
  reader: Reader,
  view: RequestView,
): Promise<void> {
  const { conversationId } = place;
  const earlier = (await shown.of(request.id)).filter(
    (card) => isOpenedAudience(card.audience) && card.conversationId === conversationId,
  );
  const card = view.inPlace(openedAudience(reader, place, ''));
  const posted = await chat.post(conversationId, card);
  const audience = openedAudience(reader, place, posted.activityId);
  await shown.save({ requestId: request.id, audience, ...posted, fingerprint: fingerprint(card) });
  for (const old of earlier) {
    // Unregistered only if it was replaced: otherwise texts that people wrote would remain after their erasure.
    const isMoved = await chat.update(old, movedCard(request)).then(
      () => true,
      () => false,
    );
    if (isMoved) await shown.remove(request.id, old.audience);
  }
}
