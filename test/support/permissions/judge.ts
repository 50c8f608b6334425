/** Which official rights calls took, and what that says of roles. */
import { z } from 'zod';
import { type Kind, logCalls, logsPath, type OfficialCall, officialCalls, tableRight } from './official-calls.ts';

export interface ServedCall {
  readonly method: string;
  readonly url: string;
  readonly body: unknown;
}

export interface Right {
  readonly kind: Kind;
  readonly name: string;
}

const shapeOf = (path: string): RegExp => {
  const source = path
    .split('/')
    .map((part) => ({ '{}': '[^/]+', '{*}': '(?:.*)' })[part] ?? part.replaceAll('.', '\\.'))
    .join('/');
  return new RegExp(`^${source.replace(/^\(\?:\.\*\)\//, '(?:/.+)?/')}/?$`, 'i');
};

const shaped = officialCalls.map((call) => ({ call, shape: shapeOf(call.path) }));
const logs = shapeOf(logsPath);

export const pathOf = (url: string): string => new URL(url, 'https://azure').pathname.replaceAll(/\/{2,}/g, '/');

const right = ({ kind, right: name }: Pick<OfficialCall, 'kind' | 'right'>): readonly Right[] =>
  name === null ? [] : [{ kind, name }];

const action = (name: string): Right => ({ kind: 'action', name });

const Query = z.object({ query: z.string() });
const Identity = z.object({ identity: z.object({ userAssignedIdentities: z.record(z.string(), z.unknown()) }) });

/** Reading what a query of Azure Resource Graph is of. */
const queried = (body: unknown): readonly Right[] => {
  const { query } = Query.parse(body);
  return [...query.matchAll(/type\s*=~\s*'([\w.]+\/[\w/]+)'/gi)].map(([, type]) => action(`${type}/read`));
};

const asksLogs = (body: unknown): readonly Right[] => {
  const [, table = ''] = /\b(AZKVAuditLogs)\b/.exec(Query.parse(body).query) ?? [];
  return [...logCalls, tableRight(table)].flatMap(right);
};

const assigns = (body: unknown): readonly Right[] => {
  const named = Identity.safeParse(body);
  const some = named.success && Object.keys(named.data.identity.userAssignedIdentities).length > 0;
  return some ? [action('Microsoft.ManagedIdentity/userAssignedIdentities/assign/action')] : [];
};

/** Signing in, addresses and Microsoft Graph, which know other rights. */
const noRoles = /^\/([^/]+\/(oauth2|discovery|v2\.0|\.well-known)\/|metadata\/|v1\.0\/|common\/|organizations\/)/i;

/** What the call takes. Null: no row is about it, or it is no call that roles say anything of. */
export function rightsOf({ method, url, body }: ServedCall): readonly Right[] | 'no roles' | null {
  const path = pathOf(url);
  if (noRoles.test(path)) return 'no roles';
  if (method === 'POST' && /^\/providers\/Microsoft\.ResourceGraph\/resources$/i.test(path)) return queried(body);
  if (method === 'POST' && logs.test(path)) return asksLogs(body);
  const asked = method === 'HEAD' ? 'GET' : method;
  const found = shaped.find(({ call, shape }) => call.method === asked && shape.test(path));
  if (found === undefined) return null;
  const isAgentWrite = /^(PUT|PATCH)$/.test(asked) && /\/healthBots\/[^/]+$/i.test(path);
  return [...right(found.call), ...(isAgentWrite ? assigns(body) : [])];
}

const same = (a: Right, b: Right): boolean => a.kind === b.kind && a.name.toLowerCase() === b.name.toLowerCase();
export const written = ({ kind, name }: Right): string => (kind === 'action' ? name : `data: ${name}`);
const keyOf = (one: Right): string => written(one).toLowerCase();

export interface Verdict {
  /** Calls that roles say something of. */
  readonly calls: number;
  /** What they took, each once. */
  readonly rights: readonly Right[];
  /** Calls that no row of the table is about. */
  readonly unknown: readonly string[];
  /** Rights that were needed and stand in no role, with a call that needs each. */
  readonly lacking: readonly string[];
  /** Rights that stand in a role, and no call needs them. */
  readonly unneeded: readonly string[];
}

/** Holds calls against the rights that the caller's roles give, which have no wildcards. */
export function judge(calls: Iterable<ServedCall>, given: readonly Right[]): Verdict {
  const took = new Map<string, Right & { readonly by: string }>();
  const unknown = new Set<string>();
  let count = 0;
  for (const call of calls) {
    const rights = rightsOf(call);
    if (rights === 'no roles') continue;
    count += 1;
    if (rights === null) unknown.add(`${call.method} ${pathOf(call.url)}`);
    for (const one of rights ?? []) {
      if (!took.has(keyOf(one))) took.set(keyOf(one), { ...one, by: `${call.method} ${pathOf(call.url)}` });
    }
  }
  const rights = [...took.values()];
  return {
    calls: count,
    rights,
    unknown: [...unknown],
    lacking: rights
      .filter((one) => !given.some((other) => same(one, other)))
      .map((one) => `${written(one)} (${one.by})`),
    unneeded: given.filter((one) => !took.has(keyOf(one))).map(written),
  };
}

/** What a role's file gives. */
export const rightsIn = (role: {
  readonly Actions: readonly string[];
  readonly DataActions: readonly string[];
}): readonly Right[] => [
  ...role.Actions.map(action),
  ...role.DataActions.map((name): Right => ({ kind: 'data-action', name })),
];
