/** What events of an agent's drift say. They change by the rule of docs/decisions/0012 alone: what was written is read forever. */
import { z } from 'zod';
import { RequestId } from '../ids.ts';
import { DriftState } from './state.ts';

/** Who made the change, as far as Azure tells. The name isn't here: it is a text of the event, `by.<code>`, that can be erased. */
export const DriftCause = z.strictObject({
  source: z.enum(['resource-graph', 'activity-log', 'unknown']),
  /** ISO 8601: when it was changed. Null: not known. */
  at: z.string().nullable(),
  /** In Azure's words: `User`, `Application`, `System`. */
  byType: z.string().nullable(),
  clientType: z.string().nullable(),
  operation: z.string().nullable(),
  correlationId: z.string().nullable(),
});
export type DriftCause = z.infer<typeof DriftCause>;

export const unknownCause: DriftCause = {
  ...{ source: 'unknown', at: null, byType: null, clientType: null, operation: null, correlationId: null },
};

/** The approval that the agent was compared with. */
const basis = z.strictObject({ request: RequestId, planDigest: z.string() });
/** `foundAt`, ISO 8601: the cycle that found it first. */
const found = z.array(z.strictObject({ state: DriftState, cause: DriftCause, foundAt: z.iso.datetime() })).min(1);

/** In record 2 from ADR 82 on. */
export const driftPayloads = {
  'drift-opened': z.strictObject({ agentName: z.string(), basis, found }),
  'drift-changed': z.strictObject({ agentName: z.string(), basis, found }),
  /** Everything is as approved again, or was approved since. */
  'drift-closed': z.strictObject({ agentName: z.string(), basis }),
};
export type DriftEventType = keyof typeof driftPayloads;

export const isDriftEvent = (type: string): type is DriftEventType => type in driftPayloads;
