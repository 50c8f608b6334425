import type { Quotas } from './http/quotas.ts';
import type { SignIns } from './identity/people/sign-ins.ts';
import type { SigningKey, Tokens } from './identity/tokens.ts';
import type { LogRow } from './log-analytics/known-queries.ts';
import type { GraphPages } from './resource-graph/graph-pages.ts';
import type { RequestRecord } from './simulator/request-log.ts';
import type { JsonLines } from './state/json-lines.ts';
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
  /** It has its own file, because the state file is rewritten at every call. */
  readonly vaultLog: JsonLines<LogRow>;
  readonly requests: JsonLines<RequestRecord>;
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
