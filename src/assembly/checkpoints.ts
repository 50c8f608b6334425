/** Checkpoints of the published log, for whoever shows them to people. */
import type { AnchorFiles } from '../domain/ports/anchor.ts';
import { anchorFiles } from '../operator/anchor-files.ts';
import { newestCheckpoint } from '../operator/newest-checkpoint.ts';
import { witnessingFor } from '../operator/witnessing.ts';
import type { Checkpoints } from '../teams/posts/audit-channel.ts';
import type { Ground } from './open-ground.ts';
import type { AnchorPart } from './start-anchor.ts';

/** Null: nothing is published. */
export function checkpointsOf({ config, store }: Ground, { publish }: Pick<AnchorPart, 'publish'>): Checkpoints | null {
  const { anchor } = config;
  if (anchor === null) return null;
  let opened: Promise<AnchorFiles> | null = null;
  const newest = async () => {
    opened ??= anchorFiles(anchor.place, config);
    return newestCheckpoint(await opened);
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
