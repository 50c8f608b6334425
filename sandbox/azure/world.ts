/** Everything that a handler can read or change, and the options it starts with. */

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { Delays } from '../http.ts';
import { JsonLines } from '../json-lines.ts';
import { BeforeStates } from './before-states.ts';
import type { Grant } from './identity/person-tokens.ts';
import { SigningKey } from './identity/tokens.ts';
import { LogRow } from './key-vault/vault-log.ts';
import { type Latency, LatencyName, latencies } from './latency.ts';
import { Quotas } from './quotas.ts';
import { RequestRecord } from './request-log.ts';
import { ChangeRecords } from './resource-graph/change-records.ts';
import { GraphPages } from './resource-graph/graph-pages.ts';
import { newGraphIndex, newReadReplica } from './state/lagging-views.ts';
import type { SimulatorState } from './state/schema.ts';
import type { StateFile } from './state/state-file.ts';

/** Options of the command line. */
export const AzureOptions = z.object({
  data: z.string(),
  /** Port of Azure Resource Manager; vault n listens on the port n above it. */
  port: z.coerce.number().int().min(1).max(65_000),
  /** Undefined: the state's value, which is `realistic` at first. */
  latency: LatencyName.optional(),
  /** Port of the sign-in page for browsers, over plain http. */
  'sign-in-port': z.coerce.number().int().min(1).max(65_535).optional(),
  /** Folder for full recordings of all exchanges, in one file for each process. */
  record: z.string().min(1).optional(),
  /** The seed gives the bot the role for storage accounts. */
  accounts: z.boolean().default(false),
  /** Turns on only these; undefined: leaves them as they were. */
  scenario: z.array(z.string()).optional(),
});
export type AzureOptions = z.infer<typeof AzureOptions>;

/** Everything that a handler can read or change. `PUT /simulator/state` replaces `state` as a whole. */
export const worldOf = (
  state: SimulatorState,
  file: StateFile,
  { data, port, accounts, 'sign-in-port': signInPort }: AzureOptions,
) => ({
  state,
  accounts,
  file,
  /** The current value in the state. */
  get latency(): Latency {
    const usual = latencies[this.state.latency];
    const { grantTakesMs } = this.state.settings;
    return grantTakesMs === null ? usual : { ...usual, propagation: grantTakesMs };
  },
  signingKey: new SigningKey(data),
  grants: new Map<string, Grant>(),
  /** It has its own file, because the state file is rewritten at every call. */
  vaultLog: new JsonLines(join(data, 'azure', 'vault-log.jsonl'), LogRow),
  requests: new JsonLines(join(data, 'azure', 'requests.jsonl'), RequestRecord),
  beforeStates: new BeforeStates(state),
  changes: new ChangeRecords(state),
  delays: new Delays(),
  /** Marks this process in revisions. */
  start: randomUUID(),
  graphIndex: newGraphIndex(),
  readReplica: newReadReplica(),
  graphPages: new GraphPages(),
  quotas: new Quotas(),
  /** Address of Azure Resource Manager, without a trailing slash. */
  url: `https://localhost:${port}`,
  port,
  /** Address of the sign-in page for browsers, if it has its own. */
  signInUrl: signInPort === undefined ? null : `http://localhost:${signInPort}`,
});
export type World = ReturnType<typeof worldOf>;
