/** A request's card where somebody wants to see it: posted there, and brought up to date like every other from then on. */
import type { PostedCards } from '../../domain/ports/store.ts';
import type { Origin } from '../../domain/request/payloads.ts';
import type { Request } from '../../domain/request/request.ts';
import { label, plain } from '../cards/plain-text.ts';
import { renderCard } from '../cards/render-card.ts';
import type { Reader } from '../cards/views/reader.ts';
import { isOpenedAudience, openedAudience } from './audience.ts';
import type { Chat } from './chat.ts';
import type { Scene } from './drawing.ts';
import { fingerprint } from './keep-card.ts';

export interface OpenCardOptions {
  readonly shown: PostedCards;
  readonly chat: Pick<Chat, 'post' | 'update'>;
}

/** What stands where an opened card stood, once it was opened again further down. */
const movedCard = ({ id, resourceName }: Request) =>
  renderCard('message', {
    fallbackText: label(`${id} for ${resourceName} stands further down.`),
    title: plain(resourceName),
    titleColor: 'Default',
    text: plain('Its card stands further down.'),
    reference: plain<string>(id),
  });

/** One in each conversation: an older one that was opened there makes way, so that they do not pile up. */
export async function openCard(
  { shown, chat }: OpenCardOptions,
  request: Request,
  place: Origin,
  reader: Reader,
  scene: Scene,
): Promise<void> {
  const { conversationId } = place;
  const earlier = (await shown.of(request.id)).filter(
    (card) => isOpenedAudience(card.audience) && card.conversationId === conversationId,
  );
  const card = scene.inPlace(openedAudience(reader, place, ''));
  const posted = await chat.post(conversationId, card);
  const audience = openedAudience(reader, place, posted.activityId);
  await shown.save({ requestId: request.id, audience, ...posted, fingerprint: fingerprint(card) });
  for (const old of earlier) {
    // Forgotten only where it shows nothing any more: what people wrote would stay on it after its erasure.
    const isMoved = await chat.update(old, movedCard(request)).then(
      () => true,
      () => false,
    );
    if (isMoved) await shown.remove(request.id, old.audience);
  }
}
