/**
 * Background jobs of forms that outlast their click. A heartbeat document shows other replicas that a job is running.
 */
import { z } from 'zod';
import type { Documents } from '../../domain/ports/store.ts';
import type { AdaptiveCard } from '../cards/render-card.ts';

/** The heartbeat of a form that waits for a job. Its age is the time since the process last wrote it. */
export const jobPrefix = 'looking/';

/** Far below the time after which a job counts as lost. */
const heartbeatMs = 15_000;
export const lostAfterMs = 45_000;

type Coming = Promise<AdaptiveCard | null>;

interface FormJobs {
  /** Returns the job's result; undefined if this process doesn't run it. */
  of(look: string): Coming | undefined;
  /** Writes the heartbeat. It must exist before a form that waits is stored. */
  announce(formId: string): Promise<void>;
  /** Returns true if another process wrote a heartbeat recently. */
  runsElsewhere(formId: string): Promise<boolean>;
  keep(formId: string, look: string, coming: Coming): void;
}

const Mark = z.looseObject({ saidAt: z.iso.datetime() });

export function openFormJobs(documents: Documents, now: () => Date): FormJobs {
  const jobs = new Map<string, Coming>();
  const keyOf = (formId: string): string => `${jobPrefix}${formId}`;
  const announce = (formId: string): Promise<void> =>
    documents.write({ [keyOf(formId)]: { saidAt: now().toISOString() } });
  return {
    of: (look) => jobs.get(look),
    announce,
    async runsElsewhere(formId) {
      const mark = Mark.safeParse((await documents.read([keyOf(formId)]))[keyOf(formId)]).data;
      return mark !== undefined && Math.abs(now().getTime() - Date.parse(mark.saidAt)) < lostAfterMs;
    },
    keep(formId, look, coming) {
      jobs.set(look, coming);
      // A failed write is repeated at the next interval.
      const timer = setInterval(() => void announce(formId).catch(() => undefined), heartbeatMs);
      const end = (): void => {
        jobs.delete(look);
        clearInterval(timer);
        documents.delete([keyOf(formId)]).catch(() => undefined);
      };
      coming.then(end, end);
    },
  };
}
