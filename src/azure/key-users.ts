/** Who uses keys: Resource Graph for what resources declare, and role assignments or access policies for who has permission. */

import { z } from 'zod';
import { catchFailure, done, nullIfForbidden, type Outcome, valueOrThrow } from '../domain/failure.ts';
import type { KeyName } from '../domain/ids.ts';
import type { DeclaredUse, KeyUser, ObservedUse } from '../domain/key-impact.ts';
import { type ObservedVault, sameVaultUri } from '../domain/observed.ts';
import type { VaultLog } from '../domain/ports/azure.ts';
import type { KeyUsers } from '../domain/ports/inventory.ts';
import { brief } from './azure-clients.ts';
import type { Connection } from './connection.ts';
import { roleDefinitions } from './control.ts';
import { type Principal, resolveNames } from './directory.ts';
import { holderType, maxAssignments, RoleAssignment, roleIdOf, scopeCovers } from './grants.ts';
import { listReadable, rows } from './inventory.ts';
import { kqlString } from './kql.ts';
import { allowedBy, maybeAllowedBy, permissionsAt } from './permissions.ts';
import { vaultKind } from './resource-ids.ts';

// Where each type of resource names its customer-managed key (resource type definitions, Azure/bicep-types-az,
// 2026-08-20).

interface KeyUserType {
  readonly type: string;
  readonly noun: string;
  /** Paths below `properties`. Each holds an address of a key, an object that names one, or a list of these. */
  readonly at: readonly string[];
}

const of = (type: string, noun: string, ...at: readonly string[]): KeyUserType => ({
  type: `microsoft.${type}`,
  noun,
  at,
});

const keyVaultProperties = 'encryption.keyVaultProperties';
const healthData = 'encryption.customerManagedKeyEncryption.keyEncryptionKeyUrl';

export const keyUserTypes: readonly KeyUserType[] = [
  of('appconfiguration/configurationstores', 'App Configuration store', keyVaultProperties),
  of('automation/automationaccounts', 'Automation account', keyVaultProperties),
  of('batch/batchaccounts', 'Batch account', keyVaultProperties),
  of('cognitiveservices/accounts', 'AI services account', keyVaultProperties),
  of('compute/diskencryptionsets', 'disk encryption set', 'activeKey'),
  of('containerregistry/registries', 'container registry', keyVaultProperties),
  of(
    'databricks/workspaces',
    'Databricks workspace',
    'encryption.entities.managedServices.keyVaultProperties',
    'encryption.entities.managedDisk.keyVaultProperties',
  ),
  of('datafactory/factories', 'data factory', 'encryption'),
  of('dbformysql/flexibleservers', 'MySQL server', 'dataEncryption.primaryKeyURI', 'dataEncryption.geoBackupKeyURI'),
  of(
    'dbforpostgresql/flexibleservers',
    'PostgreSQL server',
    'dataEncryption.primaryKeyURI',
    'dataEncryption.geoBackupKeyURI',
  ),
  of('documentdb/databaseaccounts', 'Cosmos DB account', 'keyVaultKeyUri'),
  of('eventhub/namespaces', 'Event Hubs namespace', keyVaultProperties),
  of('healthbot/healthbots', 'healthcare agent service', 'keyVaultProperties'),
  of('healthcareapis/workspaces/dicomservices', 'DICOM service', healthData),
  of('healthcareapis/workspaces/fhirservices', 'FHIR service', healthData),
  of('kusto/clusters', 'Data Explorer cluster', 'keyVaultProperties'),
  of('machinelearningservices/workspaces', 'Machine Learning workspace', keyVaultProperties),
  of('operationalinsights/clusters', 'Log Analytics cluster', 'keyVaultProperties'),
  of('recoveryservices/vaults', 'Recovery Services vault', keyVaultProperties),
  of('servicebus/namespaces', 'Service Bus namespace', keyVaultProperties),
  of('sql/servers', 'SQL server', 'keyId'),
  of('storage/storageaccounts', 'storage account', 'encryption.keyvaultproperties'),
  of('synapse/workspaces', 'Synapse workspace', 'encryption.cmk.key'),
];

/** Members of `properties` that the paths begin with. */
const keyUserRoots: readonly string[] = [
  ...new Set(keyUserTypes.flatMap(({ at }) => at.map((path) => path.split('.')[0] ?? ''))),
];

interface NamedKey {
  readonly vaultUri: string;
  readonly keyName: string;
  readonly keyVersion: string | null;
}

