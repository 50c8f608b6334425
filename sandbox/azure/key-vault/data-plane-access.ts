import { BlockList } from 'node:net';
import { Refusal, reply } from '../../http.ts';
import type { Incoming } from '../http/incoming.ts';
import type { AccessTrace } from '../http/router.ts';
import { type Caller, callerOf, type TokenTexts } from '../identity/tokens.ts';
import type { Vault } from '../state/schema-vaults.ts';
import type { World } from '../world.ts';
import { actionOf, type KeyRight, mayUse, refusalText, type SecretRight, type Use } from './vault-rights.ts';

export interface VaultCall {
  readonly incoming: Incoming;
  readonly world: World;
  readonly vault: Vault;
  readonly caller: Caller;
  readonly now: Date;
  readonly trace: AccessTrace;
  /** The vault's address as the caller used it. */
  readonly base: string;
}

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

export const vaultCaller = async (world: World, incoming: Incoming): Promise<Caller> => {
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
export const requireNetwork = (call: VaultCall): void => {
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

const requireUse = (call: VaultCall, use: Use & { readonly appId: string }): void => {
  const { world, vault, now } = call;
  if (!call.incoming.denied && mayUse(world.state, vault, use, now)) {
    if (vault.enableRbacAuthorization) call.trace.dataActions.add(actionOf(use));
    return;
  }
  throw new Refusal(reply(403, refusalText(world.state, vault, use)));
};

export const requireRight = (call: VaultCall, right: KeyRight, name: string): void =>
  requireUse(call, { ...call.caller, kind: 'keys', name, right });

export const requireSecretRight = (call: VaultCall, right: SecretRight, name: string): void =>
  requireUse(call, { ...call.caller, kind: 'secrets', name, right });

/** Key Vault's error envelope; `innererror` holds the cause. */
export const vaultRefusal = (
  status: number,
  code: string,
  message: string,
  inner?: string,
  headers: Readonly<Record<string, string>> = {},
): Refusal => Refusal.of(status, code, message, inner === undefined ? {} : { innererror: { code: inner } }, headers);

export const badParameter = (message: string): Refusal => vaultRefusal(400, 'BadParameter', message);
