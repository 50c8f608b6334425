import { Refusal, type Reply, Router } from '../../http.ts';
import type { Incoming } from '../http/incoming.ts';
import { type AccessTrace, notSimulated } from '../http/router.ts';
import { logCall } from '../log-analytics/write-rows.ts';
import type { World } from '../world.ts';
import { badParameter, requireNetwork, type VaultCall, vaultCaller, vaultOf } from './data-plane-access.ts';
import {
  createKey,
  deleteKey,
  getDeleted,
  getKey,
  importKey,
  purgeKey,
  recoverKey,
  updateKey,
} from './data-plane-keys.ts';
import { useKey } from './key-operations.ts';
import { getSecret, setSecret } from './secrets.ts';
import type { KeyRight } from './vault-rights.ts';

const dataPlaneVersions = [
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

/** How calls are in the vault's log: the operation's name ("Key Vault logging"), and the right that it needs. */
type Logged = readonly [operation: string, right: KeyRight];

interface VaultRoute {
  readonly method: string;
  readonly pattern: string;
  readonly handle: (call: VaultCall, name: string, version: string) => Reply | Promise<Reply>;
  /** Missing: by method and path. */
  readonly logged: Logged | undefined;
}

const at = (method: string, pattern: string, handle: VaultRoute['handle'], ...logged: Logged | []): VaultRoute => ({
  method,
  pattern,
  handle,
  logged: logged.length === 0 ? undefined : logged,
});

/**
 * Data-plane paths of 7.5 and later. Without a version, an address means the newest one; here only reads can leave it
 * out.
 */
export const dataPlaneRoutes: readonly VaultRoute[] = [
  at('GET', '/keys/{name}', getKey, 'KeyGet', 'get'),
  at('GET', '/keys/{name}/{version}', getKey, 'KeyGet', 'get'),
  at('PUT', '/keys/{name}', importKey, 'KeyImport', 'import'),
  at('POST', '/keys/{name}/create', createKey, 'KeyCreate', 'create'),
  at('POST', '/keys/{name}/{version}/wrapKey', useKey('wrapKey'), 'KeyWrap', 'wrapKey'),
  at('POST', '/keys/{name}/{version}/unwrapKey', useKey('unwrapKey'), 'KeyUnwrap', 'unwrapKey'),
  at('POST', '/keys/{name}/{version}/sign', useKey('sign'), 'KeySign', 'sign'),
  at('PATCH', '/keys/{name}/{version}', updateKey, 'KeyUpdate', 'update'),
  at('DELETE', '/keys/{name}', deleteKey, 'KeyDelete', 'delete'),
  at('GET', '/deletedkeys/{name}', getDeleted, 'KeyGetDeleted', 'get'),
  at('DELETE', '/deletedkeys/{name}', purgeKey),
  at('POST', '/deletedkeys/{name}/recover', recoverKey),
  at('GET', '/secrets/{name}', getSecret),
  at('GET', '/secrets/{name}/{version}', getSecret),
  at('PUT', '/secrets/{name}', setSecret),
];

const router = new Router(dataPlaneRoutes);

/** Words of operations that aren't simulated. They must not be taken for versions. */
const otherOperations = ['versions', 'rotationpolicy'];

/** Real text (public reports), with the versions served here. */
const requireVersion = (incoming: Incoming): void => {
  const version = incoming.query.get('api-version');
  if (version === null) throw badParameter('api-version must be specified');
  if (dataPlaneVersions.includes(version)) return;
  throw badParameter(
    `The specified version (${version}) is not recognized. Consider using the latest supported version (2026-04-01).`,
  );
};

/**
 * Serves a request at a vault's own address. Checks in the order of the real service: token, firewall, permission, key.
 */
export const serveVault = async (world: World, incoming: Incoming, now: Date, trace: AccessTrace): Promise<Reply> => {
  const vault = vaultOf(world, incoming);
  if (vault === undefined) throw Refusal.of(404, 'VaultNotFound', `Vault not found at ${incoming.host}.`);
  const caller = await vaultCaller(world, incoming);
  trace.principalId = caller.principalId;
  const call: VaultCall = { incoming, world, vault, caller, now, trace, base: `https://${incoming.host}` };
  const { method, path } = incoming;
  const found = router.find(method, path);
  const { name = '', version = '' } = found?.params ?? {};
  const route = otherOperations.includes(version.toLowerCase()) ? undefined : found?.route;
  const [operation, right] = route?.logged ?? [`${method} ${path}`, 'get'];
  const log = (status: number): void => logCall(call, operation, right, status);
  try {
    requireVersion(incoming);
    requireNetwork(call);
    if (route === undefined) throw notSimulated(incoming);
    const answer = await route.handle(call, name, version);
    log(answer.status);
    return answer;
  } catch (error) {
    if (error instanceof Refusal) log(error.reply.status);
    throw error;
  }
};
