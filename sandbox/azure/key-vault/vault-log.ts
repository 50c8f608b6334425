/** The vaults' log: its rows, and those of the agents' own calls. */

import { z } from 'zod';
import type { JsonLines } from '../../json-lines.ts';
import { agentId, sameId, vaultId } from '../arm/ids.ts';
import type { AgentCall } from '../state/agents.ts';
import type { SimulatorState } from '../state/schema.ts';
import type { Vault } from '../state/vaults.ts';
import { vaultUri } from './vault-body.ts';

/** A row of `AZKVAuditLogs`: the supported columns, with names and types of the Azure Monitor Logs reference. */
export const LogRow = z.object({
  TimeGenerated: z.string(),
  _ResourceId: z.string(),
  OperationName: z.string(),
  /** Also `Success` for refusals, as reported of the real log. */
  ResultType: z.string(),
  ResultSignature: z.string(),
  HttpStatusCode: z.number(),
  Id: z.string(),
  RequestUri: z.string(),
  CallerIpAddress: z.string(),
  Identity: z.object({ claim: z.record(z.string(), z.string()) }),
  AppliedAssignmentId: z.string(),
  IsRbacAuthorized: z.boolean().nullable(),
  IsAccessPolicyMatch: z.boolean().nullable(),
  TrustedService: z.string(),
});
export type LogRow = z.infer<typeof LogRow>;

const signatures: Readonly<Record<number, string>> = {
  200: 'OK',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
};

interface LoggedCall {
  readonly at: Date;
  readonly operation: string;
  readonly status: number;
  readonly id: string;
  readonly uri: string;
  readonly address: string;
  readonly claim: Readonly<Record<string, string>>;
  readonly assignmentId: string | null;
}

export function rowOf(
  vault: Vault,
  { at, operation, status, id, uri, address, claim, assignmentId }: LoggedCall,
): LogRow {
  const byRole = vault.enableRbacAuthorization;
  const allowed = status < 400;
  return {
    TimeGenerated: at.toISOString(),
    // Log Analytics writes resource IDs in lower case.
    _ResourceId: vaultId(vault).toLowerCase(),
    OperationName: operation,
    ResultType: 'Success',
    ResultSignature: signatures[status] ?? '',
    HttpStatusCode: status,
    Id: id,
    RequestUri: uri,
    CallerIpAddress: address,
    Identity: { claim: { ...claim } },
    // Written as the GUID: a form without hyphens was never seen. How the real log writes it is not documented.
    AppliedAssignmentId: assignmentId ?? '',
    IsRbacAuthorized: byRole ? allowed : null,
    IsAccessPolicyMatch: byRole ? null : allowed,
    TrustedService: '',
  };
}

/** Returns the address of the key version; without a version, the newest. */
export function addressOf(vault: Vault, path: string): string {
  const [, kind = '', name = '', version = ''] = path.split('/');
  const base = vaultUri(vault).replace(/\/$/, '');
  if (name === '') return '';
  const newest = vault.keys.find((key) => sameId(key.name, name))?.versions.at(-1)?.version;
  const wanted = /^[0-9a-f]{32}$/i.test(version) ? version : newest;
  return [`${base}/${kind}/${name}`, ...(wanted === undefined ? [] : [wanted])].join('/');
}

/** Logs the agents' calls since the last time. If the process ends in between, rows can repeat, as in Azure. */
export function logAgentCalls(state: SimulatorState, log: JsonLines<LogRow>): void {
  const calls = state.agentCalls;
  state.agentCalls = [];
  log.append(
    ...calls.flatMap((call) => {
      const vault = state.vaults.find((one) => sameId(vaultId(one), call.vault));
      return vault === undefined ? [] : [agentRow(vault, call)];
    }),
  );
}

const verbs = { KeyGet: '', KeyWrap: '/wrapkey', KeyUnwrap: '/unwrapkey' } as const;

function agentRow(vault: Vault, call: AgentCall): LogRow {
  const id = `${vaultUri(vault).replace(/\/$/, '')}/keys/${call.keyName}/${call.keyVersion}`;
  const { principalId, agentId: mirid, operation, status, assignmentId } = call;
  return rowOf(vault, {
    at: new Date(call.at),
    operation,
    status,
    id,
    uri: `${id}${verbs[operation]}?api-version=7.4`,
    address: '20.50.0.1',
    claim: { oid: principalId, appid: principalId, xms_mirid: mirid },
    assignmentId,
  });
}

/** Writes the log from before the first start: a call to every vault, and use by agents that have a key. */
export function logPast({ vaults, agents }: SimulatorState, log: JsonLines<LogRow>, now: Date): void {
  const ago = (minutes: number): Date => new Date(now.getTime() - minutes * 60_000);
  const vaultCalls = vaults.map((vault) =>
    rowOf(vault, {
      at: ago(24 * 60),
      operation: 'KeyList',
      status: 200,
      id: '',
      uri: `${vaultUri(vault)}keys?api-version=7.4`,
      address: '20.50.0.2',
      claim: { oid: '50000000-0000-4000-8000-000000000001' },
      assignmentId: null,
    }),
  );
  const used = agents.flatMap((agent) => {
    const { keyVaultProperties: key, identity } = agent.content;
    const vault = vaults.find((one) => key !== null && sameId(vaultUri(one), key.keyVaultUri));
    if (key === null || vault === undefined || identity?.principalId == null) return [];
    const call = { vault: vaultId(vault), keyName: key.keyName, keyVersion: key.keyVersion ?? '', status: 200 };
    const by = { principalId: identity.principalId, agentId: agentId(agent), assignmentId: null };
    return [agentRow(vault, { ...call, ...by, operation: 'KeyUnwrap', at: ago(60).toISOString() })];
  });
  log.append(...vaultCalls, ...used);
}
