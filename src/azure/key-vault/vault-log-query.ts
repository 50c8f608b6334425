/**
 * Queries of a vault's log. Table and columns are those of the Azure Monitor Logs reference, "AZKVAuditLogs". One row has the
 * time span of the vault's rows. The others are the first call of each kind with this version by this identity, so that neither
 * many calls nor other callers displace one.
 * Refusals also have the `ResultType` `Success`, so the status decides. `Identity` holds the token's claims; the object id has
 * a short or a long name.
 */
import { kqlString } from '../kql.ts';

/** Each `{name}` is replaced with a literal. */
const queryWith = (rows: string): string => `let VaultLog = AZKVAuditLogs
| where _ResourceId =~ {vault};
VaultLog
| summarize First = min(TimeGenerated), Last = max(TimeGenerated)
| extend Part = 'log'
| union (
    VaultLog
${rows}
)
`;

const vaultLogQuery = queryWith(`    | where TimeGenerated >= {since} and OperationName in ('KeyWrap', 'KeyUnwrap')
    | where Id has {version} or RequestUri has {version}
    | extend Claims = Identity.claim
    | extend PrincipalId = coalesce(tostring(Claims.oid), tostring(Claims['http://schemas.microsoft.com/identity/claims/objectidentifier']))
    | extend CallingResource = tostring(Claims.xms_mirid)
    | where PrincipalId =~ {principal} or CallingResource =~ {resource}
    | summarize arg_min(TimeGenerated, Id, RequestUri, PrincipalId, CallingResource, AppliedAssignmentId, IsAccessPolicyMatch) by OperationName, HttpStatusCode
    | extend Part = 'use'`);

/** Everyone whose calls with keys of the vault were logged, by key version, with the span of the vault's rows. */
const vaultUsersQuery =
  queryWith(`    | where TimeGenerated >= {since} and OperationName in ('KeyWrap', 'KeyUnwrap', 'KeyEncrypt', 'KeyDecrypt', 'KeySign')
    | extend Claims = Identity.claim
    | extend PrincipalId = tolower(coalesce(tostring(Claims.oid), tostring(Claims['http://schemas.microsoft.com/identity/claims/objectidentifier'])))
    | extend CallingResource = tolower(tostring(Claims.xms_mirid))
    | extend Address = tolower(iff(Id contains '/keys/', Id, RequestUri))
    | extend KeyName = extract('/keys/([^/?]+)', 1, Address), KeyVersion = extract('/keys/[^/?]+/([0-9a-f]{32})', 1, Address)
    | summarize First = min(TimeGenerated), Last = max(TimeGenerated) by PrincipalId, CallingResource, KeyName, KeyVersion, Refused = HttpStatusCode >= 400
    | extend Part = 'user'`);

const maxIdLength = 1_000;

/** `since` is ISO 8601; every other value is a text. */
type Values<Names extends string> = Readonly<Record<Names, string>> & { readonly since: string };

/** Replaces each `{name}` with a literal. Throws on unsafe text. */
function filled(query: string, { since, ...texts }: Values<string>): string {
  const literals: Readonly<Record<string, string>> = {
    ...Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, kqlString(text, maxIdLength)])),
    since: `datetime(${new Date(since).toISOString()})`,
  };
  return query.replaceAll(/\{([a-z]\w*)\}/g, (_, name: string) => {
    const literal = literals[name];
    if (literal === undefined) throw new Error(`the query asks for ${name}, and nothing is known of it`);
    return literal;
  });
}

export const vaultLogQueryFor = (values: Values<'vault' | 'version' | 'principal' | 'resource'>): string =>
  filled(vaultLogQuery, values);
export const vaultUsersQueryFor = (values: Values<'vault'>): string => filled(vaultUsersQuery, values);
