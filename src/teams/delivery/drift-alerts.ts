/** Keeps one card for each drift where operators see it, and notifies people when it is posted or becomes critical. */
import type { DriftId } from '../../domain/ids.ts';
import type { Policy } from '../../domain/policy/policy.ts';
import type { Drifts, PostedCard, PostedCards, Requests } from '../../domain/ports/store.ts';
import type { LastVerified } from '../../domain/watch/drift.ts';
import { type Drift, isCritical, type ResourceWatch } from '../../domain/watch/resource-watch.ts';
import { settleAll, settleInTurn } from '../../io/settle.ts';
import { lastVerifiedOf } from '../../operations/registry.ts';
import type { Addressee } from '../cards/plain-text.ts';
import type { AdaptiveCard } from '../cards/render-card.ts';
import { driftCard, worseCard } from '../cards/views/drift-view.ts';
import { addressedOf, alertedIds, type SourcesOptions, sourcesOf } from './addressees.ts';
import { isNear } from './card-copies.ts';
import type { Chat, Posted } from './chat.ts';
import { reconcileCard } from './reconcile-cards.ts';

interface DriftAlertsOptions extends SourcesOptions {
  readonly drifts: Pick<Drifts, 'load'>;
  readonly requests: Pick<Requests, 'load'>;
  readonly postedCards: PostedCards;
  readonly chat: Pick<Chat, 'post' | 'postThread' | 'update'>;
  /** Where alerts are posted; null: in the approvals channel. */
  readonly operationsChannel: string | null;
  readonly approvalsChannel: string;
  readonly operators: readonly string[];
  readonly policy: Policy;
}

export type DriftAlerts = ReturnType<typeof openDriftAlerts>;

interface Alert {
  readonly watch: ResourceWatch;
  readonly drift: Drift;
  readonly verified: LastVerified;
  readonly notified: readonly Addressee[];
}

const workerTimeoutMs = 10_000;
/** While a client waits for the card. */
const clickTimeoutMs = 2_000;

async function alertFor(
  options: DriftAlertsOptions,
  id: DriftId,
  number: number,
  timeoutMs: number,
): Promise<Alert | null> {
  const watch = await options.drifts.load(id);
  const drift = watch?.drifts.find((one) => one.number === number);
  const request = drift === undefined ? null : await options.requests.load(drift.basis.request);
  const verified = request === null ? null : lastVerifiedOf(request);
  if (watch === null || drift === undefined || request === null || verified === null) return null;
  const notified = addressedOf(await sourcesOf(options, alertedIds(options, request), [], timeoutMs));
  return { watch, drift, verified, notified };
}

const cardFor = ({ watch, drift, verified, notified }: Alert): AdaptiveCard =>
  driftCard(watch, drift, verified, notified);

const audienceOf = (number: number): string => `drift:${number}`;
const copiesOf = (number: number): string => `${audienceOf(number)}:copy/`;

const criticalOf = (number: number): string => `${audienceOf(number)}:critical`;

/** Where the drift is critical and wasn't when it opened: the audience of the post that says so. Otherwise null. */
const laterCritical = (drift: Drift): string | null =>
  isCritical(drift) && drift.criticalFrom !== drift.number ? `${criticalOf(drift.number)}:${drift.criticalFrom}` : null;

/** Teams sends no notification of an edited card: each time a drift becomes critical later, its thread gets a post. */
async function showWorse(
  { postedCards, chat }: DriftAlertsOptions,
  { watch, drift, notified }: Alert,
  { conversationId, activityId }: PostedCard,
  cards: readonly PostedCard[],
): Promise<void> {
  const current = laterCritical(drift);
  const known = cards.flatMap(({ audience }) => (audience.startsWith(criticalOf(drift.number)) ? audience : []));
  await settleInTurn(new Set(current === null ? known : [...known, current]), async (audience) => {
    const at = cards.find((card) => card.audience === audience);
    // The alert itself notified them.
    if (at?.activityId === activityId) return;
    const isNow = audience === current;
    const post = isNow ? (card: AdaptiveCard) => chat.post(conversationId, card) : null;
    await reconcileCard(
      { postedCards, chat },
      watch,
      { audience, card: () => worseCard(watch.resourceName, isNow, notified), post },
      at,
    );
  });
}

async function showAlert(options: DriftAlertsOptions, alert: Alert): Promise<void> {
  const { postedCards, chat, operationsChannel, approvalsChannel } = options;
  const { id } = alert.watch;
  const { number, closedAt } = alert.drift;
  const before = await postedCards.of(id);
  const audience = audienceOf(number);
  const at = before.find((card) => card.audience === audience);
  // It was closed before it was posted.
  if (at === undefined && closedAt !== null) return;
  const card = () => cardFor(alert);
  const post = (one: AdaptiveCard) => chat.postThread(operationsChannel ?? approvalsChannel, one);
  await reconcileCard({ postedCards, chat }, { id }, { audience, card, post }, at);
  const posted = (await postedCards.of(id)).find((one) => one.audience === audience);
  if (posted === undefined) return;
  const critical = laterCritical(alert.drift);
  const told = before.find((one) => one.audience === critical) ?? at;
  // A new alert that is critical already notifies by itself.
  if (critical !== null && posted.activityId !== at?.activityId && told?.activityId === at?.activityId)
    await postedCards.save({ ...posted, audience: critical, fingerprint: '' });
  const copies = before.filter((one) => one.audience.startsWith(copiesOf(number)));
  await settleAll([
    showWorse(options, alert, posted, await postedCards.of(id)),
    settleInTurn(copies, (copy) =>
      reconcileCard({ postedCards, chat }, { id }, { audience: copy.audience, card, post: null }, copy),
    ),
  ]);
}

export function openDriftAlerts(options: DriftAlertsOptions) {
  const { postedCards } = options;
  /** Brings the card of the drift with that number up to date. Throws if Teams doesn't take it. */
  async function show(id: DriftId, number: number): Promise<void> {
    const alert = await alertFor(options, id, number, workerTimeoutMs);
    if (alert !== null) await showAlert(options, alert);
  }
  return {
    show,
    async cardOf(id: DriftId, number: number): Promise<AdaptiveCard | null> {
      const alert = await alertFor(options, id, number, clickTimeoutMs);
      return alert === null ? null : cardFor(alert);
    },
    /** Registers a copy that is left of a post without an answer, so that it is brought up to date as well. */
    async registerCopy(id: DriftId, number: number, at: Posted): Promise<void> {
      const [cards, held] = await Promise.all([postedCards.of(id), postedCards.at(at.activityId)]);
      const known = cards.find(({ audience }) => audience === audienceOf(number));
      // The client says which card it shows: it must be near the alert, and no other card.
      if (known === undefined || held.length > 0 || !isNear(known, at)) return;
      await postedCards.save({
        requestId: id,
        audience: `${copiesOf(number)}${at.activityId}`,
        ...at,
        fingerprint: '',
      });
      await show(id, number);
    },
  };
}
