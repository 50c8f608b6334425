/** Log Analytics' query API: `POST /v1/workspaces/ID/query`. In Azure, it has its own address. */
import { z } from 'zod';
import { sameId } from '../arm/ids.ts';
import { holds } from '../arm/rbac.ts';
import { parseBody } from '../http/incoming.ts';
import { Refusal, type Reply, reply } from '../http/reply.ts';
import { type Call, param, type Route } from '../http/router.ts';
import { later, reached } from '../state/latency.ts';
import { callerOf, type KnownQuery, type LogRow, readKnownQuery } from './known-queries.ts';

type Column = readonly [name: string, type: string];
interface Found {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly unknown[])[];
}

const span: readonly Column[] = [
  ['First', 'datetime'],
  ['Last', 'datetime'],
  ['Part', 'string'],
];
const useColumns: readonly Column[] = [
  ...span,
  ['OperationName', 'string'],
  ['HttpStatusCode', 'int'],
  ['TimeGenerated', 'datetime'],
  ['Id', 'string'],
  ['RequestUri', 'string'],
  ['PrincipalId', 'string'],
  ['CallingResource', 'string'],
  ['AppliedAssignmentId', 'string'],
  ['IsAccessPolicyMatch', 'bool'],
];
const userColumns: readonly Column[] = [
  ...span,
  ['PrincipalId', 'string'],
  ['CallingResource', 'string'],
  ['KeyName', 'string'],
  ['KeyVersion', 'string'],
  ['Refused', 'bool'],
];

/** Kusto's `has`: matches whole terms, ignores case. */
const has = (text: string, term: string): boolean =>
  text
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .includes(term.toLowerCase());

/** The rows of the vault, oldest first, and the row with their span. */
function ofVault(query: KnownQuery, rows: readonly LogRow[], empty: readonly unknown[]) {
  const found = rows
    .filter((row) => sameId(row._ResourceId, query.vault))
    .sort((a, b) => (a.TimeGenerated < b.TimeGenerated ? -1 : 1));
  return { found, log: [found[0]?.TimeGenerated ?? null, found.at(-1)?.TimeGenerated ?? null, 'log', ...empty] };
}

function findUses(query: KnownQuery, rows: readonly LogRow[]): Found {
  const { found, log } = ofVault(query, rows, ['', null, null, '', '', '', '', '', null]);
  const firsts = new Map<string, readonly unknown[]>();
  for (const row of found) {
    const { principal, resource } = callerOf(row);
    const matches =
      row.TimeGenerated >= query.since &&
      ['KeyWrap', 'KeyUnwrap'].includes(row.OperationName) &&
      (has(row.Id, query.version) || has(row.RequestUri, query.version)) &&
      (sameId(principal, query.principal) || sameId(resource, query.resource));
    const kind = `${row.OperationName} ${row.HttpStatusCode}`;
    if (!matches || firsts.has(kind)) continue;
    const { OperationName, HttpStatusCode, TimeGenerated, Id, RequestUri, AppliedAssignmentId } = row;
    const call = [OperationName, HttpStatusCode, TimeGenerated, Id, RequestUri, principal, resource];
    firsts.set(kind, [null, null, 'use', ...call, AppliedAssignmentId, row.IsAccessPolicyMatch]);
  }
  return { columns: useColumns, rows: [log, ...firsts.values()] };
}

const operations = ['KeyWrap', 'KeyUnwrap', 'KeyEncrypt', 'KeyDecrypt', 'KeySign'];

