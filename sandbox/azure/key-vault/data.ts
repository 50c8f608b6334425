/** Key Vault's own hosts: keys, their use, secrets, and the log of all that. */

import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto';
import { BlockList } from 'node:net';
import { z } from 'zod';
import { Refusal, type Reply, Router, reply } from '../../http.ts';
import { agentId, sameId, vaultId } from '../arm/ids.ts';
import { type AccessTrace, notSimulated } from '../http.ts';
import { type Caller, callerOf, type TokenTexts } from '../identity/tokens.ts';
import type { Incoming } from '../incoming.ts';
import type { LogRow } from '../logs.ts';
import type { World } from '../server.ts';
import type { JsonLines } from '../state/files.ts';
import type {
  AgentCall,
  KeyVersion,
  PrivateJwk,
  SecretVersion,
  SimulatorState,
  Vault,
  VaultKey,
  VaultSecret,
} from '../state/schema.ts';
import {
  actionOf,
  appliedAssignment,
  dataPlaneAttributes,
  type KeyRight,
  mayUse,
  refusalText,
  type SecretRight,
  type Use,
  vaultUri,
} from './arm.ts';
import {
  addKey,
  newestVersion,
  newKeyVersion,
  notFoundText,
  publicParts,
  requireDeleted,
  requireKey,
  requireVersion,
  unwrapBytes,
  versionOf,
  wantedVersion,
  wrapBytes,
} from './keys.ts';

