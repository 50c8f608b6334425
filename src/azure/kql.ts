/** Queries in the Kusto query language: texts in them, and the one that looks for the use of a key. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const unprintable = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

const longestName = 256;

/** Whether a text can stand in a query at all. Names of resources have no control characters, so nothing is lost. */
export const isSearchable = (text: string, longest = longestName): boolean =>
  !unprintable.test(text) && text.length <= longest;

/**
 * A string literal that means exactly this text. In single quotes only the backslash and the single quote mean more than
 * themselves (Kusto's reference, "The string data type"). Throws on what {@link isSearchable} refuses.
 */
export function kqlString(text: string, longest = longestName): string {
  if (!isSearchable(text, longest)) throw new RangeError('the text has control characters or is too long');
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

// What is asked of a vault's log, in the Kusto query language: one query, written once. Its table and columns are those of the
// Azure Monitor Logs reference, "AZKVAuditLogs". One row says from when to when the log has rows of the vault; the others are
// the first call of each kind with this version by this identity, so that neither many calls nor other callers push one out.
//
// `ResultType` says `Success` of refusals too, so the status is what counts. `Identity` holds the claims of the token; the
// object id comes under its short name or its long one.

const vaultLogTable = 'AZKVAuditLogs';

/** Each `{name}` stands for a literal. */
export const vaultLogQuery = `let VaultLog = ${vaultLogTable}
| where _ResourceId =~ {vault};
VaultLog
| summarize First = min(TimeGenerated), Last = max(TimeGenerated)
| extend Part = 'log'
| union (
    VaultLog
    | where TimeGenerated >= {since} and OperationName in ('KeyWrap', 'KeyUnwrap')
    | where Id has {version} or RequestUri has {version}
    | extend Claims = Identity.claim
    | extend PrincipalId = coalesce(tostring(Claims.oid), tostring(Claims['http://schemas.microsoft.com/identity/claims/objectidentifier']))
    | extend CallingResource = tostring(Claims.xms_mirid)
    | where PrincipalId =~ {principal} or CallingResource =~ {resource}
    | summarize arg_min(TimeGenerated, Id, RequestUri, PrincipalId, CallingResource, AppliedAssignmentId, IsAccessPolicyMatch) by OperationName, HttpStatusCode
    | extend Part = 'use'
)
`;

interface VaultLogValues {
  readonly vault: string;
  /** ISO 8601. */
  readonly since: string;
  readonly version: string;
  readonly principal: string;
  readonly resource: string;
}

/** Ids of resources are up to as long. */
const longestId = 1_000;

/** The query about these. Throws on what cannot stand in it. */
export function vaultLogQueryFor({ since, ...texts }: VaultLogValues): string {
  const literals: Readonly<Record<string, string>> = {
    ...Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, kqlString(text, longestId)])),
    since: `datetime(${new Date(since).toISOString()})`,
  };
  return vaultLogQuery.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const literal = literals[name];
    if (literal === undefined) throw new Error(`the query asks for ${name}, and nothing is known of it`);
    return literal;
  });
}
