/** Key Vault's resource provider: vaults, access policies and keys over Resource Manager. */

import { z } from 'zod';
import { errorBody, Refusal, type Reply, reply } from '../../http.ts';
import { vaultVersions } from '../arm/api-versions.ts';
import {
  allowedBy,
  deniedBy,
  holds,
  requireSameLocation,
  resourceNotFound,
  type Wanted,
} from '../arm/authorization.ts';
import { keyId, named, plainLocation, sameId, vaultId, vaultType, within } from '../arm/ids.ts';
import { later, reached } from '../fault.ts';
import { armRoutes, type Call, listedIn, pageOf, param, placeOf, type Route } from '../http.ts';
import { Names, parseBody } from '../incoming.ts';
import {
  type AccessPolicy,
  createdBy,
  type KeyPermissions,
  type KeyVersion,
  modifiedBy,
  NetworkAcls,
  type SimulatorState,
  Vault,
  type VaultKey,
} from '../state/schema.ts';
import { addKey, findKey, newestVersion, newKeyVersion, requireKey, requireVersion, wantedVersion } from './keys.ts';

/** With a trailing slash, as Key Vault's resource provider writes it. */
export const vaultUri = (vault: Vault): string => `https://localhost:${vault.port}/`;

const policyBody = (policy: AccessPolicy) => ({
  tenantId: policy.tenantId,
  objectId: policy.objectId,
  ...(policy.applicationId === null ? {} : { applicationId: policy.applicationId }),
  permissions: policy.permissions,
});

/** The vault in ARM's shape. Without purge protection, the field is absent, not false, as in Azure. */
export const vaultBody = (vault: Vault) => ({
  id: vaultId(vault),
  name: vault.name,
  type: vaultType,
  location: vault.location,
  tags: vault.tags,
  systemData: vault.systemData,
  properties: {
    sku: { family: 'A', name: vault.sku },
    tenantId: vault.tenantId,
    ...(vault.networkAcls === null ? {} : { networkAcls: vault.networkAcls }),
    accessPolicies: vault.accessPolicies.map(policyBody),
    enabledForDeployment: false,
    enabledForDiskEncryption: false,
    enabledForTemplateDeployment: false,
    enableSoftDelete: vault.enableSoftDelete,
    ...(vault.enableSoftDelete ? { softDeleteRetentionInDays: vault.softDeleteRetentionInDays } : {}),
    ...(vault.enablePurgeProtection ? { enablePurgeProtection: true } : {}),
    enableRbacAuthorization: vault.enableRbacAuthorization,
    vaultUri: vaultUri(vault),
    provisioningState: 'Succeeded',
    publicNetworkAccess: vault.publicNetworkAccess,
  },
});

/** Attributes of a version of a key or secret. Unset dates are absent. */
const attributesOf = (
  vault: Vault,
  { enabled, nbf, exp, created, updated }: Pick<KeyVersion, 'enabled' | 'nbf' | 'exp' | 'created' | 'updated'>,
) => ({
  enabled,
  ...(nbf === null ? {} : { nbf }),
  ...(exp === null ? {} : { exp }),
  created,
  updated,
  recoveryLevel: recoveryLevel(vault),
});

/** The same at the vault's own address. */
export const dataPlaneAttributes = (vault: Vault, version: Parameters<typeof attributesOf>[1]) => ({
  ...attributesOf(vault, version),
  recoverableDays: vault.enableSoftDelete ? vault.softDeleteRetentionInDays : 0,
});

/** `Recoverable` without `Purgeable` means that purge protection is on. */
const recoveryLevel = (vault: Vault): string => {
  if (!vault.enableSoftDelete) return 'Purgeable';
  return vault.enablePurgeProtection ? 'Recoverable' : 'Recoverable+Purgeable';
};

const PolicyBody = z.strictObject({
  tenantId: z.guid(),
  objectId: z.guid(),
  applicationId: z.guid().nullish(),
  permissions: z.strictObject({ keys: Names, secrets: Names, certificates: Names, storage: Names }),
});
type PolicyBody = z.infer<typeof PolicyBody>;

