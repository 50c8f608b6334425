/** Control server for the command line. */
import { randomUUID } from 'node:crypto';
import type { EvidencePorts } from '../audit/evidence/take-evidence.ts';
import { diagnose } from '../operator/doctor/diagnose.ts';
import { evidenceFor } from '../operator/evidence-ports.ts';
import type { EvidenceWanted } from '../operator/rpc/calls.ts';
import type { Look } from '../operator/rpc/diagnosis.ts';
import { startControl as startSocket } from '../operator/rpc/server.ts';
import { recordsOf } from '../operator/rpc/store-records.ts';
import type { Infrastructure } from './open-infrastructure.ts';
import type { Stoppable } from './shutdown.ts';

/**
 * Starts the control socket. With a data folder, only this process can open the database, so the command line calls it. With
 * a server, the command line connects directly, and nothing starts.
 */
export async function startControlServer(
  { config, log, database, store }: Infrastructure,
  evidence: EvidencePorts,
): Promise<Stoppable> {
  if (config.store.kind === 'server') return { stop: async () => undefined };
  const control = {
    ...recordsOf(store),
    evidence: (wanted: EvidenceWanted) => evidenceFor(evidence, wanted, `cli:evidence:${randomUUID()}`),
    diagnose: (look: Look) => diagnose({ config, record: { database, store }, look }),
  };
  return startSocket({ folder: config.store.dataDir, control, log });
}
