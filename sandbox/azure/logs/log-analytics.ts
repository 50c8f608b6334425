/** Log Analytics' query API: `POST /v1/workspaces/ID/query`. In Azure, it has its own address. */

import { z } from 'zod';
import { Refusal, type Reply, reply } from '../../http.ts';
import { callerHolds } from '../arm/authorization.ts';
import { sameId } from '../arm/ids.ts';
import { type Call, param, type Route } from '../http.ts';
import { parseBody } from '../incoming.ts';
import type { LogRow } from '../key-vault/vault-log.ts';
import { later, reached } from '../latency.ts';
import { type KnownQuery, readKnownQuery } from './known-queries.ts';

const longOid = 'http://schemas.microsoft.com/identity/claims/objectidentifier';
/** Who called: object id, and the resource of a managed identity. */
const callerOf = ({ Identity: { claim } }: LogRow) => ({
  principal: claim.oid || claim[longOid] || '',
  resource: claim.xms_mirid ?? '',
});

type Types = Readonly<Record<string, 'datetime' | 'string' | 'int' | 'bool'>>;
type Row = Readonly<Record<string, unknown>>;

/** Columns of both queries, in order. */
const span: Types = { First: 'datetime', Last: 'datetime', Part: 'string' };
const whose: Types = { PrincipalId: 'string', CallingResource: 'string' };
const request: Types = { OperationName: 'string', HttpStatusCode: 'int', TimeGenerated: 'datetime' };
const addresses: Types = { Id: 'string', RequestUri: 'string' };
const allowed: Types = { AppliedAssignmentId: 'string', IsAccessPolicyMatch: 'bool' };
const key: Types = { KeyName: 'string', KeyVersion: 'string', Refused: 'bool' };
const columns = {
  uses: { ...span, ...request, ...addresses, ...whose, ...allowed },
  users: { ...span, ...whose, ...key },
};

/** The answer's table. A text is never null. */
const tableOf = (types: Types, rows: readonly Row[]) => ({
  name: 'PrimaryResult',
  columns: Object.entries(types).map(([name, type]) => ({ name, type })),
  rows: rows.map((row) => Object.entries(types).map(([name, type]) => row[name] ?? (type === 'string' ? '' : null))),
});

/** Kusto's `has`: matches whole terms, ignores case. */
const has = (text: string, term: string): boolean =>
  text
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .includes(term.toLowerCase());

function findUses(query: KnownQuery, logged: readonly LogRow[]): readonly Row[] {
  const firsts = new Map<string, Row>();
  for (const row of logged) {
    const { principal, resource } = callerOf(row);
    const matches =
      row.TimeGenerated >= query.since &&
      ['KeyWrap', 'KeyUnwrap'].includes(row.OperationName) &&
      (has(row.Id, query.version) || has(row.RequestUri, query.version)) &&
      (sameId(principal, query.principal) || sameId(resource, query.resource));
    const kind = `${row.OperationName} ${row.HttpStatusCode}`;
    if (!matches || firsts.has(kind)) continue;
    firsts.set(kind, { ...row, Part: 'use', PrincipalId: principal, CallingResource: resource });
  }
  return [...firsts.values()];
}

const operations = ['KeyWrap', 'KeyUnwrap', 'KeyEncrypt', 'KeyDecrypt', 'KeySign'];

/** Who called with keys of the vault, with the first and the last time. */
function findUsers(query: KnownQuery, logged: readonly LogRow[]): readonly Row[] {
  const users = new Map<string, Row>();
  for (const row of logged) {
    if (row.TimeGenerated < query.since || !operations.includes(row.OperationName)) continue;
    const address = (row.Id.toLowerCase().includes('/keys/') ? row.Id : row.RequestUri).toLowerCase();
    const { principal, resource } = callerOf(row);
    const by = {
      PrincipalId: principal.toLowerCase(),
      CallingResource: resource.toLowerCase(),
      KeyName: /\/keys\/([^/?]+)/.exec(address)?.[1] ?? '',
      KeyVersion: /\/keys\/[^/?]+\/([0-9a-f]{32})/.exec(address)?.[1] ?? '',
      Refused: row.HttpStatusCode >= 400,
    };
    const user = Object.values(by).join(' ');
    const first = users.get(user)?.First ?? row.TimeGenerated;
    users.set(user, { First: first, Last: row.TimeGenerated, Part: 'user', ...by });
  }
  return [...users.values()];
}

