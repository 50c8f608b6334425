/** Runs the known queries over rows of the vaults' logs. */
import { sameId } from '../arm/ids.ts';
import { callerOf, type KnownQuery } from './known-queries.ts';
import type { LogRow } from './vault-log.ts';

type Column = readonly [name: string, type: string];
export interface Found {
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

export function findUses(query: KnownQuery, rows: readonly LogRow[]): Found {
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
export function findUsers(query: KnownQuery, rows: readonly LogRow[]): Found {
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
