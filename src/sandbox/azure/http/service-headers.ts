import { randomUUID } from 'node:crypto';
import { isVaultHost, vaultOf } from '../key-vault/data-plane-access.ts';
import type { World } from '../world.ts';
import type { Incoming } from './incoming.ts';
import type { Reply } from './reply.ts';

type Headers = Readonly<Record<string, string>>;

const hardening: Headers = {
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
};

/** Returns the client request ID if the caller asks for it. */
const echo = ({ headers }: Incoming): Headers => {
  const id = headers['x-ms-client-request-id'];
  const wanted = String(headers['x-ms-return-client-request-id']).toLowerCase() === 'true';
  return typeof id === 'string' && wanted ? { 'x-ms-client-request-id': id } : {};
};

/** Returns Azure Resource Manager's routing headers: region, time and ID. */
const routing = (now: Date): Headers => {
  const id = randomUUID();
  const at = now
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(/[-:]/g, '');
  return { 'x-ms-correlation-request-id': id, 'x-ms-routing-request-id': `WESTEUROPE:${at}:${id}` };
};

/** A vault's headers (all from memory): its region, and the client request ID even if the caller didn't ask. */
const vaultHeaders = (world: World, incoming: Incoming): Headers => {
  const id = incoming.headers['x-ms-client-request-id'];
  const vault = vaultOf(world, incoming);
  return {
    ...(typeof id === 'string' ? { 'x-ms-client-request-id': id } : {}),
    ...(vault === undefined ? {} : { 'x-ms-keyvault-region': vault.location }),
    'x-ms-keyvault-network-info': `conn_type=Ipv4;addr=${incoming.remoteAddress};act_addr_fam=InterNetwork;`,
  };
};

const isArm = (path: string): boolean => /^\/(subscriptions|providers|tenants)(\/|$)/i.test(path);

/**
 * Adds the service's usual headers to every answer and refusal. `principalId` is null for an unknown caller, which has
 * no quota.
 */
export const withServiceHeaders = (
  world: World,
  incoming: Incoming,
  answer: Reply,
  principalId: string | null,
  now: Date,
): Reply => {
  const atVault = isVaultHost(incoming) || vaultOf(world, incoming) !== undefined;
  if (atVault) return { ...answer, headers: { ...hardening, ...vaultHeaders(world, incoming), ...answer.headers } };
  if (!isArm(incoming.path)) return answer;
  const limits = principalId === null ? {} : world.quotas.armHeaders(incoming, principalId, now);
  const more = { ...hardening, ...limits, ...routing(now), ...echo(incoming) };
  return { ...answer, headers: { ...more, ...answer.headers } };
};
