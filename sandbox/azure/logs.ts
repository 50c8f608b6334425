/** The activity log, and queries of the vaults' log in Log Analytics. */
import { v5 as uuid } from 'uuid';
import { z } from 'zod';
import { Refusal, type Reply, reply } from '../http.ts';
import { callerHolds } from './arm/authorization.ts';
import { sameId, subscriptionScope, within } from './arm/ids.ts';
import { later, reached } from './fault.ts';
import { armRoutes, type Call, pageOf, param, type Route } from './http.ts';
import { parseBody } from './incoming.ts';
import type { RequestRecord } from './request-log.ts';
import type { SimulatorState } from './state/schema.ts';

// The Activity Log (Microsoft.Insights 2015-04-01): writes to Azure Resource Manager, in the shape of Microsoft's
// "Activity Logs - List". Calls to vaults aren't in it.

/** The patterns of the description that are used. A part that is ignored would change the result. */
const patterns =
  /^eventTimestamp ge '([^']+)' and eventTimestamp le '([^']+)'(?: and (resourceGroupName|resourceUri) eq '([^']+)')?$/;

/** That other filters are refused is Microsoft's; code and text are invented. */
const badFilter = (filter: string) =>
  Refusal.of(400, 'BadRequest', `The filter '${filter}' isn't one that the Activity Log takes.`);

/** People by address, applications by object ID. */
const callerName = ({ users }: SimulatorState, principalId: string): string =>
  users.find(({ id }) => id === principalId)?.mail ?? principalId;

const named = (value: string) => ({ value, localizedValue: value });

/** Clients that put a scope into a path can send two slashes. */
const pathOf = ({ url }: RequestRecord): string => decodeURI(new URL(url).pathname).replace(/^\/+/, '/');

/** The last permission that a write used is the operation. What used none was refused before, and has no event here. */
const operationOf = ({ method, actions }: RequestRecord): string | undefined =>
  /^(PUT|PATCH|DELETE)$/.test(method) ? actions.findLast((action) => /\/(write|delete)$/i.test(action)) : undefined;

/** The ID of a write, in both records of it. It stays the same. */
export const correlationOf = ({ at, method, url }: Pick<RequestRecord, 'at' | 'method' | 'url'>): string =>
  uuid(`${at} ${method} ${url}`, uuid.URL);

function eventOf({ world }: Call, record: RequestRecord, operation: string, submitted: string) {
  const { at, url, principalId, status, clientRequestId } = record;
  const resourceId = pathOf(record);
  const [, , subscriptionId = '', , resourceGroupName = ''] = resourceId.split('/');
  const id = correlationOf(record);
  return {
    id: `${resourceId}/events/${id}/ticks/${Date.parse(at)}`,
    eventDataId: id,
    correlationId: id,
    operationId: id,
    resourceId,
    subscriptionId,
    resourceGroupName,
    tenantId: world.state.tenantId,
    eventTimestamp: at,
    submissionTimestamp: submitted,
    level: 'Informational',
    caller: callerName(world.state, principalId ?? ''),
    operationName: named(operation),
    category: named('Administrative'),
    resourceProviderName: named(operation.split('/')[0] ?? ''),
    status: named(status < 400 ? 'Succeeded' : 'Failed'),
    authorization: { action: operation, scope: resourceId },
    httpRequest: { clientRequestId, method: record.method, uri: url },
  };
}

function listEvents(call: Call): Reply {
  const { world, incoming, now } = call;
  const filter = incoming.query.get('$filter') ?? '';
  const [whole, from = '', to = '', kind, value = ''] = patterns.exec(filter) ?? [];
  if (whole === undefined) throw badFilter(filter);
  const subscription = subscriptionScope(param(call, 'sub'));
  const scope =
    kind === 'resourceGroupName' ? `${subscription}/resourceGroups/${value}` : (kind && value) || subscription;
  const delay = world.state.settings.logs.takesMs ?? world.latency.activityLog;
  const fields = incoming.query.get('$select')?.split(',');
  const found = world.requests.all().flatMap((record) => {
    const operation = operationOf(record);
    const submitted = later(new Date(record.at), delay);
    if (operation === undefined || record.principalId === null || !reached(submitted, now)) return [];
    const isIn = record.at >= from && record.at <= to && within(pathOf(record), scope);
    return isIn ? [eventOf(call, record, operation, submitted)] : [];
  });
  const { value: page, nextLink } = pageOf(call, found.reverse());
  const shown = page.map((event) =>
    fields === undefined ? event : Object.fromEntries(Object.entries(event).filter(([name]) => fields.includes(name))),
  );
  return reply(200, { value: shown, ...(nextLink === undefined ? {} : { nextLink }) });
}

const route = armRoutes(['2015-04-01'], 'Microsoft.Insights/eventtypes/values');
const pattern = '/subscriptions/{sub}/providers/Microsoft.Insights/eventtypes/management/values';

export const activityLogRoutes: readonly Route[] = [route('GET', pattern, 'read', listEvents)];

// The queries of a vault's log that are supported.

// A complete Kusto parser would be a product of its own; a partial one would accept what Azure refuses. So a query must be
// one of these texts, except for its literals. Every other query is refused.

const claims = `extend Claims = Identity.claim`;
const principal = `coalesce(tostring(Claims.oid), tostring(Claims['http://schemas.microsoft.com/identity/claims/objectidentifier']))`;
const head = `let VaultLog = AZKVAuditLogs
| where _ResourceId =~ {vault};
VaultLog
| summarize First = min(TimeGenerated), Last = max(TimeGenerated)
| extend Part = 'log'
`;

/** `{name}` is a string literal, `{name:time}` a datetime. */
const forms = {
  uses: `${head}| union (
    VaultLog
    | where TimeGenerated >= {since:time} and OperationName in ('KeyWrap', 'KeyUnwrap')
    | where Id has {version} or RequestUri has {version}
    | ${claims}
    | extend PrincipalId = ${principal}
    | extend CallingResource = tostring(Claims.xms_mirid)
    | where PrincipalId =~ {principal} or CallingResource =~ {resource}
    | summarize arg_min(TimeGenerated, Id, RequestUri, PrincipalId, CallingResource, AppliedAssignmentId, IsAccessPolicyMatch) by OperationName, HttpStatusCode
    | extend Part = 'use'
)
`,
  users: `${head}| union (
    VaultLog
    | where TimeGenerated >= {since:time} and OperationName in ('KeyWrap', 'KeyUnwrap', 'KeyEncrypt', 'KeyDecrypt', 'KeySign')
    | ${claims}
    | extend PrincipalId = tolower(${principal})
    | extend CallingResource = tolower(tostring(Claims.xms_mirid))
    | extend Address = tolower(iff(Id contains '/keys/', Id, RequestUri))
    | extend KeyName = extract('/keys/([^/?]+)', 1, Address), KeyVersion = extract('/keys/[^/?]+/([0-9a-f]{32})', 1, Address)
    | summarize First = min(TimeGenerated), Last = max(TimeGenerated) by PrincipalId, CallingResource, KeyName, KeyVersion, Refused = HttpStatusCode >= 400
    | extend Part = 'user'
)
`,
} as const;
type Form = keyof typeof forms;

const text = String.raw`'((?:[^'\\\u0000-\u001f]|\\['\\])*)'`;
const time = String.raw`datetime\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)\)`;

function shapeOf(form: string) {
  const names = [...form.matchAll(/\{([a-z]+)(:time)?\}/g)].map(([, name = '']) => name);
  const parts = form.split(/(\{[a-z]+(?::time)?\})/).map((part) => {
    if (/^\{[a-z]+:time\}$/.test(part)) return time;
    return /^\{[a-z]+\}$/.test(part) ? text : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  });
  return { names, shape: new RegExp(`^${parts.join('')}$`) };
}
const shapes = { uses: shapeOf(forms.uses), users: shapeOf(forms.users) };

const noLiterals = { vault: '', since: '', version: '', principal: '', resource: '' };

/** The last three literals are empty for users. */
type KnownQuery = Readonly<typeof noLiterals> & { readonly form: Form };

const unescaped = (literal: string): string => literal.replace(/\\(['\\])/g, '$1');

function readForm(form: Form, query: string): KnownQuery | null {
  const { names, shape } = shapes[form];
  const found = shape.exec(query);
  if (found === null) return null;
  const values = new Map<string, string>();
  for (const [index, name] of names.entries()) {
    const value = unescaped(found[index + 1] ?? '');
    if ((values.get(name) ?? value) !== value) return null;
    values.set(name, value);
  }
  return { ...noLiterals, ...Object.fromEntries(values), form };
}

/** Returns the query's literals. Null for any other query, or if one name has two values. */
const readKnownQuery = (query: string): KnownQuery | null => readForm('uses', query) ?? readForm('users', query);

const longOid = 'http://schemas.microsoft.com/identity/claims/objectidentifier';
/** Who called: object id, and the resource of a managed identity. */
const callerOf = ({ Identity: { claim } }: LogRow) => ({
  principal: claim.oid || claim[longOid] || '',
  resource: claim.xms_mirid ?? '',
});

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

// Log Analytics' query API: `POST /v1/workspaces/ID/query`. In Azure, it has its own address.

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
    const message = 'The Azure simulator has two queries (sandbox/azure/logs.ts), and this is another.';
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
