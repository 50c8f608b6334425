/**
 * The queries of a vault's log that are supported. A complete Kusto parser would be a product of its own; a partial one would
 * accept what Azure refuses. So a query must be one of these texts, except for its literals. Every other query is refused.
 */

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
export type KnownQuery = Readonly<typeof noLiterals> & { readonly form: Form };

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
export const readKnownQuery = (query: string): KnownQuery | null => readForm('uses', query) ?? readForm('users', query);
