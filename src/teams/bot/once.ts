/**
 * Buttons that post something: clicked twice, or clicked again by a client that got no answer, they post it once. Told by who
 * clicked what where; clicked again later it is meant.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type Documents, StaleDocument } from '../../domain/ports/store.ts';
import type { KnownSender } from './activity.ts';

/** Longer than a client waits for an answer, shorter than it takes to want the same once more. */
const onceInMs = 20_000;

export interface Once {
  /** Whether nobody has clicked it just before: then what it posts is to be posted. */
  isFirst(sender: Pick<KnownSender, 'person' | 'origin'>, verb: string, about: string): Promise<boolean>;
}

const Posted = z.looseObject({ at: z.iso.datetime() });

export function openOnce(documents: Documents, now: () => Date): Once {
  return {
    async isFirst({ person, origin }, verb, about) {
      const clicked = JSON.stringify([person, origin.conversationId, verb, about]);
      const key = `once/${createHash('sha256').update(clicked).digest('hex')}`;
      const [at, found] = [now(), (await documents.read([key]))[key]];
      const before = Posted.safeParse(found).data;
      // A clock that was set back is as far from it as one that went on.
      if (before !== undefined && Math.abs(at.getTime() - Date.parse(before.at)) < onceInMs) return false;
      try {
        await documents.write({ [key]: { at: at.toISOString(), eTag: found?.eTag ?? '' } });
        return true;
      } catch (error) {
        // The other click was faster.
        if (error instanceof StaleDocument) return false;
        throw error;
      }
    },
  };
}
