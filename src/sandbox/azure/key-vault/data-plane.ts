import type { AccessTrace } from '../http/access-trace.ts';
import type { Incoming } from '../http/incoming.ts';
import { Refusal, type Reply, reply } from '../http/reply.ts';
import { notSimulated } from '../http/router.ts';
import { logCall } from '../log-analytics/write-rows.ts';
import type { World } from '../world.ts';
import { badParameter, requireNetwork, type VaultCall, vaultCaller, vaultOf } from './data-plane-access.ts';
import { getDeleted, getKey } from './data-plane-reads.ts';
import { createKey, deleteKey, purgeKey, recoverKey, updateKey } from './data-plane-writes.ts';
import { importKey } from './key-import.ts';
import { useKey } from './key-operations.ts';
import { getSecret, setSecret } from './secrets.ts';

export const dataPlaneVersions = [
  '7.2',
  '7.3',
  '7.4',
  '7.5',
  '7.6-preview.2',
  '7.6',
  '2025-06-01-preview',
  '2025-07-01',
  '2026-04-01',
];

interface VaultRoute {
  readonly method: string;
  readonly pattern: string;
  readonly shape: RegExp;
  readonly handle: (call: VaultCall, name: string, version: string) => Reply | Promise<Reply>;
}

const keyName = '(?<name>[^/]+)';
/** Words of operations that aren't simulated. They must not be taken for versions. */
const keyVersion = '(?<version>(?!versions$|rotationpolicy$)[^/]+)';

const at = (method: string, path: string, handle: VaultRoute['handle']): VaultRoute => ({
  method,
  pattern: path,
  shape: new RegExp(`^${path.replace('{name}', keyName).replace('{version}', keyVersion)}$`, 'i'),
  handle,
});

/**
 * Data-plane paths of 7.5 and later. Without a version, an address means the newest one; here only reads can leave it
 * out.
 */
export const dataPlaneRoutes: readonly VaultRoute[] = [
  at('GET', '/keys/{name}', (call, name) => getKey(call, name, '')),
  at('GET', '/keys/{name}/{version}', getKey),
  at('PUT', '/keys/{name}', (call, name) => importKey(call, name)),
  at('POST', '/keys/{name}/create', (call, name) => createKey(call, name)),
  ...(['wrapKey', 'unwrapKey', 'sign'] as const).map((use) =>
    at('POST', `/keys/{name}/{version}/${use}`, (call, name, version) => useKey(call, use, name, version)),
  ),
  at('PATCH', '/keys/{name}/{version}', updateKey),
  at('DELETE', '/keys/{name}', (call, name) => deleteKey(call, name)),
  at('GET', '/deletedkeys/{name}', (call, name) => getDeleted(call, name)),
  at('DELETE', '/deletedkeys/{name}', (call, name) => purgeKey(call, name)),
  at('POST', '/deletedkeys/{name}/recover', (call, name) => recoverKey(call, name)),
  // Clients of secrets request the newest version with a trailing slash.
  at('GET', '/secrets/{name}/?', (call, name) => getSecret(call, name, '')),
  at('GET', '/secrets/{name}/{version}', getSecret),
  at('PUT', '/secrets/{name}', (call, name) => setSecret(call, name)),
];

/** Real text (public reports), with the versions served here. */
const requireVersion = (incoming: Incoming): void => {
  const version = incoming.query.get('api-version');
  if (version === null) throw badParameter('api-version must be specified');
  if (dataPlaneVersions.includes(version)) return;
  throw badParameter(
    `The specified version (${version}) is not recognized. Consider using the latest supported version (2026-04-01).`,
  );
};

const dispatch = (call: VaultCall): Reply | Promise<Reply> => {
  for (const route of dataPlaneRoutes) {
    const groups = route.shape.exec(call.incoming.path)?.groups;
    const fits = route.shape.test(call.incoming.path) && route.method === call.incoming.method;
    if (fits) return route.handle(call, groups?.name ?? '', groups?.version ?? '');
  }
  throw notSimulated(call.incoming);
};

/**
 * Serves a request at a vault's own address. Checks in the order of the real service: token, firewall, permission, key.
 */
export const serveVault = async (world: World, incoming: Incoming, now: Date, trace: AccessTrace): Promise<Reply> => {
  const vault = vaultOf(world, incoming);
  if (vault === undefined)
    return reply(404, { error: { code: 'VaultNotFound', message: `Vault not found at ${incoming.host}.` } });
  const caller = await vaultCaller(world, incoming);
  trace.caller(caller.principalId);
  const call: VaultCall = { incoming, world, vault, caller, now, trace, base: `https://${incoming.host}` };
  const log = (status: number): void => logCall(world, vault, incoming, caller, status, now);
  try {
    requireVersion(incoming);
    requireNetwork(call);
    const answer = await dispatch(call);
    log(answer.status);
    return answer;
  } catch (error) {
    if (error instanceof Refusal) log(error.reply.status);
    throw error;
  }
};
