/** Reconciles one card with its desired state: updates it, posts it if it is missing, or leaves it unchanged. */
import { createHash } from 'node:crypto';
import type { StreamId } from '../../domain/ids.ts';
import type { PostedCard, PostedCards } from '../../domain/ports/store.ts';
import type { AdaptiveCard } from '../cards/render-card.ts';
import { type Chat, isUnreachable } from './chat.ts';
import type { DesiredCard } from './desired-cards.ts';

interface ReconcileOptions {
  readonly shown: PostedCards;
  readonly chat: Pick<Chat, 'update'>;
}

export const fingerprint = (card: AdaptiveCard): string =>
  createHash('sha256').update(JSON.stringify(card)).digest('hex');

/** `at`: the card's last known location. Stores only what Teams accepted. */
export async function reconcileCard(
  { shown, chat }: ReconcileOptions,
  { id }: { readonly id: StreamId },
  { audience, card, post, isOptional = false }: DesiredCard,
  at: PostedCard | undefined,
): Promise<void> {
  const now = fingerprint(card);
  if (at?.fingerprint === now) return;
  if (at !== undefined && (await chat.update(at, card))) {
    await shown.save({ ...at, fingerprint: now });
    return;
  }
  if (post === null) {
    await shown.remove(id, audience);
    return;
  }
  try {
    const posted = await post(card);
    await shown.save({ requestId: id, audience, ...posted, fingerprint: now });
  } catch (error) {
    if (!isOptional || !isUnreachable(error)) throw error;
    await shown.remove(id, audience);
  }
}
