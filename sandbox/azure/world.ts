import type { Delays } from '../http.ts';
import type { Latency } from './fault.ts';
import type { SigningKey } from './identity/tokens.ts';
import type { LogRow } from './logs.ts';
import type { RequestRecord } from './request-log.ts';
import type { ChangeRecords, GraphPages } from './resource-graph.ts';
import type { Quotas } from './server.ts';
import type { JsonLines, newGraphIndex, newReadReplica, StateFile } from './state/files.ts';
import type { SimulatorState } from './state/schema.ts';

/** A person's sign-in: time, authentication contexts and methods. */
export interface PersonSignIn {
  readonly userId: string;
  readonly at: Date;
  readonly contexts: readonly string[];
  readonly methods: readonly string[];
}

/** What an authorization code stands for until it is redeemed. */
export interface Grant {
  readonly signIn: PersonSignIn;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly nonce: string;
  readonly challenge: string;
  readonly expiresAt: Date;
}

/** Everything that a handler can read or change. `PUT /simulator/state` replaces `state` as a whole. */
export interface World {
  state: SimulatorState;
  readonly file: StateFile;
  /** The current value in the state. */
  readonly latency: Latency;
  readonly signingKey: SigningKey;
  /** What authorization codes stand for until they are redeemed. */
  readonly grants: Map<string, Grant>;
  /** It has its own file, because the state file is rewritten at every call. */
  readonly vaultLog: JsonLines<LogRow>;
  readonly requests: JsonLines<RequestRecord>;
  readonly changes: ChangeRecords;
  readonly delays: Delays;
  /** Marks this process in revisions. */
  readonly start: string;
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
