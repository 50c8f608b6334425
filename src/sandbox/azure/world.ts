import type { Quotas } from './http/quotas.ts';
import type { SignIns } from './identity/people/sign-ins.ts';
import type { SigningKey, Tokens } from './identity/tokens.ts';
import type { VaultLog } from './log-analytics/vault-log.ts';
import type { GraphPages } from './resource-graph/graph-pages.ts';
import type { newGraphIndex, newReadReplica } from './state/lagging-view.ts';
import type { Latency } from './state/latency.ts';
import type { SimulatorState } from './state/schema.ts';

/** Everything a handler may look at or change. `state` is replaced as a whole by `PUT /simulator/state`. */
export interface World {
  state: SimulatorState;
  /** As the state says it now. */
  readonly latency: Latency;
  readonly signingKey: SigningKey;
  readonly tokens: Tokens;
  readonly signIns: SignIns;
  readonly vaultLog: VaultLog;
  readonly graphIndex: ReturnType<typeof newGraphIndex>;
  readonly readReplica: ReturnType<typeof newReadReplica>;
  readonly graphPages: GraphPages;
  readonly quotas: Quotas;
  /** The address of Azure Resource Manager, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** Where browsers are shown the sign-in page, when that is elsewhere. */
  readonly signInUrl: string | null;
}
