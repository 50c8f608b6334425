/**
 * How long repeated work is overdue that any replica does. The last success is stored, so that all replicas know it, also after
 * a restart.
 */
import { z } from 'zod';
import { type Documents, isWritten } from '../domain/ports/store.ts';
import type { Overdue } from '../domain/ports/telemetry.ts';

interface OverdueOptions {
  readonly documents: Pick<Documents, 'read' | 'write'>;
  readonly key: string;
  /** The longest normal time between two successes. Null: the work is turned off, and never overdue. */
  readonly normalMs: number | null;
  readonly now: () => Date;
}

const Last = z.object({ at: z.iso.datetime() });

export function trackOverdue({ documents, key, normalMs, now }: OverdueOptions): Overdue {
  /** As last known: after a week without success, the sweeper deletes the document. */
  let at = now().toISOString();
  /** Of this process. It can be newer than what is stored, if the database took no write. */
  let own = '';
  return {
    async done() {
      own = now().toISOString();
      at = own;
      await documents.write({ [key]: { at } });
    },
    async seconds() {
      if (normalMs === null) return 0;
      const stored = Last.safeParse((await documents.read([key]))[key]).data;
      if (stored !== undefined && stored.at > own) at = stored.at;
      if (stored === undefined) await isWritten(documents.write({ [key]: { at, eTag: '' } }));
      return Math.max(0, Math.round((now().getTime() - Date.parse(at) - normalMs) / 1_000));
    },
  };
}