/** Accepted properties of a PATCH. Read-only ones are ignored. */
const VaultProperties = z.strictObject({
  tenantId: z.guid().optional(),
  sku: z.strictObject({ family: z.string(), name: z.enum(['standard', 'premium']) }).optional(),
  accessPolicies: z.array(PolicyBody).nullish(),
  vaultUri: z.string().nullish(),
  provisioningState: z.string().nullish(),
  hsmPoolResourceId: z.string().nullish(),
  privateEndpointConnections: z.array(z.unknown()).nullish(),
  enabledForDeployment: z.boolean().nullish(),
  enabledForDiskEncryption: z.boolean().nullish(),
  enabledForTemplateDeployment: z.boolean().nullish(),
  enableSoftDelete: z.boolean().nullish(),
  softDeleteRetentionInDays: z.number().int().min(7).max(90).nullish(),
  enableRbacAuthorization: z.boolean().nullish(),
  createMode: z.enum(['default', 'recover']).nullish(),
  enablePurgeProtection: z.boolean().nullish(),
  networkAcls: z
    .object({
      bypass: z.string().nullish(),
      defaultAction: z.enum(['Allow', 'Deny']).nullish(),
      ipRules: NetworkAcls.shape.ipRules.nullish(),
      virtualNetworkRules: NetworkAcls.shape.virtualNetworkRules.nullish(),
    })
    .nullish(),
  publicNetworkAccess: z.enum(['Enabled', 'Disabled', 'SecuredByPerimeter']).nullish(),
});
type VaultProperties = z.infer<typeof VaultProperties>;

const badRequest = (message: string): Refusal => Refusal.of(400, 'BadRequest', message);

/** Real texts (public reports); the last one is from memory. */
const requirePossible = (vault: Vault, wanted: VaultProperties): void => {
  if (wanted.enablePurgeProtection === false) {
    throw badRequest(
      'The property "enablePurgeProtection" cannot be set to false. Enabling the purge protection for a vault is an irreversible action.',
    );
  }
  if (wanted.enableSoftDelete === false && vault.enableSoftDelete) {
    throw badRequest(
      'The property "enableSoftDelete" can be set to false only for creating new vault. Enabling the \'soft delete\' functionality is an irreversible action.',
    );
  }
  const softDelete = vault.enableSoftDelete || wanted.enableSoftDelete === true;
  if (wanted.enablePurgeProtection === true && !softDelete) {
    throw badRequest('The property "enablePurgeProtection" can only be set to true when soft delete is enabled.');
  }
  const days = wanted.softDeleteRetentionInDays;
  if (days !== undefined && days !== null && vault.enableSoftDelete && days !== vault.softDeleteRetentionInDays) {
    throw badRequest('The property "softDeleteRetentionInDays" has been set already and it can\'t be modified.');
  }
};

const newPolicy = (vault: Vault, body: PolicyBody, now: Date, propagation: number): AccessPolicy => {
  if (!sameId(body.tenantId, vault.tenantId)) {
    throw badRequest("An invalid value was provided for 'accessPolicies': the tenant is not the vault's.");
  }
  return {
    tenantId: body.tenantId,
    objectId: body.objectId,
    applicationId: body.applicationId ?? null,
    permissions: body.permissions,
    keysBefore: [],
    effectiveAt: later(now, propagation),
  };
};

export const openAcls: NetworkAcls = {
  bypass: 'AzureServices',
  defaultAction: 'Allow',
  ipRules: [],
  virtualNetworkRules: [],
};

const aclsAfter = ({ networkAcls: before }: Vault, wanted: VaultProperties['networkAcls']): Vault['networkAcls'] => {
  if (wanted === undefined || wanted === null) return before;
  const sent = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined && value !== null));
  return NetworkAcls.parse({ ...openAcls, ...before, ...sent });
};

