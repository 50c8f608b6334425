/**
 * Posts a digest each week. The stored time of the last one makes it one post for all replicas, after a stop of any length, also if
 * the lock's connection ends. The time is stored right before the post, and set back if storing or posting fails: at once, or at a
 * later check or a stop when the database answers. What remains: a process that ends in between leaves its week without a digest,
 * and a post that Teams takes without an answer is posted again.
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type Documents, isWritten } from '../domain/ports/store.ts';
import { lastWeekday } from '../domain/statement/period.ts';

interface DigestPorts {
  readonly documents: Pick<Documents, 'read' | 'write'>;
  /** Day of the week, 0 for Sunday. */
  readonly day: number;
  readonly now: () => Date;
  /** Only one replica does the work at a time. */
  readonly tryLocked: (work: () => Promise<void>) => Promise<unknown>;
  /** Makes the digest and returns what posts it. `due`: when the week ended. */
  readonly prepare: (due: Date) => Promise<() => Promise<unknown>>;
  readonly log: { warn(fields: object, message: string): void };
}

const key = 'digest/last';
/** `by`: which process stored it; earlier versions didn't say. */
const Last = z.object({ due: z.iso.datetime(), by: z.string().optional(), eTag: z.string() });
/** UTC. */
const hour = 6;
const pollMs = 10_000;
/** After a failure: Teams might not answer for hours. */
const pollsSkipped = 30;

export function startWeeklyDigest({ documents, day, now, tryLocked, prepare, log }: DigestPorts): {
  stop(): Promise<void>;
} {
  const by = randomUUID();
  /** What a failed check has to undo: the time that it stored, and the one before. */
  let undo: { readonly stored: string; readonly before: string } | null = null;

  const read = async () => Last.safeParse((await documents.read([key]))[key]).data;
  /** `eTag`: as it was read. False: another replica has stored a time since. */
  const store = (due: string, eTag: string): Promise<boolean> =>
    isWritten(documents.write({ [key]: { due, by, eTag } }));

  async function setBack(): Promise<void> {
    if (undo === null) return;
    const last = await read();
    // The database may still carry out the statement that stores it.
    if (last?.due === undo.before) return;
    // The answer of the database may have been lost. Another replica may have stored and posted since.
    if (last?.by === by && last.due === undo.stored) await store(undo.before, last.eTag);
    undo = null;
  }

  async function check(): Promise<void> {
    await setBack();
    const last = await read();
    const due = lastWeekday(now(), day, hour);
    // At first, and after the day or a wrong clock was corrected: the next one is posted.
    if (last === undefined || Date.parse(last.due) > now().getTime()) {
      await store(due.toISOString(), last?.eTag ?? '');
      return;
    }
    if (due.getTime() <= Date.parse(last.due)) return;
    const post = await prepare(due);
    try {
      if (!(await store(due.toISOString(), last.eTag))) return;
      await post();
      undo = null;
    } catch (error) {
      undo = { stored: due.toISOString(), before: last.due };
      await setBack().catch(() => undefined);
      throw error;
    }
  }

  let checking: Promise<unknown> | null = null;
  let skip = 0;
  const next = (): void => {
    if (skip > 0) {
      skip -= 1;
      return;
    }
    // A check can take longer than a poll. If polls waited for it, they would try again at once when it fails.
    checking ??= tryLocked(check)
      .catch((error: unknown) => {
        skip = pollsSkipped;
        log.warn({ err: error }, 'the weekly digest couldn’t be posted; the bot tries again in minutes');
      })
      .finally(() => {
        checking = null;
      });
  };
  const timer = setInterval(next, pollMs);
  next();
  return {
    async stop() {
      clearInterval(timer);
      await checking;
      await setBack().catch(() => undefined);
    },
  };
}
