/** Checkpoints of the published log, for cards and pages. */
import {
  newestPublishedCheckpoint,
  openPublishedLog,
  type PublishedLogFiles,
  witnessingFor,
} from '../operator/published-log.ts';
import type { Checkpoints } from '../teams/delivery/audit-channel.ts';
import type { Ground } from './open-ground.ts';
import type { AnchorPart } from './start-anchor.ts';

/** Returns null if the log isn't published. */
export function checkpointsOf(
  { config, store }: Ground,
  { publish, logKeys }: Pick<AnchorPart, 'publish' | 'logKeys'>,
): Checkpoints | null {
  const { anchor } = config;
  if (anchor === null) return null;
  let opened: Promise<PublishedLogFiles> | null = null;
  const newest = async () => {
    opened ??= openPublishedLog(anchor, config, store.witnesses, logKeys);
    return newestPublishedCheckpoint(await opened);
  };
  return {
    async covering(seq) {
      const found = await newest();
      if (found !== null && found.size >= seq) return found;
      await publish();
      const published = await newest();
      return published !== null && published.size >= seq ? published : null;
    },
    witnessing: async () => (await witnessingFor(config, store.witnesses)?.()) ?? null,
    everyMs: anchor.everyMs,
  };
}