/** Applies a PATCH or the properties of a PUT. Access policies in it replace the whole list. */
const applyProperties = (vault: Vault, wanted: VaultProperties, now: Date, propagation: number): void => {
  requirePossible(vault, wanted);
  const policies = wanted.accessPolicies;
  if (policies !== undefined && policies !== null) {
    const existing = vault.accessPolicies;
    vault.accessPolicies = policies.map((body) => {
      const policy = newPolicy(vault, body, now, propagation);
      const old = existing.find((one) => sameId(one.objectId, policy.objectId));
      return old === undefined ? policy : { ...policy, keysBefore: old.permissions.keys };
    });
  }
  vault.sku = wanted.sku?.name ?? vault.sku;
  vault.enableSoftDelete = wanted.enableSoftDelete ?? vault.enableSoftDelete;
  vault.softDeleteRetentionInDays = wanted.softDeleteRetentionInDays ?? vault.softDeleteRetentionInDays;
  vault.enablePurgeProtection = wanted.enablePurgeProtection ?? vault.enablePurgeProtection;
  vault.enableRbacAuthorization = wanted.enableRbacAuthorization ?? vault.enableRbacAuthorization;
  vault.networkAcls = aclsAfter(vault, wanted.networkAcls);
  vault.publicNetworkAccess = wanted.publicNetworkAccess ?? vault.publicNetworkAccess;
};

const isNamed = (call: Call) => named(placeOf(call));

const requireVault = (call: Call): Vault => {
  const vault = call.world.state.vaults.find(isNamed(call));
  if (vault === undefined) throw resourceNotFound(call.incoming.path.replace(/(\/vaults\/[^/]+)\/.*$/i, '$1'));
  return vault;
};

const Tags = z.record(z.string(), z.string());

const VaultPatch = z.object({ tags: Tags.optional(), properties: VaultProperties.optional() });

const VaultPut = z.object({ location: z.string(), tags: Tags.optional(), properties: VaultProperties });

const touch = (call: Call, vault: Vault): void => {
  vault.systemData = modifiedBy(vault.systemData, call.caller.appId, call.now);
};

/** Synchronous, as in Azure: the answer shows the changed vault. */
const patchVault = (call: Call): Reply => {
  const vault = requireVault(call);
  const patch = parseBody(VaultPatch, call.incoming.body, 'BadRequest');
  if (patch.properties !== undefined) {
    applyProperties(vault, patch.properties, call.now, call.world.latency.propagation);
  }
  vault.tags = patch.tags ?? vault.tags;
  touch(call, vault);
  return reply(200, vaultBody(vault));
};

const newVault = (call: Call, location: string, properties: VaultProperties): Vault => {
  const { state } = call.world;
  requireFreeName(state, param(call, 'name'));
  const all = [...state.vaults, ...state.deletedVaults.map((one) => one.vault)];
  const n = Math.max(0, ...all.map((one) => one.n)) + 1;
  return Vault.parse({
    n,
    port: state.port + n,
    ...placeOf(call),
    location: plainLocation(location),
    tenantId: properties.tenantId ?? state.tenantId,
    enableSoftDelete: properties.enableSoftDelete ?? undefined,
    softDeleteRetentionInDays: properties.softDeleteRetentionInDays ?? undefined,
    // From version 2026-02-01, new vaults use role assignments by default (Microsoft, 2026-04-10).
    enableRbacAuthorization: (call.incoming.query.get('api-version') ?? '') >= '2026-02-01',
    systemData: createdBy(call.caller.appId, call.now),
  });
};

/** Creates, replaces or recovers a vault. A new vault's address answers from the next request. */
const putVault = (call: Call): Reply => {
  const { state, latency } = call.world;
  const put = parseBody(VaultPut, call.incoming.body, 'BadRequest');
  const existing = state.vaults.find(isNamed(call));
  requireSameLocation(existing, put.location);
  const back = existing === undefined ? recovered(call, put.properties.createMode) : null;
  if (back !== null) {
    touch(call, back);
    return reply(200, vaultBody(back));
  }
  const vault = existing ?? newVault(call, put.location, put.properties);
  applyProperties(vault, put.properties, call.now, latency.propagation);
  vault.tags = put.tags ?? vault.tags;
  touch(call, vault);
  if (existing === undefined) state.vaults.push(vault);
  return reply(existing === undefined ? 201 : 200, vaultBody(vault));
};

