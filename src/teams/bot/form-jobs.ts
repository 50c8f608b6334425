/** Background jobs of forms that outlast their click. A heartbeat document shows other replicas that a job is running. */

import { z } from 'zod';
import type { Documents } from '../../domain/ports/store.ts';
import type { AdaptiveCard } from '../cards/render-card.ts';

/** The heartbeat of a form that waits for a job. Its age is the time since the process last wrote it. */
export const jobPrefix = 'looking/';

/** Far below the time after which a job counts as lost. */
const heartbeatMs = 3_000;
/** A person waits for it. A slow replica's job that counted as lost still shows its page. */
export const lostAfterMs = 10_000;

type Coming = Promise<AdaptiveCard | null>;

const Mark = z.looseObject({ saidAt: z.iso.datetime() });

export function openFormJobs(documents: Documents, now: () => Date) {
  const jobs = new Map<string, Coming>();
  const keyOf = (formId: string): string => `${jobPrefix}${formId}`;
  /** Writes the heartbeat. It must exist before a form that waits is stored. */
  const announce = (formId: string): Promise<void> =>
    documents.write({ [keyOf(formId)]: { saidAt: now().toISOString() } });
  return {
    /** Returns the job's result; undefined if this process doesn't run it. */
    of: (look: string): Coming | undefined => jobs.get(look),
    announce,
    async runsElsewhere(formId: string): Promise<boolean> {
      const mark = Mark.safeParse((await documents.read([keyOf(formId)]))[keyOf(formId)]).data;
      return mark !== undefined && Math.abs(now().getTime() - Date.parse(mark.saidAt)) < lostAfterMs;
    },
    /** The message shows the result. Until then the heartbeat stays, because the process can end before. */
    shown: (formId: string): Promise<void> => documents.delete([keyOf(formId)]),
    keep(formId: string, look: string, coming: Coming): void {
      jobs.set(look, coming);
      // A failed write is repeated at the next interval.
      const timer = setInterval(() => void announce(formId).catch(() => undefined), heartbeatMs);
      const end = (): void => {
        jobs.delete(look);
        clearInterval(timer);
      };
      coming.then(end, end);
    },
  };
}
