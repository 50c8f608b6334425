/**
 * Healthcare agent services over ARM's generic resource API. Not `@azure/arm-healthbot`: version 2.1.0 drops
 * `keyVaultProperties` from what it sends and reports success. Shapes are those of Microsoft.HealthBot 2025-11-01.
 */
import { z } from 'zod';
import { type ArmId, ArmId as ArmIdSchema, sameArmId } from '../domain/ids.ts';
import type { CustomerKey, ObservedResource } from '../domain/observed.ts';
import type { Resources } from '../domain/ports/azure.ts';
import { type Connection, type Line, missing } from './connection.ts';
import { resourceKind, sameSpelling } from './resource-ids.ts';

const apiVersion = '2025-11-01';

const KeyVaultProperties = z.object({
  keyName: z.string().nullish(),
  keyVaultUri: z.string().nullish(),
  keyVersion: z.string().nullish(),
});

/** Only what is used. The type comes back in lower case from the live service. */
const ArmResource = z.object({
  id: ArmIdSchema,
  name: z.string(),
  type: z.string().refine((type) => type.toLowerCase() === resourceKind.type, 'not a healthcare agent service'),
  location: z.string(),
  tags: z.record(z.string(), z.string()).nullish(),
  identity: z
    .object({
      type: z.string().nullish(),
      principalId: z.string().nullish(),
      tenantId: z.string().nullish(),
      userAssignedIdentities: z.record(z.string(), z.unknown()).nullish(),
    })
    .nullish(),
  properties: z
    .object({ provisioningState: z.string().nullish(), keyVaultProperties: KeyVaultProperties.nullish() })
    .nullish(),
  systemData: z.object({ createdAt: z.date().nullish() }).nullish(),
});
type ArmResource = z.infer<typeof ArmResource>;

/** The generic API wants the id without its first slash, else the URL gets two. */
const path = (id: ArmId): string => id.slice(1);

const isoOf = (date: Date | null | undefined): string | null =>
  date instanceof Date && !Number.isNaN(date.getTime()) ? date.toISOString() : null;

/** `SystemAssigned, UserAssigned`: a list in one string. */
const identityTypes = (type: string | null | undefined): readonly string[] =>
  (type ?? '').split(',').map((one) => one.trim().toLowerCase());

/** Under a customer's key when, and only when, a vault address is there: so does Microsoft's built-in policy look at it. */
function customerKeyOf(properties: ArmResource['properties']): CustomerKey | null {
  const key = properties?.keyVaultProperties;
  if (key === null || key === undefined || !key.keyVaultUri) return null;
  return { vaultUri: key.keyVaultUri, keyName: key.keyName ?? '', keyVersion: key.keyVersion || null };
}

const observed = (resource: ArmResource, createdAt: string | null): ObservedResource => ({
  id: resource.id,
  name: resource.name,
  location: sameSpelling(resource.location),
  createdAt,
  provisioningState: resource.properties?.provisioningState ?? 'unknown',
  systemAssigned: identityTypes(resource.identity?.type).includes('systemassigned'),
  principalId: resource.identity?.principalId ?? null,
  tenantId: resource.identity?.tenantId ?? null,
  userAssignedIds: Object.keys(resource.identity?.userAssignedIdentities ?? {}),
  tags: resource.tags ?? {},
  customerKey: customerKeyOf(resource.properties),
});

async function read(line: Line, subscriptionId: string, id: ArmId): Promise<ArmResource | null> {
  const asked = line.resources(subscriptionId).resources.getById(path(id), apiVersion);
  const found = await line.unless(missing, asked);
  return found === null ? null : ArmResource.parse(found);
}

const Listed = z.object({ id: z.string(), createdTime: z.date().nullish() });