const deleteVault = (call: Call): Reply => {
  const { state } = call.world;
  const vault = state.vaults.find(isNamed(call));
  if (vault === undefined) return reply(204);
  softDelete(state, vault, call.now);
  return reply(200);
};

const listVaults = (call: Call): Reply =>
  reply(200, pageOf(call, listedIn(call, call.world.state.vaults).map(vaultBody)));

const vaultRoute = armRoutes(vaultVersions, vaultType);

const inGroup = '/subscriptions/{sub}/resourceGroups/{group}/providers/Microsoft.KeyVault/vaults';

export const vaultRoutes: readonly Route[] = [
  vaultRoute('GET', '/subscriptions/{sub}/providers/Microsoft.KeyVault/vaults', 'read', listVaults),
  vaultRoute('GET', inGroup, 'read', listVaults),
  vaultRoute('GET', `${inGroup}/{name}`, 'read', (call) => reply(200, vaultBody(requireVault(call)))),
  vaultRoute('PATCH', `${inGroup}/{name}`, 'write', patchVault),
  vaultRoute('PUT', `${inGroup}/{name}`, 'write', putVault),
  vaultRoute('DELETE', `${inGroup}/{name}`, 'delete', deleteVault),
];

/** Names are global in Azure; a recoverable vault keeps its name. Real text (public reports). */
const requireFreeName = ({ vaults, deletedVaults }: SimulatorState, name: string): void => {
  if (![...vaults, ...deletedVaults.map(({ vault }) => vault)].some((one) => sameId(one.name, name))) return;
  const message = `The vault name '${name}' is already in use. Vault names are globally unique so it is possible that the name is already taken. If you are sure that the vault name was not taken then it is possible that a vault with the same name was recently deleted but not purged after being placed in a recoverable state. If the vault is in a recoverable state then the vault will need to be purged before reusing the name. For more information on soft delete and purging a vault follow this link https://go.microsoft.com/fwlink/?linkid=2147740.`;
  throw Refusal.of(409, 'VaultAlreadyExists', message);
};

/** Deletes a vault. With soft delete it can be recovered, but without the role assignments below it (Microsoft's page). */
const softDelete = (state: SimulatorState, vault: Vault, now: Date): void => {
  state.vaults = state.vaults.filter((one) => one !== vault);
  state.roleAssignments = state.roleAssignments.filter((one) => !within(one.scope, vaultId(vault)));
  if (vault.enableSoftDelete) state.deletedVaults.push({ vault, deletedAt: now.toISOString() });
};

/**
 * Recovers the deleted vault with this name, if the caller asks for that. Null if there is none and none was requested.
 * Refuses a new vault with the name, with the real text (public reports). The text for a vault that can't be recovered
 * is invented.
 */
const recovered = (call: Call, createMode: string | null | undefined): Vault | null => {
  const { state } = call.world;
  const isIt = isNamed(call);
  const found = state.deletedVaults.find(({ vault }) => isIt(vault));
  if (createMode === 'recover') {
    if (found === undefined) throw Refusal.of(404, 'DeletedVaultNotFound', 'There is no deleted vault to recover.');
    state.deletedVaults = state.deletedVaults.filter((one) => one !== found);
    state.vaults.push(found.vault);
    return found.vault;
  }
  if (found === undefined) return null;
  const message =
    'A vault with the same name already exists in deleted state. You need to either recover or purge existing key vault. Follow this link https://go.microsoft.com/fwlink/?linkid=2149745 for more information on soft delete.';
  throw Refusal.of(409, 'ConflictError', message);
};

const Body = z.object({ properties: z.object({ accessPolicies: z.array(PolicyBody) }) });

type Combine = (a: readonly string[], b: readonly string[]) => readonly string[];

const minus: Combine = (a, b) => a.filter((existing) => !b.some((right) => sameId(existing, right)));

