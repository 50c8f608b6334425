/** Key Vault's own hosts: whose request it is, which route it takes, and its row in the vault's log. */

import { BlockList } from 'node:net';
import { Refusal, type Reply, Router } from '../../http.ts';
import { type AccessTrace, notSimulated } from '../http.ts';
import { type Caller, callerOf, type TokenTexts } from '../identity/tokens.ts';
import type { Incoming } from '../incoming.ts';
import type { Vault } from '../state/vaults.ts';
import type { World } from '../world.ts';
import { appliedAssignment, type KeyRight } from './access.ts';
import {
  createKey,
  deleteKey,
  getDeleted,
  getKey,
  importKey,
  purgeKey,
  recoverKey,
  updateKey,
  useKey,
} from './key-operations.ts';
import { getSecret, setSecret } from './secrets.ts';
import { badParameter, type VaultCall, vaultRefusal } from './vault-call.ts';
import { addressOf, rowOf } from './vault-log.ts';

const byHostName = /^([a-z0-9-]+)\.vault\.localhost(?::\d+)?$/i;

/** Returns the vault that a request is for: by its port, or by the host name on the main port. */
export const vaultOf = (world: World, incoming: Incoming): Vault | undefined => {
  const name = byHostName.exec(incoming.host)?.[1]?.toLowerCase();
  return world.state.vaults.find(
    (vault) => vault.port === incoming.localPort || (name !== undefined && vault.name.toLowerCase() === name),
  );
};

export const isVaultHost = (incoming: Incoming): boolean => byHostName.test(incoming.host);

/**
 * The challenge that Microsoft documents.
 * Official clients check that the vault's host ends with the resource's host. Here that is possible only for
 * `<vault>.vault.localhost`, so its resource is its own, with the port.
 */
const challenge = (world: World, incoming: Incoming): Readonly<Record<string, string>> => {
  const resource = isVaultHost(incoming) ? `https://vault.localhost:${incoming.localPort}` : 'https://vault.azure.net';
  const authority = `${world.url}/${world.state.tenantId}`;
  return { 'www-authenticate': `Bearer authorization="${authority}", resource="${resource}"` };
};

/** AKV10000 is recorded; the other numbers are from memory. */
const tokenTexts: TokenTexts<string> = {
  missing: 'AKV10000: Request is missing a Bearer or PoP token.',
  expired: 'AKV10033: Token has expired.',
  invalid: 'AKV10046: Unable to resolve the key used for signature validation.',
  'wrong-audience': 'AKV10022: Invalid audience. Expected https://vault.azure.net, found: {}.',
};

const vaultCaller = async (world: World, incoming: Incoming): Promise<Caller> => {
  const caller = await callerOf(world, incoming, 'vault');
  if ('principalId' in caller) return caller;
  const text = tokenTexts[caller.problem].replace('{}', caller.audience);
  throw vaultRefusal(401, 'Unauthorized', text, undefined, challenge(world, incoming));
};

const inRules = (vault: Vault, address: string): boolean => {
  const family = address.includes(':') ? 'ipv6' : 'ipv4';
  const list = new BlockList();
  for (const rule of vault.networkAcls?.ipRules ?? []) {
    const [network = '', bits] = rule.value.split('/');
    const kind = network.includes(':') ? 'ipv6' : 'ipv4';
    list.addSubnet(network, Number(bits ?? (kind === 'ipv4' ? 32 : 128)), kind);
  }
  return list.check(address, family);
};

/** Real texts (public reports). */
const requireNetwork = (call: VaultCall): void => {
  const { vault, incoming, caller, world } = call;
  if (vault.publicNetworkAccess === 'Disabled') {
    const message =
      'Public network access is disabled and request is not from a trusted service nor via an approved private link.';
    throw vaultRefusal(403, 'Forbidden', message, 'ForbiddenByConnection');
  }
  const denied = vault.publicNetworkAccess === 'SecuredByPerimeter' || vault.networkAcls?.defaultAction === 'Deny';
  if (!denied || inRules(vault, incoming.remoteAddress)) return;
  const message = `Client address is not authorized and caller is not a trusted service.\r\nClient address: ${incoming.remoteAddress}\r\nCaller: appid=${caller.appId};oid=${caller.principalId};iss=https://sts.windows.net/${world.state.tenantId}/\r\nVault: ${vault.name};location=${vault.location}`;
  throw vaultRefusal(403, 'Forbidden', message, 'ForbiddenByFirewall');
};

/** Logs a call to a vault. */
function logCall(
  { world, vault, incoming, caller, now: at }: VaultCall,
  operation: string,
  right: KeyRight,
  status: number,
): void {
  const { principalId, appId } = caller;
  const [, , name = ''] = incoming.path.split('/');
  const use = { principalId, kind: 'keys', name, right } as const;
  const row = rowOf(vault, {
    at,
    operation,
    status,
    id: addressOf(vault, incoming.path),
    uri: incoming.sentUrl,
    address: incoming.remoteAddress,
    claim: { oid: principalId, appid: appId },
    assignmentId: status < 400 ? appliedAssignment(world.state, vault, use, at) : null,
  });
  world.vaultLog.append(row);
}

const dataPlaneVersions = '7.2 7.3 7.4 7.5 7.6-preview.2 7.6 2025-06-01-preview 2025-07-01 2026-04-01'.split(' ');

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

/** Data-plane paths of 7.5 and later. Without a version, an address means the newest one; here only reads can leave it out. */
export const dataPlaneRoutes: readonly VaultRoute[] = [
  at('GET', '/keys/{name}', getKey, 'KeyGet', 'get'),
  at('GET', '/keys/{name}/{version}', getKey, 'KeyGet', 'get'),
  at('PUT', '/keys/{name}', importKey, 'KeyImport', 'import'),
  at('POST', '/keys/{name}/create', createKey, 'KeyCreate', 'create'),
  at('POST', '/keys/{name}/{version}/wrapKey', useKey('wrapKey'), 'KeyWrap', 'wrapKey'),
  at('POST', '/keys/{name}/{version}/unwrapKey', useKey('unwrapKey'), 'KeyUnwrap', 'unwrapKey'),
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
const requireApiVersion = (incoming: Incoming): void => {
  const version = incoming.query.get('api-version');
  if (version === null) throw badParameter('api-version must be specified');
  if (dataPlaneVersions.includes(version)) return;
  throw badParameter(
    `The specified version (${version}) is not recognized. Consider using the latest supported version (2026-04-01).`,
  );
};

/** Serves a request at a vault's own address. Checks in the order of the real service: token, firewall, permission, key. */
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
    requireApiVersion(incoming);
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
