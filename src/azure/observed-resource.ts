/** A resource as ARM returns it, and a cache of its reads between check and change. */
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { type ArmId, ArmId as ArmIdSchema, sameArmId } from '../domain/ids.ts';
import type { ObservedResource } from '../domain/observed.ts';
import type { ResourceKind } from '../domain/ports/inventory.ts';
import { type AzureClients, missing } from './azure-clients.ts';
import type { Exchange } from './exchange.ts';
import { sameSpelling } from './resource-ids.ts';

/** A resource and its ETag; null: Azure sent none. */
export interface AzureReading<R> {
  readonly resource: R;
  readonly etag: string | null;
}

interface Timed<R> extends AzureReading<R> {
  readonly at: number;
}

/** Maximum age of a cached read. Between check, change and verification there are milliseconds. */
const maxAgeMs = 5_000;

const isFresh = ({ at }: Timed<unknown>): boolean => performance.now() - at < maxAgeMs;

/**
 * Caches reads for the next call. Each read counts against the bot's quota. A change from the judged read is refused by its
 * ETag if the resource changed since (docs/decisions/0056).
 */
export class Readings<R> {
  private readonly judged = new WeakMap<ObservedResource, Timed<R>>();
  private readonly after = new Map<ArmId, Timed<R>>();

  /** Stores the read that the caller judges. Other reads of the resource, such as a form's, don't replace it. */
  storeJudged(judged: ObservedResource, reading: AzureReading<R>): void {
    this.judged.set(judged, { ...reading, at: performance.now() });
  }

  /** Stores the read at the end of a change, for the verification. */
  storeAfterChange(id: ArmId, reading: AzureReading<R>): void {
    this.after.set(id, { ...reading, at: performance.now() });
  }

  /** Returns the judged read for a change. Null: none, too old, or without an ETag, so that Azure couldn't refuse the change. */
  forChange(judged: ObservedResource): AzureReading<R> | null {
    const found = this.judged.get(judged);
    return found !== undefined && found.etag !== null && isFresh(found) ? found : null;
  }

  /** Returns the read at the end of a change, once. */
  afterChange(id: ArmId): AzureReading<R> | null {
    const found = this.after.get(id);
    this.after.delete(id);
    return found !== undefined && isFresh(found) ? found : null;
  }

  /** Clears the read at the end of a change when another begins: an earlier read can't verify it. */
  clear(id: ArmId): void {
    this.after.delete(id);
  }
}

/** Two minutes at the default interval. A change of an agent usually takes 15 to 90 seconds. */
const maxReads = 24;

/**
 * Waits until the resource shows the change, if the last write was accepted without a link to poll. 202 means "not yet", so the
 * first read proves nothing. The caller verifies afterwards. Ends at the call's own deadline.
 */
export async function waitUntilShown(
  { write, signal }: Pick<Exchange, 'write' | 'signal'>,
  everyMs: number,
  isShown: () => Promise<boolean>,
): Promise<void> {
  if (write?.status !== 202) return;
  if (['azure-asyncoperation', 'location'].some((name) => write.header(name))) return;
  for (let reads = 0; reads < maxReads; reads += 1) {
    await pause(everyMs, undefined, { signal });
    if (await isShown()) return;
  }
}

type Resource = Pick<ArmResource, 'identity'>;

export interface IdentityChange {
  readonly type: 'SystemAssigned' | 'SystemAssigned, UserAssigned';
  readonly userAssignedIdentities?: Record<string, Record<string, never>>;
}

/** Returns whether it has a system-assigned identity. `SystemAssigned, UserAssigned` is a list in one string. */
export const hasOwnIdentity = ({ identity }: Resource): boolean =>
  (identity?.type ?? '').split(',').some((one) => one.trim().toLowerCase() === 'systemassigned');

/**
 * Returns the body for a system-assigned identity; null: it exists. `SystemAssigned` alone would drop the user-assigned ones,
 * so they are sent too: by id with empty values, because their contents are read-only.
 */
export function identityChange(resource: Resource): IdentityChange | null {
  if (hasOwnIdentity(resource)) return null;
  const ids = Object.keys(resource.identity?.userAssignedIdentities ?? {});
  if (ids.length === 0) return { type: 'SystemAssigned' };
  return {
    type: 'SystemAssigned, UserAssigned',
    userAssignedIdentities: Object.fromEntries(ids.map((one) => [one, {}])),
  };
}

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

export interface Target {
  readonly clients: AzureClients;
  readonly subscriptionId: string;
  readonly kind: ResourceKind;
  readonly id: ArmId;
}

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

export async function observe(target: Target, resource: ArmResource): Promise<ObservedResource> {
  return observed(target.kind, resource, isoOf(resource.systemData?.createdAt) ?? (await createdTime(target)));
}
