/**
 * Deduplicates clicks on buttons that post a card.
 * A double click, or a client's retry after no answer, posts once. The key is the person, the place and the button. A
 * later click posts again.
 */

import { z } from 'zod';
import { sha256 } from '../../domain/canonical-json.ts';
import { type Documents, isWritten } from '../../domain/ports/store.ts';
import type { KnownSender } from './activity.ts';

/** Longer than a client's timeout, shorter than a repeat on purpose. */
const onceInMs = 20_000;

export interface ClickDedupe {
  /** Returns true if the same click didn't happen just before. Then the card must be posted. */
  isFirst(sender: Pick<KnownSender, 'person' | 'origin'>, verb: string, about: string): Promise<boolean>;
}

const PostedOnce = z.looseObject({ at: z.iso.datetime() });

export function openClickDedupe(documents: Documents, now: () => Date): ClickDedupe {
  return {
    async isFirst({ person, origin }, verb, about) {
      const clicked = JSON.stringify([person, origin.conversationId, verb, about]);
      const key = `once/${sha256(clicked)}`;
      const at = now();
      const found = (await documents.read([key]))[key];
      const before = PostedOnce.safeParse(found).data;
      // Absolute, in case the clock was set back.
      if (before !== undefined && Math.abs(at.getTime() - Date.parse(before.at)) < onceInMs) return false;
      // False: the other click was faster.
      return isWritten(documents.write({ [key]: { at: at.toISOString(), eTag: found?.eTag ?? '' } }));
    },
  };
}