/** Who called with keys of the vault, with the first and the last time. */
function findUsers(query: KnownQuery, rows: readonly LogRow[]): Found {
  const { found, log } = ofVault(query, rows, ['', '', '', '', null]);
  const users = new Map<string, readonly unknown[]>();
  for (const row of found) {
    if (row.TimeGenerated < query.since || !operations.includes(row.OperationName)) continue;
    const address = (row.Id.toLowerCase().includes('/keys/') ? row.Id : row.RequestUri).toLowerCase();
    const keyName = /\/keys\/([^/?]+)/.exec(address)?.[1] ?? '';
    const keyVersion = /\/keys\/[^/?]+\/([0-9a-f]{32})/.exec(address)?.[1] ?? '';
    const { principal, resource } = callerOf(row);
    const by = [principal.toLowerCase(), resource.toLowerCase(), keyName, keyVersion, row.HttpStatusCode >= 400];
    const first = users.get(by.join(' '))?.[0] ?? row.TimeGenerated;
    users.set(by.join(' '), [first, row.TimeGenerated, 'user', ...by]);
  }
  return { columns: userColumns, rows: [log, ...users.values()] };
}

const Request = z.strictObject({ query: z.string(), timespan: z.string().optional() });

const refused = (status: number, code: string, message: string, more: object = {}): Refusal =>
  new Refusal(reply(status, { error: { message, code, correlationId: crypto.randomUUID(), ...more } }));

/** Real shape (public reports): the innermost error holds the cause. */
const badQuery = (code: string, message: string): Refusal =>
  refused(400, 'BadArgumentError', 'The request had some invalid properties', {
    innererror: {
      code: 'SemanticError',
      message: 'A semantic error occurred.',
      innererror: { code, message },
    },
  });

const actions = [
  'Microsoft.OperationalInsights/workspaces/query/read',
  'Microsoft.OperationalInsights/workspaces/query/AZKVAuditLogs/read',
];

/**
 * Real code and text (Microsoft's troubleshooting guides of its clients). That an unknown caller gets the same is from
 * memory.
 */
function requireAccess(call: Call): void {
  const { world, caller, incoming, now, trace } = call;
  const id = param(call, 'workspace');
  const workspace = world.state.workspaces.find(({ customerId }) => sameId(customerId, id));
  const may =
    workspace !== undefined &&
    !incoming.denied &&
    actions.every((action) =>
      holds(world.state, { principalId: caller.principalId, kind: 'action', action, scope: workspace.id }, now),
    );
  if (!may) {
    const message = 'The provided credentials have insufficient access to perform the requested operation';
    throw refused(403, 'InsufficientAccessError', message);
  }
  for (const action of actions) trace.action(action);
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

/** Returns the rows that a query finds now: rows arrive late, and only if the vault sends its log. */
function found({ world, now }: Call, timespan: string | undefined): readonly LogRow[] {
  const { sent, since, takesMs, agentsAgoMs } = world.state.settings.logs;
  const { from, to } = readTimespan(timespan);
  if (sent === 'no-table') {
    throw badQuery('SEM0100', "'where' operator: Failed to resolve table or column expression named 'AZKVAuditLogs'");
  }
  if (sent === 'nothing') return [];
  const delay = takesMs ?? world.latency.logs;
  return world.vaultLog
    .all()
    .map((row) =>
      row.Identity.claim.xms_mirid === undefined || agentsAgoMs === 0
        ? row
        : { ...row, TimeGenerated: new Date(Date.parse(row.TimeGenerated) - agentsAgoMs).toISOString() },
    )
    .filter(({ TimeGenerated: at }) => at >= from && at <= to && (since === null || at >= since))
    .filter(({ TimeGenerated: at }) => reached(later(new Date(at), delay), now));
}

const answer = (call: Call): Reply => {
  requireAccess(call);
  const { query, timespan } = parseBody(Request, call.incoming.body, 'BadArgumentError');
  const known = readKnownQuery(query);
  if (known === null) {
    const message =
      'The Azure simulator has two queries (src/sandbox/azure/log-analytics/known-queries.ts), and this is another.';
    console.error('Azure simulator: an unknown query', query);
    throw new Refusal(reply(501, { error: { code: 'NotSimulated', message } }));
  }
  const { columns, rows } = (known.form === 'uses' ? findUses : findUsers)(known, found(call, timespan));
  const table = { name: 'PrimaryResult', columns: columns.map(([name, type]) => ({ name, type })), rows };
  return reply(200, { tables: [table] });
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
