/** The weekly digest: what changed in seven days, what is open, and what expires next. And the alarm about witnesses. */
import { newestCheckpoint } from '../audit/anchor/newest-checkpoint.ts';
import { streamEvents } from '../audit/pack/verify-statement.ts';
import type { StreamEvent } from '../domain/statement/approved-state.ts';
import { dayOnly, daysBefore } from '../domain/statement/period.ts';
import { statementOf } from '../domain/statement/statement.ts';
import type { WitnessView } from '../domain/witnessing.ts';
import { parseEventBody } from '../operations/registry.ts';
import { anchorFiles, witnessingFor } from '../operator/published-log.ts';
import { advisoryLock } from '../store/sql.ts';
import { digestCard } from '../teams/cards/views/agents-summary.ts';
import { digestLines } from '../text/statement.ts';
import { notPublished, publicationLines } from '../text/witnesses.ts';
import { startWeeklyDigest } from '../workflow/weekly-digest.ts';
import type { Infrastructure } from './open-infrastructure.ts';
import type { TeamsModule } from './open-teams.ts';
import type { Stoppable } from './shutdown.ts';

const pageSize = 500;
const days = 7;

async function allEvents({ store }: Infrastructure): Promise<readonly StreamEvent[]> {
  const events: StreamEvent[] = [];
  for (;;) {
    const lines = await store.auditLog.lines(events.length, pageSize);
    const read = streamEvents(
      lines.map(({ body }) => body),
      parseEventBody,
    );
    if (typeof read === 'string') throw new Error(`reading the audit log for the digest: ${read}`);
    if (read.length === 0) return events;
    events.push(...read);
  }
}

/** What is published, and who signed it. */
async function publicationOf({ config, store }: Infrastructure): Promise<readonly string[]> {
  const { anchor } = config;
  if (anchor === null) return [notPublished];
  const newest = await newestCheckpoint(await anchorFiles(anchor.place, config)).catch(() => undefined);
  const witnessing = witnessingFor(config, store.witnesses);
  const size = newest === undefined ? undefined : (newest?.size ?? 0);
  return publicationLines(size, witnessing === null ? null : await witnessing());
}

export function startDigest(infrastructure: Infrastructure, { chat }: Pick<TeamsModule, 'chat'>): Stoppable {
  const { config, store, database, log } = infrastructure;
  const { digestDay: day, operationsChannel, approvalsChannel } = config.teams;
  if (day === null) return { stop: async () => undefined };
  const { documents, clock } = store;
  const about = { name: config.anchor?.name ?? '', events: 0, root: '' };
  return startWeeklyDigest({
    ...{ documents, day, now: clock.now, log, tryLocked: advisoryLock(database, 'digest') },
    async prepare(due) {
      const events = await allEvents(infrastructure);
      const week = statementOf(events, about, daysBefore(due, days));
      const today = statementOf(events, about, dayOnly(clock.now()));
      const lines = [...digestLines(week, today, clock.now()), ...(await publicationOf(infrastructure))];
      const card = digestCard(week.period, lines);
      return () => chat.postThread(operationsChannel ?? approvalsChannel, card);
    },
  });
}

// Notifies people once when a witness contradicts the audit log, and again when that is resolved. Then the cards of
// open requests are updated; those of ended requests don't show it.

/** Upper limit on the delay, because the publishing interval can be longer. */
const mostMs = 10_000;

/** Notifies first and stores that afterwards. After a crash in between, people are notified twice rather than not at all. */
async function notifyOf(
  { name, report }: WitnessView,
  { witnessPosts }: Pick<TeamsModule, 'witnessPosts'>,
  note: (key: string, notified: boolean) => Promise<void>,
): Promise<boolean> {
  if (report === null) return false;
  const { key, contradiction, cleared, told } = report;
  if (contradiction !== null && !told) {
    await witnessPosts.contradicts(name, contradiction);
    await note(key, true);
    return true;
  }
  if (contradiction === null && told) {
    if (cleared !== null) await witnessPosts.settled(name, cleared);
    await note(key, false);
    return true;
  }
  return false;
}

export function startWitnessAlarm(
  { config, log, store, database }: Infrastructure,
  teamsModule: TeamsModule,
): Stoppable {
  const witnessing = witnessingFor(config, store.witnesses);
  const { anchor } = config;
  if (witnessing === null || anchor === null) return { stop: async () => undefined };
  const note = (key: string, notified: boolean): Promise<void> => store.witnesses.told(anchor.name, key, notified);
  const tryLocked = advisoryLock(database, 'alarm');

  const tell = async (look: NonNullable<typeof witnessing>): Promise<void> => {
    const { witnesses } = await look();
    const notified = await Promise.all(witnesses.map((view) => notifyOf(view, teamsModule, note)));
    if (!notified.includes(true)) return;
    const { requests } = await store.requests.open();
    for (const { id } of requests) await store.outbox.requestShow(id);
  };

  let telling: Promise<unknown> = Promise.resolve();
  const next = (): void => {
    telling = telling
      .then(() => tryLocked(() => tell(witnessing)))
      .catch((error: unknown) => log.warn({ err: error }, 'the warning about a witness could not be posted'));
  };
  const timer = setInterval(next, Math.min(anchor.everyMs, mostMs));
  next();
  return {
    async stop() {
      clearInterval(timer);
      await telling;
    },
  };
}
