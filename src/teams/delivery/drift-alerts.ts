/** Keeps one card for each drift where operators see it, and calls them when it is posted. */
import type { DriftId } from '../../domain/ids.ts';
import type { Drifts, PostedCards, Requests } from '../../domain/ports/store.ts';
import { lastVerifiedOf } from '../../operations/last-verified.ts';
import { driftCard } from '../cards/views/drift-view.ts';
import { addressedOf, type SourcesOptions, sourcesOf } from './addressees.ts';
import type { Chat } from './chat.ts';
import { reconcileCard } from './reconcile-card.ts';

export interface DriftAlertsOptions extends SourcesOptions {
  readonly drifts: Pick<Drifts, 'load'>;
  readonly requests: Pick<Requests, 'load'>;
  readonly shown: PostedCards;
  readonly chat: Pick<Chat, 'postThread' | 'update'>;
  readonly channel: string;
  /** Who is called: object ids of people and groups. */
  readonly operators: readonly string[];
}

const patienceMs = 10_000;

/** Brings the card of the drift with that number up to date. Throws if Teams doesn't take it. */
export const openDriftAlerts =
  (options: DriftAlertsOptions) =>
  async (id: DriftId, number: number): Promise<void> => {
    const { drifts, requests, shown, chat, channel, operators } = options;
    const watch = await drifts.load(id);
    const drift = watch?.drifts.find((one) => one.number === number);
    const request = drift === undefined ? null : await requests.load(drift.basis.request);
    const verified = request === null ? null : lastVerifiedOf(request);
    if (watch === null || drift === undefined || verified === null) return;
    const audience = `drift:${number}`;
    const at = (await shown.of(id)).find((card) => card.audience === audience);
    // It is over before anybody was told of it.
    if (at === undefined && drift.closedAt !== null) return;
    const called = addressedOf(await sourcesOf(options, operators, [], patienceMs));
    const card = driftCard(watch, drift, verified, called);
    await reconcileCard({ shown, chat }, { id }, { audience, card, post: (one) => chat.postThread(channel, one) }, at);
  };