const combinations = new Map<string, Combine>([
  ['add', (a, b) => [...a, ...minus(b, a)]],
  ['remove', minus],
  ['replace', (_, b) => b],
]);

const combine = (a: KeyPermissions, b: KeyPermissions, how: Combine): KeyPermissions => ({
  keys: [...how(a.keys, b.keys)],
  secrets: [...how(a.secrets, b.secrets)],
  certificates: [...how(a.certificates, b.certificates)],
  storage: [...how(a.storage, b.storage)],
});

const isEmpty = (rights: KeyPermissions): boolean => Object.values(rights).every((list) => list.length === 0);

const samePerson = (a: AccessPolicy, b: AccessPolicy): boolean =>
  sameId(a.objectId, b.objectId) && a.applicationId === b.applicationId;

/** Returns the key permissions that are effective now. New ones take effect after the propagation delay. */
const counting = (policy: AccessPolicy, now: Date): readonly string[] =>
  reached(policy.effectiveAt, now) ? policy.permissions.keys : policy.keysBefore;

const change = (vault: Vault, sent: AccessPolicy, how: Combine, now: Date): void => {
  const existing = vault.accessPolicies.find((one) => samePerson(one, sent));
  if (existing === undefined) {
    if (how !== minus) vault.accessPolicies.push(sent);
    return;
  }
  const rights = combine(existing.permissions, sent.permissions, how);
  const grows = minus(rights.keys, existing.permissions.keys).length > 0;
  const before = counting(existing, now);
  existing.permissions = rights;
  existing.keysBefore = before.filter((right) => rights.keys.includes(right));
  if (grows) existing.effectiveAt = sent.effectiveAt;
};

/** Adds, replaces or removes policies by object ID. Policies of other principals don't change. */
const updatePolicies = (call: Call): Reply => {
  const vault = requireVault(call);
  const kind = param(call, 'kind').toLowerCase();
  const how = combinations.get(kind);
  if (how === undefined) {
    throw Refusal.of(400, 'BadRequest', `The operation kind '${kind}' is not add, replace or remove.`);
  }
  const { properties } = parseBody(Body, call.incoming.body, 'BadRequest');
  const policies = properties.accessPolicies.map((one) =>
    newPolicy(vault, one, call.now, call.world.latency.propagation),
  );
  for (const policy of policies) change(vault, policy, how, call.now);
  vault.accessPolicies = vault.accessPolicies.filter((one) => !isEmpty(one.permissions));
  return reply(200, {
    id: `${vaultId(vault)}/accessPolicies/`,
    type: 'Microsoft.KeyVault/vaults/accessPolicies',
    properties: { accessPolicies: vault.accessPolicies.map(policyBody) },
  });
};

const policyRoute = armRoutes(vaultVersions, 'Microsoft.KeyVault/vaults/accessPolicies');
const pattern =
  '/subscriptions/{sub}/resourceGroups/{group}/providers/Microsoft.KeyVault/vaults/{name}/accessPolicies/{kind}';

export const accessPolicyRoutes: readonly Route[] = [policyRoute('PUT', pattern, 'write', updatePolicies)];

/** List entries have only dates and addresses; type, size and operations are in the single key (2023-07-01 examples). */
const listedBody = (vault: Vault, key: VaultKey, version: KeyVersion) => ({
  id: keyId(vault, key.name),
  name: key.name,
  type: 'Microsoft.KeyVault/vaults/keys',
  location: vault.location,
  ...(version.tags === null ? {} : { tags: version.tags }),
  properties: {
    attributes: attributesOf(vault, version),
    keyUri: `${vaultUri(vault)}keys/${key.name}`,
    keyUriWithVersion: `${vaultUri(vault)}keys/${key.name}/${version.version}`,
  },
});

const keyBody = (vault: Vault, key: VaultKey, version: KeyVersion) => {
  const listed = listedBody(vault, key, version);
  return {
    ...listed,
    properties: {
      ...listed.properties,
      kty: version.kty,
      keyOps: version.keyOps,
      ...(version.keySize === null ? {} : { keySize: version.keySize }),
      ...(version.curve === null ? {} : { curveName: version.curve }),
    },
  };
};

