/**
 * The one query that is understood here. A reader of the whole Kusto language would be another product, and one of half of it
 * would take what Azure refuses: so the text is known by heart, with its literals left open, and any other is refused.
 */

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

export interface KnownQuery {
  readonly vault: string;
  readonly since: string;
  readonly version: string;
  readonly principal: string;
  readonly resource: string;
}

const unescaped = (literal: string): string => literal.replace(/\\(['\\])/g, '$1');

/** Its literals; null for any other query, and for one that says two things of one name. */
export function readKnownQuery(query: string): KnownQuery | null {
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
