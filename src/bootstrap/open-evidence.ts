/** Evidence ports: audit log, published log and Azure's current state. */
import type { EvidencePorts } from '../audit/evidence/take-evidence.ts';
import { evidencePorts } from '../operator/evidence-ports.ts';
import type { AzureSide } from './open-azure-side.ts';
import type { Ground } from './open-ground.ts';
import type { AnchorPart } from './start-anchor.ts';

/** Limit on waiting for a slow witness, because a person waits for the evidence. */
const timeoutMs = 10_000;

export const openEvidence = (
  { config, store }: Ground,
  { azure }: AzureSide,
  { publish, logKeys }: AnchorPart,
): Promise<EvidencePorts> => evidencePorts({ config, store, azure, publish, timeoutMs, logKeys });
