/** What has to be so once a request has ended: on its cards, in Azure, and in who was reminded. */
import { agentIn } from '../azure/azure-state.ts';
import { http } from '../azure/local-azure.ts';
import type { SeenActivity } from '../teams/local-teams.ts';
import { activityText, cardsAbout, people, places, writes } from '../world/story.ts';
import type { ModelState, RecordedEvent } from './request-model.ts';
import { again, type Desk, keyName } from './troubled-world.ts';
import { doubling, stepMs, type Trouble } from './troubles.ts';

export const titles: Readonly<Record<string, RegExp>> = {
  succeeded: /Succeeded/,
  rejected: /Rejected/,
  cancelled: /Canceled/,
  expired: /Expired/,
  failed: /Failed/,
};

export interface Ended {
  /** When it was begun to be asked for, by a clock that nobody moves; ISO 8601. */
  readonly begun: string;
  readonly id: string;
  readonly agent: string;
  readonly ended: string;
  readonly events: readonly RecordedEvent[];
  readonly stand: ModelState;
  readonly deleted: boolean;
}

/** A fault waits for whatever it hits first. */
const waitsMs = 10_000;

/**
 * How often one of these came since then, whichever life it was meant for. The times of the request's events are no measure: while
 * a clock is some seconds ahead, so are they.
 */
function metOf({ troubles }: Desk, { begun }: Ended, some: readonly Trouble[]): number {
  const from = new Date(Date.parse(begun) - waitsMs).toISOString();
  return troubles.log.filter(({ at, trouble }) => some.includes(trouble) && at >= from).length;
}

/** Which card it is, and what it says first. */
const describeCard = (card: SeenActivity): string =>
  `${card.id}${card.local.ownView ? ' (own view)' : ''} ${activityText(card).split('\n')[0]}`;

async function cardsThatSay(desk: Desk, { id, deleted }: Ended, place: string, words: RegExp) {
  return again(async () => {
    // A copy that nobody knows of is brought up to date once somebody looks at it who has a view of their own.
    await cardsAbout(desk.world, place, people.requester, id);
    const all = await cardsAbout(desk.world, place, people.approver, id);
    const old = all.filter((card) => !words.test(activityText(card)));
    if (old.length > 0)
      throw new Error(`${old.length} of ${all.length} cards in ${place} are old: ${old.map(describeCard).join()}`);
    if (all.length === 0 && !deleted) throw new Error(`no card of ${id} in ${place}, though it wasn’t deleted`);
    return all;
  });
}

/** Every card says how it ended; returns how many more than one stand in a place. */
export async function lookAtCards(desk: Desk, ended: Ended, wrong: string[]): Promise<number> {
  let extra = 0;
  for (const place of [places.operations, places.approvals]) {
    const cards = await cardsThatSay(desk, ended, place, titles[ended.ended] ?? /^$/).catch((error: Error) => {
      wrong.push(error.message);
      return [];
    });
    if (cards.length > 1 + metOf(desk, ended, doubling))
      wrong.push(`${cards.length} cards in ${place}: ${cards.map(describeCard).join()}`);
    extra += Math.max(0, cards.length - 1);
  }
  return extra;
}

/** Azure was changed once for each step that was done, as the last question has it, and not at all where none was begun. */
export async function lookAtAzure({ world }: Desk, { agent, events }: Ended, wrong: string[]): Promise<void> {
  const own = (await writes(world)).filter((one) => one.includes(`healthBots/${agent} `) && / 20[01]$/.test(one));
  const begun = new Set(events.filter((event) => event.type === 'step-intended').map(({ step }) => step));
  const most = ['enable-identity', 'set-cmk'].filter((step) => begun.has(step)).length;
  if (own.length > most) wrong.push(`${own.length} changes of the agent, of ${most} that were meant: ${own.join()}`);
  if (!events.some((event) => event.type === 'succeeded')) return;
  if (own.length !== 2) wrong.push(`${own.length} changes of the agent, and it succeeded`);
  const { keyVaultProperties } = agentIn((await http(world.azure, 'GET', '/simulator/state')).body, agent).content;
  if (keyVaultProperties?.keyName !== keyName)
    wrong.push(`it is under ${keyVaultProperties?.keyName}, and ${keyName} was approved`);
}

/** What takes up to so long after its time does not count as late. */
const lateMs = 8_000;

/** Where nobody decided in time it ends then, and not long after: `late` by what keeps the timer from coming by. */
export function lookAtExpiry(desk: Desk, ended: Ended, wrong: string[]): void {
  const { events, stand } = ended;
  const expired = events.find(({ type }) => type === 'expired');
  if (expired === undefined) return;
  const late = metOf(desk, ended, ['ends of all replicas', 'moves of the clock']);
  const ahead = metOf(desk, ended, ['steps of the clock']) > 0 ? stepMs : 0;
  const lateBy = Date.parse(expired.time) - Date.parse(stand.expiresAt);
  if (lateBy > lateMs * (1 + 2 * late) + ahead) wrong.push(`expired ${lateBy} ms after its time`);
}