/** `https://VAULT/keys/NAME/VERSION` */
function fromAddress(address: string): readonly NamedKey[] {
  const [, vaultUri, keyName, keyVersion] = /^(https:\/\/[^/]+)\/keys\/([^/?]+)(?:\/([^/?]+))?/i.exec(address) ?? [];
  return vaultUri === undefined || keyName === undefined ? [] : [{ vaultUri, keyName, keyVersion: keyVersion ?? null }];
}

const Members = z.record(z.string(), z.unknown());
const addresses = ['keyidentifier', 'keyuri', 'keyurl', 'keyvaulturl'];

/** Providers spell the same member in different ways. */
function fromObject(value: unknown): readonly NamedKey[] {
  const members = Object.entries(Members.safeParse(value).data ?? {}).map(([name, one]) => [name.toLowerCase(), one]);
  const text = new Map(members.flatMap(([name, one]) => (typeof one === 'string' ? [[String(name), one]] : [])));
  const address = addresses.map((name) => text.get(name)).find((one) => one);
  if (address !== undefined) return fromAddress(address);
  const vaultUri = text.get('keyvaulturi') ?? text.get('vaultbaseurl');
  const keyName = text.get('keyname');
  return vaultUri && keyName ? [{ vaultUri, keyName, keyVersion: text.get('keyversion') || null }] : [];
}

const keysIn = (value: unknown): readonly NamedKey[] => {
  if (Array.isArray(value)) return value.flatMap(keysIn);
  return typeof value === 'string' ? fromAddress(value) : fromObject(value);
};

