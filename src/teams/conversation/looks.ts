/** Looks at Azure that outlast their click: what this process looks at, and a mark in the store that somebody does. */
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
  keep(formId: string, look: string, coming: Coming): void;
}

export function openLooks(documents: Documents): Looks {
  const looks = new Map<string, Coming>();
  const announce = (formId: string): Promise<void> => documents.write({ [`${lookingPrefix}${formId}`]: {} });
  return {
    of: (look) => looks.get(look),
    announce,
    keep(formId, look, coming) {
      looks.set(look, coming);
      // One that the store does not take is said the next time.
      const timer = setInterval(() => void announce(formId).catch(() => undefined), saidEveryMs);
      const end = (): void => {
        looks.delete(look);
        clearInterval(timer);
        documents.delete([`${lookingPrefix}${formId}`]).catch(() => undefined);
      };
      coming.then(end, end);
    },
  };
}
