/** Reads a vault's log with Log Analytics queries, the only way that needs no export. */
import { LogsQueryResultStatus, type LogsTable } from '@azure/monitor-query-logs';
import { z } from 'zod';
import type { Failure } from '../domain/failure.ts';
import { countsFrom, type LoggedUse, type UsageQuery, type VaultLogRows } from '../domain/key-use.ts';
import type { VaultLog } from '../domain/ports/azure.ts';
import { type AzureOptions, connectionOf } from './azure.ts';
import type { AzureClients } from './azure-clients.ts';
import { correlationIdOf, UnusableAnswer } from './exchange.ts';
import { ownAssignmentAt } from './grants.ts';
import { vaultLogQueryFor } from './kql.ts';

export interface VaultLogOptions extends AzureOptions {
  /** The workspace's own id, not an ARM id. */
  readonly workspaceId: string;
  /** Query endpoint without the version. */
  readonly endpoint: string;
}

/** How far back to look for the beginning of the log: a vault can be quiet for days. */
const lookBackMs = 7 * 24 * 3_600_000;
/** Azure's clock can be ahead. */
const clockSkewMs = 5 * 60_000;
/** Shorter than a call's deadline, so that Azure's own timeout is reported first. */
const serverTimeoutInSeconds = 25;

const instant = z.date().transform((at) => at.toISOString());
const text = z
  .string()
  .nullable()
  .transform((value) => value || null);

/** Columns of the other part are empty. */
const SpanRow = z.object({ Part: z.literal('log'), First: instant.nullable(), Last: instant.nullable() });
const UseRow = z.object({
  Part: z.literal('use'),
  TimeGenerated: instant,
  OperationName: z.string(),
  HttpStatusCode: z.number(),
  Id: text,
  RequestUri: text,
  PrincipalId: text,
  CallingResource: text,
  AppliedAssignmentId: text,
  IsAccessPolicyMatch: z.boolean().nullable(),
});
const AnyRow = z.discriminatedUnion('Part', [SpanRow, UseRow]);

const rowsOf = ({ columnDescriptors, rows }: LogsTable): readonly z.infer<typeof AnyRow>[] =>
  rows.map((row) =>
    AnyRow.parse(Object.fromEntries(columnDescriptors.map(({ name = '' }, index) => [name, row[index] ?? null]))),
  );

const useOf = (row: z.infer<typeof UseRow>): LoggedUse => ({
  at: row.TimeGenerated,
  operation: row.OperationName,
  status: row.HttpStatusCode,
  addresses: [row.Id, row.RequestUri].filter((address) => address !== null),
  principalId: row.PrincipalId,
  resourceId: row.CallingResource,
  assignmentId: row.AppliedAssignmentId,
  byAccessPolicy: row.IsAccessPolicyMatch === true,
});

/** Returns the failure for a partial result, in Azure's words. */
function partialFailure(
  clients: AzureClients,
  doing: string,
  { code, message }: { code?: string; message?: string },
): Failure {
  const { last, clientRequestId } = clients.exchange;
  return {
    source: 'azure',
    next: 'wait',
    doing,
    code: code ?? 'PartialError',
    message: message ?? last?.body.slice(0, 500) ?? '',
    status: last?.status ?? 200,
    retryAfterMs: null,
    clientRequestId,
    correlationId: last === null ? null : correlationIdOf(last),
  };
}

/** Creates the port. Sends no request until it's called. */
export function connectVaultLog(options: VaultLogOptions): VaultLog {
  const { workspaceId, endpoint, clock = () => new Date() } = options;
  const connection = connectionOf(options);
  return {
    read(vault, sought: UsageQuery) {
      const doing = `reading the log of ${vault.name}`;
      const { keyName, keyVersion: version, principalId, resourceId: resource } = sought;
      const since = countsFrom(sought.since);
      return connection.call(doing, async (clients): Promise<VaultLogRows> => {
        // Unknown principal: must not match rows without an identity.
        const query = vaultLogQueryFor({ vault: vault.id, since, version, principal: principalId ?? 'none', resource });
        const startTime = new Date(Date.parse(since) - lookBackMs);
        const endTime = new Date(clock().getTime() + clockSkewMs);
        const queryOptions = { serverTimeoutInSeconds };
        const result = await clients
          .logs(endpoint)
          .queryWorkspace(workspaceId, query, { startTime, endTime }, queryOptions);
        const whole = result.status === LogsQueryResultStatus.Success;
        const rows = (whole ? result.tables : result.partialTables).flatMap(rowsOf);
        const span = rows.find((row) => row.Part === 'log');
        if (whole && span === undefined) throw new UnusableAnswer('it says nothing about the log');
        return {
          first: span?.First ?? null,
          last: span?.Last ?? null,
          uses: rows.flatMap((row) => (row.Part === 'use' ? useOf(row) : [])),
          ownAssignment: principalId === null ? null : ownAssignmentAt(vault.id, keyName, principalId),
          cutShort: whole ? null : partialFailure(clients, doing, result.partialError),
        };
      });
    },
  };
}