/** For agents whose resource does not tell: the subscription's resource list does, when asked to expand `createdTime`. */
async function createdTime(line: Line, subscriptionId: string, id: ArmId): Promise<string | null> {
  const filter = "resourceType eq 'Microsoft.HealthBot/healthBots'";
  const pages = line.resources(subscriptionId).resources.list({ filter, expand: 'createdTime' });
  for await (const item of pages) {
    const listed = Listed.parse(item);
    if (sameArmId(listed.id, id)) return isoOf(listed.createdTime);
  }
  return null;
}

/** Agents as ARM has them. */
export function armResources(connection: Connection): Resources {
  const { pollIntervalMs: updateIntervalInMs } = connection;

  /** PATCH, then poll to the end. The service sends no `Retry-After`, so the interval is ours. */
  const update = async (line: Line, subscriptionId: string, id: ArmId, change: Change): Promise<void> => {
    const { signal: abortSignal } = line.exchange;
    const { resources } = line.resources(subscriptionId);
    const poller = resources.updateById(path(id), apiVersion, change, { updateIntervalInMs, abortSignal });
    await poller.pollUntilDone({ abortSignal });
  };

  return {
    get: (id) =>
      connection.on(resourceKind, id, `reading agent ${nameOf(id)}`, async (line, { subscriptionId }) => {
        const resource = await read(line, subscriptionId, id);
        if (resource === null) return null;
        const createdAt = isoOf(resource.systemData?.createdAt) ?? (await createdTime(line, subscriptionId, id));
        return observed(resource, createdAt);
      }),

    tags: (id) =>
      connection.on(
        resourceKind,
        id,
        `reading the tags of agent ${nameOf(id)}`,
        async (line, { subscriptionId }) => {
          const resource = await read(line, subscriptionId, id);
          return resource === null ? null : (resource.tags ?? {});
        },
        { click: true },
      ),

    enableSystemIdentity: (id) =>
      connection.on(
        resourceKind,
        id,
        `enabling the identity of agent ${nameOf(id)}`,
        async (line, { subscriptionId }) => {
          const asked = line.resources(subscriptionId).resources.getById(path(id), apiVersion);
          const resource = ArmResource.parse(await asked);
          const change = identityChange(resource);
          if (change !== null) await update(line, subscriptionId, id, { identity: change });
          return line.exchange.receipt();
        },
        { operation: true },
      ),

    setCustomerKey: (id, key) =>
      connection.on(
        resourceKind,
        id,
        `setting key ${key.keyName} on agent ${nameOf(id)}`,
        async (line, { subscriptionId }) => {
          await update(line, subscriptionId, id, { properties: { keyVaultProperties: keyVaultPropertiesOf(key) } });
          return line.exchange.receipt();
        },
        { operation: true, restsOnGrant: true },
      ),
  };
}

type Change = { readonly identity: IdentityChange } | { readonly properties: Record<string, unknown> };

interface IdentityChange {
  readonly type: 'SystemAssigned' | 'SystemAssigned, UserAssigned';
  readonly userAssignedIdentities?: Record<string, Record<string, never>>;
}

/**
 * What to send for a system-assigned identity; null when there is one. Naming only `SystemAssigned` would drop the
 * user-assigned ones, so they are sent along: by id, with empty values, since what stands in them is read-only.
 */
function identityChange(resource: ArmResource): IdentityChange | null {
  const types = identityTypes(resource.identity?.type);
  if (types.includes('systemassigned')) return null;
  const ids = Object.keys(resource.identity?.userAssignedIdentities ?? {});
  if (ids.length === 0) return { type: 'SystemAssigned' };
  return {
    type: 'SystemAssigned, UserAssigned',
    userAssignedIdentities: Object.fromEntries(ids.map((one) => [one, {}])),
  };
}

/** Exactly these members. Without `userIdentity` the service uses its system-assigned identity. */
const keyVaultPropertiesOf = (key: CustomerKey): Record<string, string> => ({
  keyName: key.keyName,
  keyVaultUri: key.vaultUri,
  ...(key.keyVersion === null ? {} : { keyVersion: key.keyVersion }),
});

const nameOf = (id: ArmId): string => id.split('/').at(-1) ?? id;
