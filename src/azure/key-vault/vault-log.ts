/** Reads a vault's log with Log Analytics queries, the only way that needs no export. */
import { LogsQueryResultStatus, type LogsTable } from '@azure/monitor-query-logs';
import { z } from 'zod';
import type { Failure } from '../../domain/failure.ts';
import type { LoggedUser } from '../../domain/key-impact.ts';
import type { VaultLog } from '../../domain/ports/azure.ts';
import { countsFrom, type LoggedKeyCall, type UsageQuery, type VaultLogRows } from '../../domain/usage-check.ts';
import type { AzureClients } from '../connection/azure-clients.ts';
import type { Connection } from '../connection/connection.ts';
import { correlationIdOf, UnusableAnswer } from '../connection/exchange.ts';
import { ownAssignmentAt } from './grants.ts';
import { vaultLogQueryFor, vaultUsersQueryFor } from './vault-log-query.ts';

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

/** Columns of the other parts are empty. */
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
const UserRow = z.object({
  Part: z.literal('user'),
  PrincipalId: text,
  CallingResource: text,
  KeyName: text,
  KeyVersion: text,
  Refused: z.boolean(),
  First: instant,
  Last: instant,
});
const AnyRow = z.discriminatedUnion('Part', [SpanRow, UseRow, UserRow]);
type AnyRow = z.infer<typeof AnyRow>;

const rowsOf = ({ columnDescriptors, rows }: LogsTable): readonly AnyRow[] =>
  rows.map((row) =>
    AnyRow.parse(Object.fromEntries(columnDescriptors.map(({ name = '' }, index) => [name, row[index] ?? null]))),
  );

const useOf = (row: z.infer<typeof UseRow>): LoggedKeyCall => ({
  at: row.TimeGenerated,
  operation: row.OperationName,
  status: row.HttpStatusCode,
  addresses: [row.Id, row.RequestUri].filter((address) => address !== null),
  principalId: row.PrincipalId,
  resourceId: row.CallingResource,
  assignmentId: row.AppliedAssignmentId,
  byAccessPolicy: row.IsAccessPolicyMatch === true,
});

/** In Azure's words. */
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
    change: 'none',
    status: last?.status ?? 200,
    retryAfterMs: null,
    clientRequestId,
    correlationId: last === null ? null : correlationIdOf(last),
  };
}

const userOf = (row: AnyRow): readonly LoggedUser[] =>
  row.Part !== 'user' || row.KeyName === null
    ? []
    : [
        {
          principalId: row.PrincipalId,
          resourceId: row.CallingResource,
          keyName: row.KeyName,
          keyVersion: row.KeyVersion,
          refused: row.Refused,
          first: row.First,
          last: row.Last,
        },
      ];

/** `workspaceId`: the workspace's own id, not an ARM id. `endpoint`: for queries, without the version. */
export function armVaultLog(connection: Connection, workspaceId: string, endpoint: string): VaultLog {
  async function ask(clients: AzureClients, doing: string, query: string, startTime: Date) {
    const timespan = { startTime, endTime: new Date(connection.clock().getTime() + clockSkewMs) };
    const result = await clients
      .logs(endpoint)
      .queryWorkspace(workspaceId, query, timespan, { serverTimeoutInSeconds });
    const whole = result.status === LogsQueryResultStatus.Success;
    const rows = (whole ? result.tables : result.partialTables).flatMap(rowsOf);
    const span = rows.find((row) => row.Part === 'log');
    if (whole && span === undefined) throw new UnusableAnswer('it says nothing about the log');
    const cutShort = whole ? null : partialFailure(clients, doing, result.partialError);
    return { rows, first: span?.First ?? null, last: span?.Last ?? null, cutShort };
  }
  const doingOf = ({ name }: { readonly name: string }): string => `reading the log of ${name}`;
  return {
    read(vault, sought: UsageQuery) {
      const doing = doingOf(vault);
      const { keyName, keyVersion: version, principalId, resourceId: resource } = sought;
      const since = countsFrom(sought.since);
      return connection.call(doing, async (clients): Promise<VaultLogRows> => {
        // Unknown principal: must not match rows without an identity.
        const query = vaultLogQueryFor({ vault: vault.id, since, version, principal: principalId ?? 'none', resource });
        const { rows, ...span } = await ask(clients, doing, query, new Date(Date.parse(since) - lookBackMs));
        return {
          ...span,
          uses: rows.flatMap((row) => (row.Part === 'use' ? useOf(row) : [])),
          ownAssignment: principalId === null ? null : ownAssignmentAt(vault.id, keyName, principalId),
        };
      });
    },
    users(vault, since) {
      const doing = doingOf(vault);
      return connection.call(doing, async (clients) => {
        const query = vaultUsersQueryFor({ vault: vault.id, since });
        const { rows, ...span } = await ask(clients, doing, query, new Date(since));
        return { ...span, users: rows.flatMap(userOf) };
      });
    },
  };
}
