/** What agents are compared with: their last succeeded requests, out of the audit log. */
import pLimit from 'p-limit';
import type { ArmId, RequestId } from '../../domain/ids.ts';
import type { Drifts, Requests } from '../../domain/ports/store.ts';
import type { LastVerified, VerifiedAgents } from '../../domain/watch/drift.ts';
import { lastVerifiedOf } from '../../operations/last-verified.ts';

interface VerifiedPorts {
  readonly requests: Pick<Requests, 'load'>;
  readonly drifts: Pick<Drifts, 'succeeded'>;
}

/** The same for one agent, read each time. */
export const openLastVerified =
  ({ requests, drifts }: VerifiedPorts) =>
  async (agent: ArmId): Promise<LastVerified | null> => {
    const id = (await drifts.succeeded()).get(agent.toLowerCase());
    const request = id === undefined ? null : await requests.load(id);
    return request === null ? null : lastVerifiedOf(request);
  };

/** Requests read at a time. 10,000 at once take much memory, and the bot answers no one for seconds. */
const atOnce = 32;

/** A success never changes, so each is read once. */
export function openVerified({ requests, drifts }: VerifiedPorts): () => Promise<VerifiedAgents> {
  const few = pLimit(atOnce);
  const known = new Map<RequestId, LastVerified | null>();
  return async () => {
    const succeeded = await drifts.succeeded();
    const fresh = [...succeeded.values()].filter((id) => !known.has(id));
    const read = async (id: RequestId): Promise<void> => {
      const request = await requests.load(id);
      known.set(id, request === null ? null : lastVerifiedOf(request));
    };
    await Promise.all(fresh.map((id) => few(() => read(id))));
    const current = new Set(succeeded.values());
    for (const id of known.keys()) if (!current.has(id)) known.delete(id);
    return new Map(
      [...succeeded].flatMap(([agent, id]) => {
        const verified = known.get(id) ?? null;
        return verified === null ? [] : [[agent, verified] as const];
      }),
    );
  };
}
