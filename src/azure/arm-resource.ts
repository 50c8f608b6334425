/** Reads of one resource of any kind over ARM's generic resource API. */
import { z } from 'zod';
import { type ArmId, ArmId as ArmIdSchema, sameArmId } from '../domain/ids.ts';
import type { ObservedResource } from '../domain/observed.ts';
import type { ResourceKind } from '../domain/ports/resource-kind.ts';
import { type AzureClients, missing } from './azure-clients.ts';
import { type AzureReading, hasOwnIdentity } from './observed-resource.ts';
import { sameSpelling } from './resource-ids.ts';

/** Only the fields in use. The live service returns the type in lower case. */
export const ArmResource = z.object({
  id: ArmIdSchema,
  name: z.string(),
  type: z.string(),
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
  properties: z.looseObject({ provisioningState: z.string().nullish() }).nullish(),
  systemData: z.object({ createdAt: z.date().nullish() }).nullish(),
});
export type ArmResource = z.infer<typeof ArmResource>;

/** Parses a resource. Throws if the answer is of another type. */
function parsed({ arm, nounInFull }: ResourceKind, answer: unknown): ArmResource {
  const schema = ArmResource.refine(({ type }) => type.toLowerCase() === arm.type.toLowerCase(), `not a ${nounInFull}`);
  return schema.parse(answer);
}

/** The generic API needs the id without its first slash, or the URL gets two. */
export const path = (id: ArmId): string => id.slice(1);

const isoOf = (date: Date | null | undefined): string | null =>
  date instanceof Date && !Number.isNaN(date.getTime()) ? date.toISOString() : null;

const observed = (kind: ResourceKind, resource: ArmResource, createdAt: string | null): ObservedResource => ({
  kind: kind.name,
  id: resource.id,
  name: resource.name,
  location: sameSpelling(resource.location),
  createdAt,
  provisioningState: resource.properties?.provisioningState ?? 'unknown',
  systemAssigned: hasOwnIdentity(resource),
  principalId: resource.identity?.principalId ?? null,
  tenantId: resource.identity?.tenantId ?? null,
  userAssignedIds: Object.keys(resource.identity?.userAssignedIdentities ?? {}),
  tags: resource.tags ?? {},
  customerKey: kind.customerKeyIn(resource.properties),
});

const Listed = z.object({ id: z.string(), createdTime: z.date().nullish() });

/** One resource and the clients of the call. */
export interface Target {
  readonly clients: AzureClients;
  readonly subscriptionId: string;
  readonly kind: ResourceKind;
  readonly id: ArmId;
}

/** Reads a resource and its ETag. Throws if there is none. */
export async function readOrThrow({ clients, subscriptionId, kind, id }: Target): Promise<AzureReading<ArmResource>> {
  const answer = { etag: null as string | null };
  const onResponse = ({ headers }: { readonly headers: { get(name: string): string | undefined } }): void => {
    answer.etag = headers.get('etag') ?? null;
  };
  const { resources } = clients.resources(subscriptionId);
  const found = await resources.getById(path(id), kind.arm.apiVersion, { onResponse });
  return { resource: parsed(kind, found), etag: answer.etag };
}

export const read = (target: Target): Promise<AzureReading<ArmResource> | null> =>
  target.clients.nullOn(missing, readOrThrow(target));

/**
 * Reads the creation time from the subscription's resource list with `expand=createdTime`, for resources that don't report it.
 */
async function createdTime({ clients, subscriptionId, kind, id }: Target): Promise<string | null> {
  const filter = `resourceType eq '${kind.arm.type}'`;
  const pages = clients.resources(subscriptionId).resources.list({ filter, expand: 'createdTime' });
  for await (const item of clients.items(pages)) {
    const listed = Listed.parse(item);
    if (sameArmId(listed.id, id)) return isoOf(listed.createdTime);
  }
  return null;
}

/** Converts a resource, with its creation time. */
export async function observe(target: Target, resource: ArmResource): Promise<ObservedResource> {
  return observed(target.kind, resource, isoOf(resource.systemData?.createdAt) ?? (await createdTime(target)));
}
