/**
 * Notifies people when a witness contradicts the audit log, and again when that is resolved. The cards of open requests are updated,
 * too; those of ended requests don't show it.
 */
import type { WitnessView } from '../domain/witnessing.ts';
import { settleAll } from '../io/settle.ts';
import { witnessingFor } from '../operator/published-log.ts';
import { advisoryLock } from '../store/advisory-lock.ts';
import type { Infrastructure } from './open-infrastructure.ts';
import type { TeamsModule } from './open-teams.ts';
import type { Stoppable } from './shutdown.ts';
import { startSchedule } from './start-schedule.ts';

/** Upper limit on the delay, because the publishing interval can be longer. */
const mostMs = 10_000;

interface Marks {
  /** Has the cards of open requests updated. */
  readonly showCards: () => Promise<void>;
  readonly note: (key: string, notified: boolean) => Promise<void>;
  /** What this process has posted and shown, so that it does neither twice while the other or the database fails. */
  readonly posted: Set<string>;
  readonly shown: Set<string>;
}

/**
 * Notifies and has cards updated, and then stores that. If that fails, another process or the next one notifies again: twice is
 * better than not at all.
 */
export async function notifyOf(
  { name, report }: WitnessView,
  { witnessPosts }: Pick<TeamsModule, 'witnessPosts'>,
  { showCards, note, posted, shown }: Marks,
): Promise<void> {
  if (report === null) return;
  const { key, contradiction, cleared, told } = report;
  const occasion = `${key} ${(contradiction ?? cleared)?.at.toISOString() ?? ''}`;
  const once = async (finished: Set<string>, work: () => Promise<void>): Promise<void> => {
    if (finished.has(occasion)) return;
    await work();
    finished.add(occasion);
  };
  // Some cards can show a contradiction that was resolved before it could be posted, also if this process didn't update them.
  const isResolved = contradiction === null && cleared !== null;
  if ((contradiction !== null) === told) return isResolved ? once(shown, showCards) : undefined;
  const post = async (): Promise<void> => {
    if (contradiction !== null) await witnessPosts.contradicts(name, contradiction);
    else if (cleared !== null) await witnessPosts.settled(name, cleared);
  };
  await settleAll([once(posted, post), once(shown, showCards)]);
  await note(key, contradiction !== null);
}

export function startWitnessAlarm(
  { config, log, store, database }: Infrastructure,
  teamsModule: TeamsModule,
): Stoppable {
  const witnessing = witnessingFor(config, store.witnesses);
  const { anchor } = config;
  if (witnessing === null || anchor === null) return { stop: async () => undefined };
  const marks: Marks = {
    async showCards() {
      const { requests } = await store.requests.open();
      for (const { id } of requests) await store.outbox.requestShow(id);
    },
    posted: new Set(),
    shown: new Set(),
    note: (key, notified) => store.witnesses.told(anchor.name, key, notified),
  };
  const tryLocked = advisoryLock(database, 'alarm');

  const tell = async (look: NonNullable<typeof witnessing>): Promise<void> => {
    const { witnesses } = await look();
    await settleAll(witnesses.map((view) => notifyOf(view, teamsModule, marks)));
  };

  return startSchedule({
    work: () => tryLocked(() => tell(witnessing)),
    everyMs: Math.min(anchor.everyMs, mostMs),
    onFailure: (error) => log.warn({ err: error }, 'couldn’t post, show or store a witness’s response'),
  });
}
