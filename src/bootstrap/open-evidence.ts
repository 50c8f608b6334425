/** Evidence of requests: of the record, of what is published of it, and of what Azure holds at that moment. */
import type { EvidencePorts } from '../audit/evidence/take-evidence.ts';
import { evidencePorts } from '../operator/evidence-ports.ts';
import type { AzureSide } from './open-azure-side.ts';
import type { Ground } from './open-ground.ts';
import type { AnchorPart } from './start-anchor.ts';

/** Somebody waits for it: for a witness that is slow no longer than this. */
const timeoutMs = 10_000;

export const openEvidence = (
  { config, store }: Ground,
  { azure }: AzureSide,
  { publish, logKeys }: AnchorPart,
): Promise<EvidencePorts> => evidencePorts({ config, store, azure, publish, timeoutMs, logKeys });
