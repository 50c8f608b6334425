/** Looks at Azure that outlast their click: what this process looks at, and a mark in the store that somebody does. */
import { z } from 'zod';
import type { Documents } from '../../domain/ports/store.ts';
import type { AdaptiveCard } from '../cards/render-card.ts';

/** Beside a form that waits for a look: tells by its age when the process that looks last said that it lives. */
export const lookingPrefix = 'looking/';

/** Well before anybody takes the look for lost. */
const saidEveryMs = 15_000;
export const lostAfterMs = 45_000;

type Coming = Promise<AdaptiveCard | null>;

export interface Looks {
  /** Undefined: this process does not look for it. */
  of(look: string): Coming | undefined;
  /** Said before the form is stored that waits for it: nothing that waits is without its mark. */
  announce(formId: string): Promise<void>;
  /** Whether another process said a moment ago that it looks. */
  isLookedForElsewhere(formId: string): Promise<boolean>;
  keep(formId: string, look: string, coming: Coming): void;
}

const Mark = z.looseObject({ saidAt: z.iso.datetime() });

export function openLooks(documents: Documents, now: () => Date): Looks {
  const looks = new Map<string, Coming>();
  const keyOf = (formId: string): string => `${lookingPrefix}${formId}`;
  const announce = (formId: string): Promise<void> =>
    documents.write({ [keyOf(formId)]: { saidAt: now().toISOString() } });
  return {
    of: (look) => looks.get(look),
    announce,
    async isLookedForElsewhere(formId) {
      const mark = Mark.safeParse((await documents.read([keyOf(formId)]))[keyOf(formId)]).data;
      return mark !== undefined && Math.abs(now().getTime() - Date.parse(mark.saidAt)) < lostAfterMs;
    },
    keep(formId, look, coming) {
      looks.set(look, coming);
      // One that the store does not take is said the next time.
      const timer = setInterval(() => void announce(formId).catch(() => undefined), saidEveryMs);
      const end = (): void => {
        looks.delete(look);
        clearInterval(timer);
        documents.delete([keyOf(formId)]).catch(() => undefined);
      };
      coming.then(end, end);
    },
  };
}
