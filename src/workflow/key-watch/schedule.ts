/**
 * When the key watch runs: a stored due time, which one of all replicas moves on and thereby takes the cycle. A cycle whose
 * process ended is made up for by the next one.
 */
import { z } from 'zod';
import { type Documents, isWritten } from '../../domain/ports/store.ts';
import type { Overdue } from '../../domain/ports/telemetry.ts';
import type { CycleResult } from './watch-cycle.ts';

interface SchedulePorts {
  readonly documents: Documents;
  readonly intervalMs: number;
  readonly now: () => Date;
  /** From 0 to 1: spreads the cycles of many bots, which otherwise all ask Azure at the full ten minutes. */
  readonly random: () => number;
  readonly newId: () => string;
  readonly cycle: (id: string, cursor: string, signal: AbortSignal) => Promise<CycleResult>;
  readonly watching: Overdue;
  readonly onCycle: (result: CycleResult) => void;
  readonly log: { warn(fields: object, message: string): void };
}

const key = 'watch/schedule';
/** `dueAt`: when the next cycle is. */
const Schedule = z.object({ dueAt: z.iso.datetime(), cursor: z.string(), eTag: z.string() });
type Due = z.infer<typeof Schedule>;
const jitter = 0.1;
/** How often the stored time is read: another replica, or the database's own clock, might have moved it. */
const mostPauseMs = 60_000;

export function startKeyWatch(ports: SchedulePorts): { stop(): Promise<void> } {
  const { documents, intervalMs, now, random, newId, cycle, watching, onCycle, log } = ports;
  const nextDue = (): string => new Date(now().getTime() + intervalMs * (1 + jitter * random())).toISOString();
  const stopping = new AbortController();
  let timer: NodeJS.Timeout | null = null;

  const read = async (): Promise<Due | undefined> => Schedule.safeParse((await documents.read([key]))[key]).data;

  /** Where another replica took the next cycle meanwhile, its time stays: a cycle can last longer than the interval. */
  async function moveOn(result: CycleResult, { dueAt, eTag }: Due): Promise<void> {
    const { cursor } = result;
    if (await isWritten(documents.write({ [key]: { dueAt, cursor, eTag } }))) return;
    const stored = await read();
    if (stored !== undefined) await moveOn(result, stored);
  }

  /** Null: it isn't due. */
  async function take(): Promise<Due | null> {
    const stored = await read();
    const ahead = Date.parse(stored?.dueAt ?? '') - now().getTime();
    // A time further away than an interval is of a longer interval, or of a clock that was wrong.
    if (ahead > 0 && ahead <= intervalMs * (1 + jitter)) return null;
    const cursor = stored?.cursor ?? '';
    const dueAt = nextDue();
    if (!(await isWritten(documents.write({ [key]: { dueAt, cursor, eTag: stored?.eTag ?? '*' } })))) return null;
    return { dueAt, cursor, eTag: (await read())?.eTag ?? '' };
  }

  async function run(): Promise<void> {
    const due = await take();
    if (due === null) return;
    const result = await cycle(newId(), due.cursor, stopping.signal);
    onCycle(result);
    if (result.isWhole) await watching.done();
    await moveOn(result, due);
  }

  let running: Promise<void> = Promise.resolve();
  const plan = (waitMs: number): void => {
    if (stopping.signal.aborted) return;
    timer = setTimeout(() => {
      running = run()
        .catch(async (err: unknown) => {
          // Null: the database doesn't answer, which has its own alert.
          const overdueSeconds = await watching.seconds().catch(() => null);
          log.warn({ err, overdueSeconds }, 'the key watch failed, and tries again');
        })
        .finally(() => plan(Math.min(intervalMs / 2, mostPauseMs)));
    }, waitMs);
  };
  plan(Math.min(intervalMs, mostPauseMs) * jitter * random());
  return {
    async stop() {
      stopping.abort();
      if (timer !== null) clearTimeout(timer);
      await running;
    },
  };
}