const Request = z.strictObject({ query: z.string(), timespan: z.string().optional() });

const refused = (status: number, code: string, message: string): Refusal =>
  Refusal.of(status, code, message, { correlationId: crypto.randomUUID() });

const actions = [
  'Microsoft.OperationalInsights/workspaces/query/read',
  'Microsoft.OperationalInsights/workspaces/query/AZKVAuditLogs/read',
];

/** Real code and text (Microsoft's troubleshooting guides of its clients). That an unknown caller gets the same is from memory. */
function requireAccess(call: Call): void {
  const { world, incoming, trace } = call;
  const id = param(call, 'workspace');
  const workspace = world.state.workspaces.find(({ customerId }) => sameId(customerId, id));
  const may =
    workspace !== undefined && !incoming.denied && actions.every((action) => callerHolds(call, action, workspace.id));
  if (!may) {
    const message = 'The provided credentials have insufficient access to perform the requested operation';
    throw refused(403, 'InsufficientAccessError', message);
  }
  for (const action of actions) trace.actions.add(action);
}

/** Parses `FROM/TO`, both ISO 8601, as the client sends it. */
function readTimespan(timespan: string | undefined): { readonly from: string; readonly to: string } {
  if (timespan === undefined) return { from: '', to: '9999' };
  const [from = '', to = ''] = timespan.split('/');
  if ([from, to].some((time) => Number.isNaN(Date.parse(time)))) {
    throw refused(400, 'BadArgumentError', `The timespan ${timespan} is not one that the Azure simulator reads.`);
  }
  return { from, to };
}

/** Returns the rows that a query finds now: rows arrive late. */
function found({ world, now }: Call, timespan: string | undefined): readonly LogRow[] {
  const { takesMs, agentsAgoMs } = world.state.settings.logs;
  const { from, to } = readTimespan(timespan);
  const delay = takesMs ?? world.latency.logs;
  return world.vaultLog
    .all()
    .map((row) =>
      row.Identity.claim.xms_mirid === undefined || agentsAgoMs === 0
        ? row
        : { ...row, TimeGenerated: new Date(Date.parse(row.TimeGenerated) - agentsAgoMs).toISOString() },
    )
    .filter(({ TimeGenerated: at }) => at >= from && at <= to)
    .filter(({ TimeGenerated: at }) => reached(later(new Date(at), delay), now));
}

const answer = (call: Call): Reply => {
  requireAccess(call);
  const { query, timespan } = parseBody(Request, call.incoming.body, 'BadArgumentError');
  const known = readKnownQuery(query);
  if (known === null) {
    const message = 'The Azure simulator has two queries (sandbox/azure/logs/known-queries.ts), and this is another.';
    console.error('Azure simulator: an unknown query', query);
    throw Refusal.of(501, 'NotSimulated', message);
  }
  const logged = found(call, timespan)
    .filter((row) => sameId(row._ResourceId, known.vault))
    .sort((a, b) => (a.TimeGenerated < b.TimeGenerated ? -1 : 1));
  const log = { First: logged[0]?.TimeGenerated, Last: logged.at(-1)?.TimeGenerated, Part: 'log' };
  const rows = (known.form === 'uses' ? findUses : findUsers)(known, logged);
  return reply(200, { tables: [tableOf(columns[known.form], [log, ...rows])] });
};

export const logQueryRoutes: readonly Route[] = [
  {
    method: 'POST',
    pattern: '/v1/workspaces/{workspace}/query',
    audience: 'logs',
    versions: [],
    action: null,
    shapeOnly: 'two queries about a vault’s log are known by heart, any other gets 501',
    handle: answer,
  },
];
