/** Log Analytics' query API: `POST /v1/workspaces/ID/query`. In Azure, it has its own address. */
import { z } from 'zod';
import { sameId } from '../arm/ids.ts';
import { holds } from '../arm/rbac.ts';
import { parseBody } from '../http/incoming.ts';
import { Refusal, type Reply, reply } from '../http/reply.ts';
import { type Call, param, type Route } from '../http/router.ts';
import { later, reached } from '../state/latency.ts';
import type { LogRow } from './vault-log.ts';

// The only query that is supported.
// A complete Kusto parser would be a product of its own; a partial one would accept what Azure refuses. So this text
// must match, except for its literals. Every other query is refused.

/** `{name}` is a string literal, `{name:time}` a datetime. */
const form = `let VaultLog = AZKVAuditLogs
| where _ResourceId =~ {vault};
VaultLog
| summarize First = min(TimeGenerated), Last = max(TimeGenerated)
| extend Part = 'log'
| union (
    VaultLog
    | where TimeGenerated >= {since:time} and OperationName in ('KeyWrap', 'KeyUnwrap')
    | where Id has {version} or RequestUri has {version}
    | extend Claims = Identity.claim
    | extend PrincipalId = coalesce(tostring(Claims.oid), tostring(Claims['http://schemas.microsoft.com/identity/claims/objectidentifier']))
    | extend CallingResource = tostring(Claims.xms_mirid)
    | where PrincipalId =~ {principal} or CallingResource =~ {resource}
    | summarize arg_min(TimeGenerated, Id, RequestUri, PrincipalId, CallingResource, AppliedAssignmentId, IsAccessPolicyMatch) by OperationName, HttpStatusCode
    | extend Part = 'use'
)
`;

const text = String.raw`'((?:[^'\\\u0000-\u001f]|\\['\\])*)'`;
const time = String.raw`datetime\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)\)`;
const holes = /\{(\w+)(:time)?\}/g;

const names = [...form.matchAll(holes)].map(([, name = '']) => name);
const shape = new RegExp(
  `^${form
    .split(/(\{\w+(?::time)?\})/)
    .map((part) => {
      if (/^\{\w+:time\}$/.test(part)) return time;
      return /^\{\w+\}$/.test(part) ? text : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    })
    .join('')}$`,
);

interface KnownQuery {
  readonly vault: string;
  readonly since: string;
  readonly version: string;
  readonly principal: string;
  readonly resource: string;
}

const unescaped = (literal: string): string => literal.replace(/\\(['\\])/g, '$1');

/** Returns the query's literals. Null for any other query, or if one name has two values. */
function readKnownQuery(query: string): KnownQuery | null {
  const found = shape.exec(query);
  if (found === null) return null;
  const values = new Map<string, string>();
  for (const [index, name] of names.entries()) {
    const value = unescaped(found[index + 1] ?? '');
    if ((values.get(name) ?? value) !== value) return null;
    values.set(name, value);
  }
  const of = (name: string): string => values.get(name) ?? '';
  return {
    vault: of('vault'),
    since: of('since'),
    version: of('version'),
    principal: of('principal'),
    resource: of('resource'),
  };
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
    throw refused(400, 'BadArgumentError', `The timespan ${timespan} is not one that the local Azure reads.`);
  }
  return { from, to };
}

/** Returns the rows that a query finds now: rows arrive late, and only if the vault sends its log. */
function found({ world, now }: Call, timespan: string | undefined): readonly LogRow[] {
  const { sent, since, takesMs } = world.state.settings.logs;
  const { from, to } = readTimespan(timespan);
  if (sent === 'no-table') {
    throw badQuery('SEM0100', "'where' operator: Failed to resolve table or column expression named 'AZKVAuditLogs'");
  }
  if (sent === 'nothing') return [];
  const delay = takesMs ?? world.latency.logs;
  return world.vaultLog
    .all()
    .filter(({ TimeGenerated: at }) => at >= from && at <= to && (since === null || at >= since))
    .filter(({ TimeGenerated: at }) => reached(later(new Date(at), delay), now));
}

const columns = [
  ['First', 'datetime'],
  ['Last', 'datetime'],
  ['Part', 'string'],
  ['OperationName', 'string'],
  ['HttpStatusCode', 'int'],
  ['TimeGenerated', 'datetime'],
  ['Id', 'string'],
  ['RequestUri', 'string'],
  ['PrincipalId', 'string'],
  ['CallingResource', 'string'],
  ['AppliedAssignmentId', 'string'],
  ['IsAccessPolicyMatch', 'bool'],
] as const;

const longOid = 'http://schemas.microsoft.com/identity/claims/objectidentifier';
/** Kusto's `has`: matches whole terms, ignores case. */
const has = (text: string, term: string): boolean =>
  text
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .includes(term.toLowerCase());

function run(query: KnownQuery, rows: readonly LogRow[]): readonly (readonly unknown[])[] {
  const ofVault = rows.filter((row) => sameId(row._ResourceId, query.vault));
  const times = ofVault.map(({ TimeGenerated }) => TimeGenerated).sort();
  const firsts = new Map<string, readonly unknown[]>();
  const byTime = [...ofVault].sort((a, b) => (a.TimeGenerated < b.TimeGenerated ? -1 : 1));
  for (const row of byTime) {
    const { claim } = row.Identity;
    const principal = claim.oid || claim[longOid] || '';
    const resource = claim.xms_mirid ?? '';
    const matches =
      row.TimeGenerated >= query.since &&
      ['KeyWrap', 'KeyUnwrap'].includes(row.OperationName) &&
      (has(row.Id, query.version) || has(row.RequestUri, query.version)) &&
      (sameId(principal, query.principal) || sameId(resource, query.resource));
    const kind = `${row.OperationName} ${row.HttpStatusCode}`;
    if (!matches || firsts.has(kind)) continue;
    const { OperationName, HttpStatusCode, TimeGenerated, Id, RequestUri, AppliedAssignmentId } = row;
    const one = [
      OperationName,
      HttpStatusCode,
      TimeGenerated,
      Id,
      RequestUri,
      principal,
      resource,
      AppliedAssignmentId,
    ];
    firsts.set(kind, [null, null, 'use', ...one, row.IsAccessPolicyMatch]);
  }
  const empty = ['', null, null, '', '', '', '', '', null];
  return [[times[0] ?? null, times.at(-1) ?? null, 'log', ...empty], ...firsts.values()];
}

const answer = (call: Call): Reply => {
  requireAccess(call);
  const { query, timespan } = parseBody(Request, call.incoming.body, 'BadArgumentError');
  const known = readKnownQuery(query);
  if (known === null) {
    const message =
      'The local Azure knows one query by heart (src/sandbox/azure/log-analytics/query-route.ts), and this is another.';
    console.error('local azure: a query that it does not know', query);
    throw new Refusal(reply(501, { error: { code: 'NotSimulated', message } }));
  }
  const rows = run(known, found(call, timespan));
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
    shapeOnly: 'one query about a vault’s log is known by heart, any other gets 501',
    handle: answer,
  },
];
