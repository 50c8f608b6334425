/** Posts once when a witness's signature is missing or contradicts the audit log. */
import { isInTrouble, type WitnessView } from '../domain/witnessing.ts';
import { settleAll } from '../io/settle.ts';
import { advisoryLock } from '../store/advisory-lock.ts';
import type { App } from './app.ts';
import type { Stoppable } from './shutdown.ts';
import { startSchedule } from './start-schedule.ts';

/** Upper limit on the delay, because the publishing interval can be longer. */
const mostMs = 10_000;

interface Marks {
  readonly warn: (witness: WitnessView) => Promise<void>;
  readonly note: (key: string, told: boolean) => Promise<void>;
  /** What this process has posted, so that it doesn't post twice while the database fails. */
  readonly posted: Set<string>;
}

/** Posts, and then stores that. If that fails, another process or the next one posts again: twice is better than not at all. */
export async function notifyOf(view: WitnessView, { warn, note, posted }: Marks, now: Date): Promise<void> {
  const { report } = view;
  if (report === null) return;
  const isTrouble = isInTrouble(view, now);
  if (isTrouble === report.told) return;
  const occasion = `${report.key} ${(report.contradiction?.at ?? report.signed?.at ?? report.since).toISOString()}`;
  if (isTrouble && !posted.has(occasion)) {
    await warn(view);
    posted.add(occasion);
  }
  await note(report.key, isTrouble);
}

export function startWitnessAlarm(app: App): Stoppable {
  const { log, witnesses: book, witnessing, database, auditPosts, now } = app;
  const { anchor } = app.config;
  if (witnessing === null || anchor === null) return { stop: async () => undefined };
  const marks: Marks = {
    warn: auditPosts.warn,
    note: (key, told) => book.told(anchor.name, key, told),
    posted: new Set(),
  };
  const tell = async (): Promise<void> => {
    const { witnesses } = await witnessing();
    await settleAll(witnesses.map((view) => notifyOf(view, marks, now())));
  };
  const tryLocked = advisoryLock(database, 'alarm');
  return startSchedule({
    work: () => tryLocked(tell),
    everyMs: Math.min(anchor.everyMs, mostMs),
    onFailure: (error) => log.warn({ err: error }, 'couldn’t post or store a witness’s response'),
  });
}