const at = (value: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((found, name) => Members.safeParse(found).data?.[name], value);

export const keysNamedBy = (type: string, properties: unknown): readonly NamedKey[] =>
  (keyUserTypes.find((one) => one.type === type.toLowerCase())?.at ?? []).flatMap((path) =>
    keysIn(at(properties, path)),
  );

const query = [
  'resources',
  `where type in~ (${keyUserTypes.map(({ type }) => kqlString(type)).join(', ')})`,
  `project id, name, type, identity, ${keyUserRoots.map((root) => `${root}=properties.${root}`).join(', ')}`,
  'order by id asc',
].join(' | ');

const Identity = z.object({
  principalId: z.string().nullish(),
  userAssignedIdentities: z.record(z.string(), z.object({ principalId: z.string().nullish() })).nullish(),
});
const Row = z.looseObject({ id: z.string(), name: z.string(), type: z.string(), identity: z.unknown().optional() });
type Row = z.infer<typeof Row>;

function identitiesOf(identity: unknown): readonly string[] {
  const { principalId, userAssignedIdentities } = Identity.safeParse(identity).data ?? {};
  const all = [principalId, ...Object.values(userAssignedIdentities ?? {}).map((one) => one.principalId)];
  return all.flatMap((id) => (id ? [id.toLowerCase()] : []));
}

/** A resource with several keys in the vault stands there once for each. */
function usersIn(row: Row, vaultUri: string): readonly KeyUser[] {
  const noun = keyUserTypes.find(({ type }) => type === row.type.toLowerCase())?.noun ?? row.type;
  return keysNamedBy(row.type, row)
    .filter((key) => sameVaultUri(key.vaultUri, vaultUri))
    .map(({ keyName, keyVersion }) => ({
      id: row.id,
      name: row.name,
      noun,
      keyName,
      keyVersion,
      identities: identitiesOf(row.identity),
    }));
}

/** Types that the bot can't read in a subscription; all, where it can't read its permissions either. */
async function hiddenIn(connection: Connection, subscriptionId: string) {
  const read = await connection.call(
    `reading what the bot can read in subscription ${subscriptionId}`,
    async (clients) => allowedBy(await permissionsAt(clients, `/subscriptions/${subscriptionId}`)),
    brief,
  );
  const shown = (type: string): boolean => read.ok && read.value.action(`${type}/read`);
  return { subscriptionId, nouns: keyUserTypes.filter(({ type }) => !shown(type)).map(({ noun }) => noun) };
}

async function declared(
  connection: Connection,
  vault: Pick<ObservedVault, 'name' | 'uri'>,
): Promise<Outcome<DeclaredUse>> {
  const { subscriptions } = connection;
  const doing = `listing what uses ${vault.name}`;
  const read = await listReadable(subscriptions, (some) =>
    connection.call(doing, (clients) => rows(clients, some, query, Row)),
  );
  if (!read.ok) return read;
  const { found, unread } = read.value;
  const seen = subscriptions.filter((id) => !unread.some(({ subscriptionId }) => subscriptionId === id));
  const hidden = await Promise.all(seen.map((id) => hiddenIn(connection, id)));
  return done({
    users: found.flatMap((row) => usersIn(row, vault.uri)),
    unread,
    hidden: hidden.filter(({ nouns }) => nouns.length > 0),
  });
}

const unwrap = 'Microsoft.KeyVault/vaults/keys/unwrap/action';

async function byRole(
  connection: Connection,
  readRoles: ReturnType<typeof roleDefinitions>,
  vault: ObservedVault,
  keyName: KeyName | null,
) {
  const isMeant = (scope: string): boolean =>
    keyName === null
      ? scopeCovers(scope, vault.id) || scopeCovers(vault.id, scope)
      : scopeCovers(scope, `${vault.id}/keys/${keyName}`);
  const listed = await connection.on(
    vaultKind,
    vault.id,
    `reading who has permission to use keys of ${vault.name}`,
    async (clients, { subscriptionId }) => {
      const found: RoleAssignment[] = [];
      const scope = `${vault.id}${keyName === null ? '' : `/keys/${keyName}`}`.slice(1);
      for await (const item of clients.items(
        clients.authorization(subscriptionId).roleAssignments.listForScope(scope),
      )) {
        const assignment = RoleAssignment.parse(item);
        if (isMeant(assignment.scope) && found.length < maxAssignments) found.push(assignment);
      }
      return found;
    },
    brief,
  );
  const assignments = valueOrThrow(listed);
  const roles = await readRoles(vault, [...new Set(assignments.map(roleIdOf))]);
  // A role that can't be read is counted: the list must not be shorter than the truth.
  const uses = assignments.filter((one) => {
    const permissions = roles.get(roleIdOf(one)) ?? null;
    return permissions === null || maybeAllowedBy(permissions).dataAction(unwrap);
  });
  return uses.map((one): Principal => ({ id: one.principalId.toLowerCase(), type: holderType(one) }));
}

const byPolicy = (connection: Connection, vault: ObservedVault) =>
  connection.on(
    vaultKind,
    vault.id,
    `reading the access policies of ${vault.name}`,
    async (clients, { subscriptionId, resourceGroup, name }) => {
      const found = await clients.keyVault(subscriptionId).vaults.get(resourceGroup, name);
      return (found.properties.accessPolicies ?? [])
        .filter(({ permissions }) => (permissions.keys ?? []).some((one) => /^(all|unwrapKey)$/i.test(one)))
        .map(({ objectId }): Principal => ({ id: objectId.toLowerCase(), type: 'unknown' }));
    },
    brief,
  );

/** A managed identity is an app; what else called isn't told. */
async function observed(
  connection: Connection,
  log: VaultLog | null,
  vault: Pick<ObservedVault, 'id' | 'name'>,
  since: string,
): Promise<ObservedUse> {
  if (log === null) return { outcome: 'not-configured' };
  const read = await log.users(vault, since);
  if (!read.ok) return { outcome: 'not-readable', failure: read.failure };
  const { first, last, users, cutShort } = read.value;
  if (cutShort !== null) return { outcome: 'not-readable', failure: cutShort };
  if (first === null || last === null) return { outcome: 'no-rows' };
  const callers = new Map<string, Principal>();
  for (const { principalId: id, resourceId } of users)
    if (id !== null) callers.set(id, { id, type: resourceId === null ? 'unknown' : 'app' });
  const { principals } = await resolveNames(connection, [...callers.values()]);
  const named = new Map(principals.map((one) => [one.id, one]));
  return {
    outcome: 'read',
    first,
    last,
    users: users.map((user) => {
      const { type = 'unknown', name = null, members = null } = named.get(user.principalId ?? '') ?? {};
      return { ...user, type, name, members };
    }),
  };
}

export function armKeyUsers(connection: Connection, log: VaultLog | null): KeyUsers {
  const readRoles = roleDefinitions(connection);
  return {
    observed: (vault, since) => observed(connection, log, vault, since),
    declared: (vault) => declared(connection, vault),
    async holders(vault, keyName) {
      const found =
        vault.access === 'role-assignments'
          ? await catchFailure(() => byRole(connection, readRoles, vault, keyName))
          : await byPolicy(connection, vault);
      if (!found.ok) return nullIfForbidden(found);
      const each = new Map(found.value.map((one) => [one.id, one]));
      const { principals } = await resolveNames(connection, [...each.values()]);
      return done(principals);
    },
  };
}
