/**
 * Lists from Azure Resource Graph: fast over many subscriptions, but minutes behind ARM. For selection lists only, never for
 * decisions.
 */
import { z } from 'zod';
import { done } from '../../domain/failure.ts';
import { ArmId } from '../../domain/ids.ts';
import type { Inventory, KeyedResource, ResourceSummary, VaultSummary } from '../../domain/ports/inventory.ts';
import { type KeyPlace, keysNamedIn, type ResourceKind } from '../../domain/resource-kind.ts';
import type { Connection } from '../connection/connection.ts';
import { firewallOf, skuOf } from '../key-vault/vaults.ts';
import { isSearchable, kqlString } from '../kql.ts';
import { listReadable, pageSize, rows } from './resource-graph.ts';
import { sameSpelling, vaultKind } from './resource-ids.ts';

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');
const flag = z
  .boolean()
  .nullish()
  .transform((value) => value === true);

const ResourceRow = z.looseObject({
  id: ArmId,
  name: z.string(),
  location: text,
  resourceGroup: text,
  subscriptionId: z.string(),
});

const VaultRow = z.object({
  id: ArmId,
  name: z.string(),
  location: text,
  tenantId: text,
  vaultUri: text,
  softDelete: flag,
  retentionDays: z.number().nullish(),
  purge: flag,
  rbac: flag,
  pna: text,
  fw: text,
  bypass: text,
  sku: text,
});

const resourcesQuery = (kind: ResourceKind, contains: string, top: number): string =>
  [
    'resources',
    `where type =~ ${kqlString(kind.type.toLowerCase())}`,
    ...(contains === '' ? [] : [`where name contains ${kqlString(contains)}`]),
    `project id, name, location, resourceGroup, subscriptionId, ${keyColumns([kind])}`,
    'order by name asc',
    `limit ${top}`,
  ].join(' | ');

/** Columns with every member of `properties` that a path of these kinds begins with. */
function keyColumns(kinds: readonly KeyPlace[]): string {
  const paths = kinds.flatMap(({ keyAt, with: values, rotatesBy }) => [
    ...keyAt,
    ...Object.keys(values ?? {}),
    ...(rotatesBy ? [rotatesBy] : []),
  ]);
  const roots = new Set(paths.map((path) => path.split('.')[0] ?? ''));
  return [...roots].map((root) => `${root}=properties.${root}`).join(', ');
}

/** Reads the keys of all these kinds at once. */
function keysQuery(kinds: readonly KeyPlace[]): string {
  return [
    'resources',
    `where type in~ (${kinds.map(({ type }) => kqlString(type.toLowerCase())).join(', ')})`,
    `project id, name, type, identity, ${keyColumns(kinds)}`,
    'order by id asc',
  ].join(' | ');
}

const Identity = z.object({
  principalId: z.string().nullish(),
  userAssignedIdentities: z.record(z.string(), z.object({ principalId: z.string().nullish() })).nullish(),
});
const KeyRow = z.looseObject({ id: ArmId, name: z.string(), type: z.string(), identity: z.unknown().optional() });

function identitiesOf(identity: unknown): readonly string[] {
  const { principalId, userAssignedIdentities } = Identity.safeParse(identity).data ?? {};
  const all = [principalId, ...Object.values(userAssignedIdentities ?? {}).map((one) => one.principalId)];
  return all.flatMap((id) => (id ? [id.toLowerCase()] : []));
}

function keyedResourceOf(kinds: readonly KeyPlace[], row: z.infer<typeof KeyRow>): readonly KeyedResource[] {
  const kind = kinds.find(({ type }) => type.toLowerCase() === row.type.toLowerCase());
  if (kind === undefined) return [];
  const { id, name, identity } = row;
  return [{ id, name, kind, ...keysNamedIn(kind, row), identities: identitiesOf(identity) }];
}

const vaultsQuery = [
  'resources',
  `where type =~ ${kqlString(vaultKind.type)}`,
  [
    'project id, name, location, tenantId, vaultUri=tostring(properties.vaultUri)',
    'softDelete=tobool(properties.enableSoftDelete), retentionDays=toint(properties.softDeleteRetentionInDays)',
    'purge=tobool(properties.enablePurgeProtection), rbac=tobool(properties.enableRbacAuthorization)',
    'pna=tostring(properties.publicNetworkAccess), fw=tostring(properties.networkAcls.defaultAction)',
    'bypass=tostring(properties.networkAcls.bypass)',
    'sku=tostring(properties.sku.name)',
  ].join(', '),
  'order by name asc',
].join(' | ');

const summaryOfResource = (kind: ResourceKind, row: z.infer<typeof ResourceRow>): ResourceSummary => ({
  kind: kind.name,
  id: row.id,
  name: row.name,
  location: sameSpelling(row.location),
  resourceGroup: row.resourceGroup,
  subscriptionId: row.subscriptionId,
  underCustomerKey: keysNamedIn(kind, row).customerKey !== null,
});

const summaryOfVault = (row: z.infer<typeof VaultRow>): VaultSummary => ({
  id: row.id,
  name: row.name,
  uri: row.vaultUri,
  location: sameSpelling(row.location),
  tenantId: row.tenantId,
  softDelete: row.softDelete,
  retentionDays: row.retentionDays ?? null,
  purgeProtection: row.purge,
  access: row.rbac ? 'role-assignments' : 'access-policies',
  firewall: firewallOf(row.pna, { defaultAction: row.fw, bypass: row.bypass }),
  sku: skuOf(row.sku),
});

const byName = (a: { readonly name: string }, b: { readonly name: string }): number =>
  a.name.localeCompare(b.name, 'en', { sensitivity: 'base' });

export function graphInventory(connection: Connection, kinds: readonly ResourceKind[]): Inventory {
  const { subscriptions } = connection;
  return {
    kinds,

    resources: (contains, top, of = kinds) =>
      connection.call('listing resources', async (clients) => {
        if (!isSearchable(contains)) return [];
        const limit = Math.max(1, Math.min(Math.trunc(top), pageSize));
        const ofKind = async (kind: ResourceKind): Promise<readonly ResourceSummary[]> => {
          const all = await rows(clients, subscriptions, resourcesQuery(kind, contains, limit), ResourceRow);
          return all.map((row) => summaryOfResource(kind, row));
        };
        return (await Promise.all(of.map(ofKind))).flat().sort(byName).slice(0, limit);
      }),

    async resourceKeys(of) {
      const read = await listReadable(subscriptions, (some) =>
        connection.call('listing what key every resource is under', (clients) =>
          rows(clients, some, keysQuery(of), KeyRow),
        ),
      );
      if (!read.ok) return read;
      const { found, unread } = read.value;
      return done({ resources: found.flatMap((row) => keyedResourceOf(of, row)), unread });
    },

    vaults: (exclude = []) =>
      connection.call('listing vaults', async (clients) => {
        const wanted = subscriptions.filter((id) => !exclude.includes(id));
        const found = await rows(clients, wanted, vaultsQuery, VaultRow);
        return found.map(summaryOfVault).sort(byName);
      }),
  };
}