const asVersion = (vault: Vault, key: VaultKey, version: KeyVersion, body: ReturnType<typeof listedBody>) => ({
  ...body,
  id: `${keyId(vault, key.name)}/versions/${version.version}`,
  name: version.version,
  type: 'Microsoft.KeyVault/vaults/keys/versions',
});

const getKey = (call: Call): Reply => {
  const vault = requireVault(call);
  const key = requireKey(vault, param(call, 'key'));
  return reply(200, keyBody(vault, key, newestVersion(key)));
};

const listKeys = (call: Call): Reply => {
  const vault = requireVault(call);
  const value = vault.keys
    .filter((key) => key.deletedAt === null)
    .map((key) => listedBody(vault, key, newestVersion(key)));
  return reply(200, pageOf(call, value));
};

const listVersions = (call: Call): Reply => {
  const vault = requireVault(call);
  const key = requireKey(vault, param(call, 'key'));
  const value = key.versions.map((one) => asVersion(vault, key, one, listedBody(vault, key, one)));
  return reply(200, pageOf(call, value));
};

const getVersion = (call: Call): Reply => {
  const vault = requireVault(call);
  const key = requireKey(vault, param(call, 'key'));
  const version = requireVersion(key, param(call, 'version'));
  return reply(200, asVersion(vault, key, version, keyBody(vault, key, version)));
};

const CreateKey = z.strictObject({
  tags: z.record(z.string(), z.string()).nullish(),
  properties: z.strictObject({
    kty: z.enum(['RSA', 'RSA-HSM', 'EC', 'EC-HSM']).optional(),
    keySize: z.number().int().nullish(),
    curveName: z.string().nullish(),
    keyOps: z.array(z.string()).nullish(),
    attributes: z
      .strictObject({
        enabled: z.boolean().nullish(),
        nbf: z.number().int().nullish(),
        exp: z.number().int().nullish(),
        exportable: z.boolean().nullish(),
      })
      .nullish(),
  }),
});

/** Creates a key. An existing key is returned unchanged, whatever the body says. */
const createKey = async (call: Call): Promise<Reply> => {
  const vault = requireVault(call);
  const name = param(call, 'key');
  const existing = findKey(vault, name);
  if (existing !== undefined) return reply(200, keyBody(vault, existing, newestVersion(existing)));
  const { tags, properties } = parseBody(CreateKey, call.incoming.body, 'BadRequest');
  const { kty = 'RSA', keySize, curveName: curve, keyOps, attributes } = properties;
  const wanted = wantedVersion({ kty, keySize, curve, keyOps, attributes, tags });
  const key = await addKey('arm', vault, name, wanted, () => newKeyVersion(wanted, call.now));
  return reply(200, keyBody(vault, key, newestVersion(key)));
};

const keyRoute = armRoutes(vaultVersions, 'Microsoft.KeyVault/vaults/keys');
const keys = '/subscriptions/{sub}/resourceGroups/{group}/providers/Microsoft.KeyVault/vaults/{name}/keys';

export const vaultKeyRoutes: readonly Route[] = [
  keyRoute('GET', keys, 'read', listKeys),
  keyRoute('GET', `${keys}/{key}`, 'read', getKey),
  keyRoute('PUT', `${keys}/{key}`, 'write', createKey),
  keyRoute('GET', `${keys}/{key}/versions`, 'versions/read', listVersions),
  keyRoute('GET', `${keys}/{key}/versions/{version}`, 'versions/read', getVersion),
];

/** Key permissions of access policies, with the matching data actions of role definitions. */
export const dataActions = {
  get: 'Microsoft.KeyVault/vaults/keys/read',
  create: 'Microsoft.KeyVault/vaults/keys/create/action',
  import: 'Microsoft.KeyVault/vaults/keys/import/action',
  update: 'Microsoft.KeyVault/vaults/keys/update/action',
  delete: 'Microsoft.KeyVault/vaults/keys/delete',
  purge: 'Microsoft.KeyVault/vaults/keys/purge/action',
  recover: 'Microsoft.KeyVault/vaults/keys/recover/action',
  wrapKey: 'Microsoft.KeyVault/vaults/keys/wrap/action',
  unwrapKey: 'Microsoft.KeyVault/vaults/keys/unwrap/action',
} as const;

