/**
 * When the key watch runs: a stored due time, which one of all replicas moves on and thereby takes the cycle. A cycle whose
 * process ended is made up for by the next one.
 */
import { z } from 'zod';
import { type Documents, StaleDocument } from '../../domain/ports/store.ts';
import type { CycleResult } from './watch-cycle.ts';

export interface SchedulePorts {
  readonly documents: Documents;
  readonly intervalMs: number;
  readonly now: () => Date;
  /** From 0 to 1: spreads the cycles of many bots, which otherwise all ask Azure at the full ten minutes. */
  readonly random: () => number;
  readonly newId: () => string;
  readonly cycle: (id: string, cursor: string, signal: AbortSignal) => Promise<CycleResult>;
  readonly onCycle: (result: CycleResult) => void;
  readonly log: { warn(fields: object, message: string): void };
}

const key = 'watch/schedule';
const Schedule = z.object({ dueAt: z.iso.datetime(), cursor: z.string(), eTag: z.string() });
const jitter = 0.1;
/** How often the stored time is read: another replica, or the database's own clock, might have moved it. */
const mostPauseMs = 60_000;

interface Due {
  /** When the next one is. */
  readonly dueAt: string;
  readonly cursor: string;
  readonly eTag: string;
}

export function startKeyWatch(ports: SchedulePorts): { stop(): Promise<void> } {
  const { documents, intervalMs, now, random, newId, cycle, onCycle, log } = ports;
  const nextDue = (): string => new Date(now().getTime() + intervalMs * (1 + jitter * random())).toISOString();
  const stopping = new AbortController();
  let timer: NodeJS.Timeout | null = null;

  /** Null: it isn't due. */
  async function take(): Promise<Due | null> {
    const stored = Schedule.safeParse((await documents.read([key]))[key]).data;
    const ahead = Date.parse(stored?.dueAt ?? '') - now().getTime();
    // A time further away than an interval is of a longer interval, or of a clock that was wrong.
    if (ahead > 0 && ahead <= intervalMs * (1 + jitter)) return null;
    const cursor = stored?.cursor ?? '';
    const dueAt = nextDue();
    try {
      await documents.write({ [key]: { dueAt, cursor, eTag: stored?.eTag ?? '*' } });
    } catch (error) {
      if (error instanceof StaleDocument) return null;
      throw error;
    }
    const eTag = Schedule.safeParse((await documents.read([key]))[key]).data?.eTag ?? '';
    return { dueAt, cursor, eTag };
  }

  async function run(): Promise<void> {
    const due = await take();
    if (due === null) return;
    const result = await cycle(newId(), due.cursor, stopping.signal);
    onCycle(result);
    // Another replica that took the next cycle meanwhile has its own cursor.
    await documents
      .write({ [key]: { dueAt: due.dueAt, cursor: result.cursor, eTag: due.eTag } })
      .catch((error: unknown) => {
        if (!(error instanceof StaleDocument)) throw error;
      });
  }

  let running: Promise<void> = Promise.resolve();
  const plan = (waitMs: number): void => {
    if (stopping.signal.aborted) return;
    timer = setTimeout(() => {
      running = run()
        .catch((error: unknown) => log.warn({ err: error }, 'the key watch failed, and tries again'))
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
