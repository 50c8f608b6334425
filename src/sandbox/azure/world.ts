import type { Quotas } from './http/quotas.ts';
import type { SignIns } from './identity/people/sign-ins.ts';
import type { SigningKey, Tokens } from './identity/tokens.ts';
import type { VaultLog } from './log-analytics/vault-log.ts';
import type { GraphPages } from './resource-graph/graph-pages.ts';
import type { RequestLog } from './simulator/request-log.ts';
import type { newGraphIndex, newReadReplica } from './state/lagging-view.ts';
import type { Latency } from './state/latency.ts';
import type { SimulatorState } from './state/schema.ts';

/** Everything that a handler can read or change. `PUT /simulator/state` replaces `state` as a whole. */
export interface World {
  state: SimulatorState;
  /** The current value in the state. */
  readonly latency: Latency;
  readonly signingKey: SigningKey;
  readonly tokens: Tokens;
  readonly signIns: SignIns;
  readonly vaultLog: VaultLog;
  readonly requests: RequestLog;
  readonly graphIndex: ReturnType<typeof newGraphIndex>;
  readonly readReplica: ReturnType<typeof newReadReplica>;
  readonly graphPages: GraphPages;
  readonly quotas: Quotas;
  /** Address of Azure Resource Manager, without a trailing slash. */
  readonly url: string;
  readonly port: number;
  /** Address of the sign-in page for browsers, if it has its own. */
  readonly signInUrl: string | null;
}