export type KeyRight = keyof typeof dataActions;

/** The same for secrets. */
export const secretActions = {
  get: 'Microsoft.KeyVault/vaults/secrets/getSecret/action',
  set: 'Microsoft.KeyVault/vaults/secrets/setSecret/action',
} as const;

export type SecretRight = keyof typeof secretActions;

/** A use of one key or secret. */
export type Use = { readonly principalId: string; readonly name: string } & (
  | { readonly kind: 'keys'; readonly right: KeyRight }
  | { readonly kind: 'secrets'; readonly right: SecretRight }
);

export const actionOf = (use: Use): string => (use.kind === 'keys' ? dataActions[use.right] : secretActions[use.right]);

/** Returns the permissions that the policy grants now. New ones take effect after a delay. */
const rightsOf = (
  { effectiveAt, permissions, keysBefore }: AccessPolicy,
  { kind }: Use,
  now: Date,
): readonly string[] => (reached(effectiveAt, now) ? permissions[kind] : kind === 'keys' ? keysBefore : []);

const policyAllows = (vault: Vault, use: Use, now: Date): boolean =>
  vault.accessPolicies.some(
    (policy) =>
      sameId(policy.objectId, use.principalId) &&
      rightsOf(policy, use, now).some((right) => sameId(right, use.right) || sameId(right, 'all')),
  );

const scopeOfUse = (vault: Vault, { kind, name }: Use): string => `${vaultId(vault)}/${kind}/${name}`;

const wantedBy = (vault: Vault, use: Use): Wanted => ({
  principalId: use.principalId,
  kind: 'data-action',
  action: actionOf(use),
  scope: scopeOfUse(vault, use),
});

/** Returns true if the vault allows this use now: by role assignments or access policies, whichever the vault uses. */
export const mayUse = (state: SimulatorState, vault: Vault, use: Use, now: Date): boolean =>
  vault.enableRbacAuthorization ? holds(state, wantedBy(vault, use), now) : policyAllows(vault, use, now);

/** Returns the name of the role assignment that allows this use. Null on a vault with access policies. */
export const appliedAssignment = (state: SimulatorState, vault: Vault, use: Use, now: Date): string | null =>
  vault.enableRbacAuthorization ? (allowedBy(state, wantedBy(vault, use), now)?.name ?? null) : null;

const callerText = (state: SimulatorState, use: Use & { readonly appId: string }): string =>
  `appid=${use.appId};oid=${use.principalId};iss=https://sts.windows.net/${state.tenantId}/`;

/** Key Vault's refusal, with its real text (public reports and recordings of the official client libraries). */
export const refusalText = (state: SimulatorState, vault: Vault, use: Use & { readonly appId: string }) => {
  const caller = callerText(state, use);
  const where = `${vault.name};location=${vault.location}`;
  if (!vault.enableRbacAuthorization) {
    const message = `The user, group or application '${caller}' does not have ${use.kind} ${use.right.toLowerCase()} permission on key vault '${where}'. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125287`;
    return errorBody('Forbidden', message, { innererror: { code: 'AccessDenied' } });
  }
  // It is unknown how Azure's text differs for a deny assignment, except for its ID.
  const denied = deniedBy(state, wantedBy(vault, use));
  const message = `Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role definitions were changed recently, please observe propagation time.\r\nCaller: ${caller}\r\nAction: '${actionOf(use)}'\r\nResource: '${scopeOfUse(vault, use).toLowerCase()}'\r\nAssignment: (not found)\r\nDenyAssignmentId: ${denied === undefined ? 'null' : `'${denied.name}'`}\r\nDecisionReason: 'DeniedWithNoValidRBAC' \r\nVault: ${where}\r\n`;
  return errorBody('Forbidden', message, { innererror: { code: 'ForbiddenByRbac' } });
};