interface VaultCall {
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

const requireUse = (call: VaultCall, use: Use & { readonly appId: string }): void => {
  const { world, vault, now } = call;
  if (!call.incoming.denied && mayUse(world.state, vault, use, now)) {
    if (vault.enableRbacAuthorization) call.trace.dataActions.add(actionOf(use));
    return;
  }
  throw new Refusal(reply(403, refusalText(world.state, vault, use)));
};

const requireRight = (call: VaultCall, right: KeyRight, name: string): void =>
  requireUse(call, { ...call.caller, kind: 'keys', name, right });

const requireSecretRight = (call: VaultCall, right: SecretRight, name: string): void =>
  requireUse(call, { ...call.caller, kind: 'secrets', name, right });

/** Key Vault's error envelope; `innererror` holds the cause. */
const vaultRefusal = (
  status: number,
  code: string,
  message: string,
  inner?: string,
  headers: Readonly<Record<string, string>> = {},
): Refusal => Refusal.of(status, code, message, inner === undefined ? {} : { innererror: { code: inner } }, headers);

const badParameter = (message: string): Refusal => vaultRefusal(400, 'BadParameter', message);

// Writes the vaults' log: every call to a vault, and the agents' own calls.

const signatures: Readonly<Record<number, string>> = {
  200: 'OK',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
};

interface LoggedCall {
  readonly at: Date;
  readonly operation: string;
  readonly status: number;
  readonly id: string;
  readonly uri: string;
  readonly address: string;
  readonly claim: Readonly<Record<string, string>>;
  readonly assignmentId: string | null;
}

function rowOf(vault: Vault, { at, operation, status, id, uri, address, claim, assignmentId }: LoggedCall): LogRow {
  const byRole = vault.enableRbacAuthorization;
  const allowed = status < 400;
  return {
    TimeGenerated: at.toISOString(),
    // Log Analytics writes resource IDs in lower case.
    _ResourceId: vaultId(vault).toLowerCase(),
    OperationName: operation,
    ResultType: 'Success',
    ResultSignature: signatures[status] ?? '',
    HttpStatusCode: status,
    Id: id,
    RequestUri: uri,
    CallerIpAddress: address,
    Identity: { claim: { ...claim } },
    // Written as the GUID: a form without hyphens was never seen. How the real log writes it is not documented.
    AppliedAssignmentId: assignmentId ?? '',
    IsRbacAuthorized: byRole ? allowed : null,
    IsAccessPolicyMatch: byRole ? null : allowed,
    TrustedService: '',
  };
}

/** Returns the address of the key version; without a version, the newest. */
function addressOf(vault: Vault, path: string): string {
  const [, kind = '', name = '', version = ''] = path.split('/');
  const base = vaultUri(vault).replace(/\/$/, '');
  if (name === '') return '';
  const newest = vault.keys.find((key) => sameId(key.name, name))?.versions.at(-1)?.version;
  const wanted = /^[0-9a-f]{32}$/i.test(version) ? version : newest;
  return [`${base}/${kind}/${name}`, ...(wanted === undefined ? [] : [wanted])].join('/');
}

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

/** Logs the agents' calls since the last time. If the process ends in between, rows can repeat, as in Azure. */
export function logAgentCalls(state: SimulatorState, log: JsonLines<LogRow>): void {
  const calls = state.agentCalls;
  state.agentCalls = [];
  log.append(
    ...calls.flatMap((call) => {
      const vault = state.vaults.find((one) => sameId(vaultId(one), call.vault));
      return vault === undefined ? [] : [agentRow(vault, call)];
    }),
  );
}

const verbs = { KeyGet: '', KeyWrap: '/wrapkey', KeyUnwrap: '/unwrapkey' } as const;

function agentRow(vault: Vault, call: AgentCall): LogRow {
  const id = `${vaultUri(vault).replace(/\/$/, '')}/keys/${call.keyName}/${call.keyVersion}`;
  const { principalId, agentId: mirid, operation, status, assignmentId } = call;
  return rowOf(vault, {
    at: new Date(call.at),
    operation,
    status,
    id,
    uri: `${id}${verbs[operation]}?api-version=7.4`,
    address: '20.50.0.1',
    claim: { oid: principalId, appid: principalId, xms_mirid: mirid },
    assignmentId,
  });
}

/** Writes the log from before the first start: a call to every vault, and use by agents that have a key. */
export function logPast({ vaults, agents }: SimulatorState, log: JsonLines<LogRow>, now: Date): void {
  const ago = (minutes: number): Date => new Date(now.getTime() - minutes * 60_000);
  const vaultCalls = vaults.map((vault) =>
    rowOf(vault, {
      at: ago(24 * 60),
      operation: 'KeyList',
      status: 200,
      id: '',
      uri: `${vaultUri(vault)}keys?api-version=7.4`,
      address: '20.50.0.2',
      claim: { oid: '50000000-0000-4000-8000-000000000001' },
      assignmentId: null,
    }),
  );
  const used = agents.flatMap((agent) => {
    const { keyVaultProperties: key, identity } = agent.content;
    const vault = vaults.find((one) => key !== null && sameId(vaultUri(one), key.keyVaultUri));
    if (key === null || vault === undefined || identity?.principalId == null) return [];
    const call = { vault: vaultId(vault), keyName: key.keyName, keyVersion: key.keyVersion ?? '', status: 200 };
    const by = { principalId: identity.principalId, agentId: agentId(agent), assignmentId: null };
    return [agentRow(vault, { ...call, ...by, operation: 'KeyUnwrap', at: ago(60).toISOString() })];
  });
  log.append(...vaultCalls, ...used);
}

// Reads and writes keys at a vault's own address.

/** `KeyBundle`: the key as JWK, only its public parts. */
const keyBundle = (call: VaultCall, key: VaultKey, version: KeyVersion) => ({
  key: {
    kid: `${call.base}/keys/${key.name}/${version.version}`,
    kty: version.kty,
    key_ops: version.keyOps,
    ...(version.curve === null ? {} : { crv: version.curve }),
    ...publicParts(version),
  },
  attributes: { ...dataPlaneAttributes(call.vault, version), exportable: false },
  ...(version.tags === null ? {} : { tags: version.tags }),
});

const deletedBundle = (call: VaultCall, key: VaultKey) => {
  const deletedDate = key.deletedAt ?? 0;
  return {
    recoveryId: `${call.base}/deletedkeys/${key.name}`,
    deletedDate,
    scheduledPurgeDate: deletedDate + call.vault.softDeleteRetentionInDays * 86_400,
    ...keyBundle(call, key, newestVersion(key)),
  };
};

/** Reads a key. A disabled key can still be read, but not used. */
const getKey = (call: VaultCall, name: string, version: string): Reply => {
  requireRight(call, 'get', name);
  const key = requireKey(call.vault, name);
  return reply(200, keyBundle(call, key, requireVersion(key, version)));
};

const getDeleted = (call: VaultCall, name: string): Reply => {
  requireRight(call, 'get', name);
  return reply(200, deletedBundle(call, requireDeleted(call.vault, name)));
};

const Tags = z.record(z.string(), z.string()).optional();
const Attributes = z.object({
  enabled: z.boolean().optional(),
  nbf: z.number().int().optional(),
  exp: z.number().int().optional(),
});

const parseVaultBody = <T>(schema: z.ZodType<T>, body: unknown): T => {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw badParameter(`Invalid request body: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
};

const CreateKey = z.object({
  kty: z.enum(['RSA', 'RSA-HSM', 'EC', 'EC-HSM']),
  key_size: z.number().int().optional(),
  crv: z.string().optional(),
  key_ops: z.array(z.string()).optional(),
  attributes: Attributes.optional(),
  tags: Tags,
});

/** Creates a key. A new version inherits nothing from the previous one (from memory). */
const createKey = async (call: VaultCall, name: string): Promise<Reply> => {
  requireRight(call, 'create', name);
  const body = parseVaultBody(CreateKey, call.incoming.body);
  const { key_size: keySize, crv: curve, key_ops: keyOps, ...rest } = body;
  const wanted = wantedVersion({ ...rest, keySize, curve, keyOps });
  const key = await addKey('vault', call.vault, name, wanted, () => newKeyVersion(wanted, call.now));
  return reply(200, keyBundle(call, key, newestVersion(key)));
};

/** The body of `ImportKey` (7.4): a complete key as JWK, including its private part. */
const ImportKey = z.object({
  key: z.looseObject({ kty: z.enum(['RSA', 'RSA-HSM']), key_ops: z.array(z.string()).optional() }),
  Hsm: z.boolean().optional(),
  attributes: Attributes.optional(),
  tags: Tags,
});

function materialOf(sent: Readonly<Record<string, unknown>>): { readonly jwk: PrivateJwk; readonly keySize: number } {
  const jwk: PrivateJwk = { kty: 'RSA' };
  try {
    for (const part of ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi']) jwk[part] = z.string().parse(sent[part]);
    const key = createPublicKey(createPrivateKey({ key: jwk, format: 'jwk' }));
    return { jwk, keySize: key.asymmetricKeyDetails?.modulusLength ?? 0 };
  } catch {
    throw badParameter('The key that was sent is not a whole RSA key.');
  }
}

/** Imports a key: the person who does that knows its private part. Azure shows nowhere that a key was imported. */
const importKey = async (call: VaultCall, name: string): Promise<Reply> => {
  requireRight(call, 'import', name);
  const { key, Hsm, attributes, tags } = parseVaultBody(ImportKey, call.incoming.body);
  const { jwk, keySize } = materialOf(key);
  const kty = Hsm === true ? 'RSA-HSM' : key.kty;
  const wanted = wantedVersion({ kty, keySize, keyOps: key.key_ops, attributes, tags });
  const imported = await addKey('vault', call.vault, name, wanted, () => versionOf(wanted, jwk, call.now));
  return reply(200, keyBundle(call, imported, newestVersion(imported)));
};

const UpdateKey = z.object({ key_ops: z.array(z.string()).optional(), attributes: Attributes.optional(), tags: Tags });

const updateKey = (call: VaultCall, name: string, version: string): Reply => {
  requireRight(call, 'update', name);
  const key = requireKey(call.vault, name);
  const { key_ops: keyOps, attributes, tags } = parseVaultBody(UpdateKey, call.incoming.body);
  const updated = Math.floor(call.now.getTime() / 1000);
  const changed = requireVersion(key, version);
  const given = Object.entries({ keyOps, ...attributes, tags }).filter(([, value]) => value !== undefined);
  Object.assign(changed, Object.fromEntries(given), { updated });
  return reply(200, keyBundle(call, key, changed));
};

/** Deletes a key. With soft delete it can be recovered by name; without, it is lost. */
const deleteKey = (call: VaultCall, name: string): Reply => {
  requireRight(call, 'delete', name);
  const key = requireKey(call.vault, name);
  if (!call.vault.enableSoftDelete) {
    call.vault.keys = call.vault.keys.filter((one) => one !== key);
    return reply(200, keyBundle(call, key, newestVersion(key)));
  }
  key.deletedAt = Math.floor(call.now.getTime() / 1000);
  return reply(200, deletedBundle(call, key));
};

const recoverKey = (call: VaultCall, name: string): Reply => {
  requireRight(call, 'recover', name);
  const key = requireDeleted(call.vault, name);
  key.deletedAt = null;
  return reply(200, keyBundle(call, key, newestVersion(key)));
};

/** Purges a deleted key and frees its name. Not possible with purge protection (text from memory). */
const purgeKey = (call: VaultCall, name: string): Reply => {
  requireRight(call, 'purge', name);
  const key = requireDeleted(call.vault, name);
  if (call.vault.enablePurgeProtection) {
    const text =
      'Operation "purge" is not allowed because purge protection is enabled for this vault. Key Vault service will automatically purge it after the retention period has passed.';
    throw vaultRefusal(403, 'Forbidden', text, 'ForbiddenByPolicy');
  }
  call.vault.keys = call.vault.keys.filter((one) => one !== key);
  return reply(204);
};

const WrapBody = z.object({ alg: z.string(), value: z.string() });

/** Wraps or unwraps bytes with the real key. Values are base64url. */
const useKey =
  (operation: KeyOperation) =>
  (call: VaultCall, name: string, wantedVersion: string): Reply => {
    requireRight(call, operation, name);
    const version = requireVersion(requireKey(call.vault, name), wantedVersion);
    const problem = keyUseProblem(version, operation, call.now);
    if (problem !== null) throw vaultRefusal(403, 'Forbidden', problem.message, problem.innerCode);
    const body = parseVaultBody(WrapBody, call.incoming.body);
    const input = Buffer.from(body.value, 'base64url');
    const work = operation === 'wrapKey' ? wrapBytes : unwrapBytes;
    const output = attempt(() => work(version, body.alg, input));
    if (output === null) throw badParameter(`Key and algorithm '${body.alg}' do not fit together.`);
    return reply(200, { kid: `${call.base}/keys/${name}/${version.version}`, value: output.toString('base64url') });
  };

/** Real text for bytes that don't fit the key (from memory). */
const attempt = (use: () => Buffer | null): Buffer | null => {
  try {
    return use();
  } catch {
    throw badParameter('The parameter is incorrect.');
  }
};

type KeyOperation = 'wrapKey' | 'unwrapKey';

/**
 * Returns why a key can't be used for an operation now, or null.
 * Microsoft's key attributes page: a disabled key can't be used; outside its dates a key doesn't wrap, but
 * still unwraps. Texts after public reports of the same refusals for secrets and keys.
 */
export const keyUseProblem = (key: KeyVersion, operation: KeyOperation, now: Date) => {
  const seconds = now.getTime() / 1000;
  const { enabled, keyOps, nbf, exp } = key;
  const unwraps = operation === 'unwrapKey';
  const problems: readonly (readonly [isIt: boolean, innerCode: string, text: string])[] = [
    [!enabled, 'KeyDisabled', 'allowed on a disabled key'],
    [!keyOps.includes(operation), 'KeyOperationForbidden', 'permitted on this key'],
    [!unwraps && nbf !== null && nbf > seconds, 'KeyNotYetValid', 'allowed on a key that is not yet valid'],
    [!unwraps && exp !== null && exp <= seconds, 'KeyExpired', 'allowed on an expired key'],
  ];
  const [, innerCode, text] = problems.find(([isIt]) => isIt) ?? [];
  if (innerCode === undefined) return null;
  return { innerCode, message: `Operation ${operation} is not ${text}.` };
};

// Reads and sets secrets. The product and its operators use nothing else.

/** "Any sequence of characters … maximum size 25k bytes" (About Azure Key Vault secrets). The text of the refusal is invented. */
const largestValue = 25_600;

const SetSecret = z.object({
  value: z.string(),
  contentType: z.string().nullish(),
  attributes: Attributes.nullish(),
  tags: Tags.nullable(),
});

const secretBundle = ({ base, vault }: VaultCall, { name }: VaultSecret, version: SecretVersion) => ({
  value: version.value,
  id: `${base}/secrets/${name}/${version.version}`,
  ...(version.contentType === null ? {} : { contentType: version.contentType }),
  attributes: dataPlaneAttributes(vault, version),
  ...(version.tags === null ? {} : { tags: version.tags }),
});

const secretOf = ({ vault }: VaultCall, name: string): VaultSecret | undefined =>
  vault.secrets.find((one) => sameId(one.name, name));

/** Reads a secret, also outside its dates; without a version, the newest. Refuses a disabled one (public reports). */
const getSecret = (call: VaultCall, name: string, version: string): Reply => {
  requireSecretRight(call, 'get', name);
  const secret = secretOf(call, name);
  const found = version === '' ? secret?.versions.at(-1) : secret?.versions.find((one) => sameId(one.version, version));
  if (secret === undefined || found === undefined)
    throw vaultRefusal(404, 'SecretNotFound', notFoundText('secret', version === '' ? name : `${name}/${version}`));
  if (!found.enabled) {
    throw vaultRefusal(403, 'Forbidden', 'Operation get is not allowed on a disabled secret.', 'SecretDisabled');
  }
  return reply(200, secretBundle(call, secret, found));
};

/** Sets a secret; a new version if the name exists. */
const setSecret = (call: VaultCall, name: string): Reply => {
  requireSecretRight(call, 'set', name);
  const { value, contentType, attributes, tags } = parseVaultBody(SetSecret, call.incoming.body);
  if (Buffer.byteLength(value) > largestValue) throw badParameter(`The value is longer than ${largestValue} bytes.`);
  const now = Math.floor(call.now.getTime() / 1000);
  const version: SecretVersion = {
    version: randomBytes(16).toString('hex'),
    value,
    contentType: contentType ?? null,
    enabled: attributes?.enabled ?? true,
    nbf: attributes?.nbf ?? null,
    exp: attributes?.exp ?? null,
    created: now,
    updated: now,
    tags: tags ?? null,
  };
  const secret = secretOf(call, name) ?? { name, versions: [] };
  if (secret.versions.length === 0) call.vault.secrets.push(secret);
  secret.versions.push(version);
  return reply(200, secretBundle(call, secret, version));
};

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
