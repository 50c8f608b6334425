/**
 * Resources of all kinds over ARM's generic resource API; each kind's file in `resources/` has its specifics.
 * `@azure/arm-healthbot` isn't used: version 2.1.0 drops the key from the request and reports success.
 */
import type { GenericResource } from '@azure/arm-resources';
import { z } from 'zod';
import { type ArmId, ArmId as ArmIdSchema, sameArmId } from '../domain/ids.ts';
import { hasFailed, isNamedAlike, type ObservedResource } from '../domain/observed.ts';
import type { ResourceRef } from '../domain/plan.ts';
import type { Resources } from '../domain/ports/azure.ts';
import type { ResourceKind } from '../domain/ports/resource-kind.ts';
import { type AzureClients, type CallKind, missing } from './azure-clients.ts';
import type { Connection } from './connection.ts';
import {
  type AzureReading,
  hasOwnIdentity,
  type IdentityChange,
  identityChange,
  Readings,
  waitUntilShown,
} from './observed-resource.ts';
import { kindIn, lastPart, sameSpelling } from './resource-ids.ts';

/** Only the fields in use. The live service returns the type in lower case. */
const ArmResource = z.object({
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
type ArmResource = z.infer<typeof ArmResource>;

/** Parses a resource. Throws if the answer is of another type. */
function parsed({ arm, nounInFull }: ResourceKind, answer: unknown): ArmResource {
  const schema = ArmResource.refine(({ type }) => type.toLowerCase() === arm.type.toLowerCase(), `not a ${nounInFull}`);
  return schema.parse(answer);
}

/** The generic API needs the id without its first slash, or the URL gets two. */
const path = (id: ArmId): string => id.slice(1);

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
interface Target {
  readonly clients: AzureClients;
  readonly subscriptionId: string;
  readonly kind: ResourceKind;
  readonly id: ArmId;
}

/** Reads a resource and its ETag. Throws if there is none. */
async function readOrThrow({ clients, subscriptionId, kind, id }: Target): Promise<AzureReading<ArmResource>> {
  const answer = { etag: null as string | null };
  const onResponse = ({ headers }: { readonly headers: { get(name: string): string | undefined } }): void => {
    answer.etag = headers.get('etag') ?? null;
  };
  const { resources } = clients.resources(subscriptionId);
  const found = await resources.getById(path(id), kind.arm.apiVersion, { onResponse });
  return { resource: parsed(kind, found), etag: answer.etag };
}

const read = (target: Target): Promise<AzureReading<ArmResource> | null> =>
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

async function readObserved(target: Target, readings: Readings<ArmResource>): Promise<ObservedResource | null> {
  const after = readings.afterChange(target.id);
  const found = after ?? (await read(target));
  if (found === null) return null;
  if (after === null) readings.storeForChange(target.id, found);
  const { resource } = found;
  return observed(target.kind, resource, isoOf(resource.systemData?.createdAt) ?? (await createdTime(target)));
}

interface Update {
  readonly change: Change;
  /** ETag of the read that the change is based on. */
  readonly etag: string | null;
  readonly isShown: (resource: ArmResource) => boolean;
}

interface UpdateContext {
  readonly everyMs: number;
  /** By resource: the ETag that was refused last. */
  readonly refused: Map<ArmId, string>;
  readonly readings: Readings<ArmResource>;
}

/** Returns the read for a change: the one just checked, else a new one. */
const readForChange = async (target: Target, readings: Readings<ArmResource>): Promise<AzureReading<ArmResource>> =>
  readings.forChange(target.id) ?? readOrThrow(target);

/** Stores the SDK's final read of the resource after an operation, for the verification. */
function storeFinalRead(target: Target, answer: unknown, readings: Readings<ArmResource>): void {
  const { data } = ArmResource.safeParse(answer);
  const { last } = target.clients.exchange;
  if (data !== undefined && sameArmId(data.id, target.id) && last?.method === 'GET' && last.status === 200)
    readings.storeAfterChange(target.id, { resource: data, etag: last.header('etag') ?? null });
}

/**
 * Sends a PATCH based on the last read and polls to the end. The service sends no `Retry-After`, so the interval is the bot's.
 * A late duplicate of a write that was repeated and done is refused by its ETag: docs/decisions/0056. If a provider refuses an
 * ETag that it still returns, its ETags are unreliable, and the write is sent without one.
 */
async function update(target: Target, { change, etag, isShown }: Update, context: UpdateContext): Promise<void> {
  const { everyMs, refused, readings } = context;
  const { clients, subscriptionId, kind, id } = target;
  const { signal: abortSignal } = clients.exchange;
  const headers =
    etag === null || refused.get(id) === etag ? {} : { requestOptions: { headers: { 'If-Match': etag } } };
  const options = { updateIntervalInMs: everyMs, abortSignal, ...headers };
  const { resources } = clients.resources(subscriptionId);
  const body: GenericResource = change;
  refused.delete(id);
  readings.clear(id);
  try {
    const poller = resources.updateById(path(id), kind.arm.apiVersion, body, options);
    storeFinalRead(target, await poller.pollUntilDone({ abortSignal }), readings);
  } catch (error) {
    if (etag !== null && clients.exchange.last?.status === 412) refused.set(id, etag);
    throw error;
  }
  await waitUntilShown(clients.exchange, everyMs, async () => {
    readings.clear(id);
    const now = (await read(target))?.resource;
    return now === undefined || hasFailed(now.properties?.provisioningState ?? '') || isShown(now);
  });
}

async function enableIdentity(target: Target, context: UpdateContext): Promise<void> {
  const { resource, etag } = await readForChange(target, context.readings);
  const identity = identityChange(resource);
  if (identity !== null) await update(target, { change: { identity }, etag, isShown: hasOwnIdentity }, context);
}

/** Creates the port over ARM. */
export function armResources(connection: Connection): Resources {
  const { pollIntervalMs, kinds } = connection;
  const readings = new Readings<ArmResource>();
  const context = { everyMs: pollIntervalMs, refused: new Map<ArmId, string>(), readings };

  const on = <T>(
    doing: string,
    { kind: name, id }: ResourceRef,
    work: (target: Target) => Promise<T>,
    call: CallKind = {},
  ) => {
    const kind = kinds.find((one) => one.name === name);
    if (kind === undefined) throw new Error(`${doing} ${id}: kind ${name} is not known`);
    const what = `${doing} ${kind.noun} ${lastPart(id)}`;
    return connection.on(
      kindIn(kind),
      id,
      what,
      (clients, { subscriptionId }) => work({ clients, subscriptionId, kind, id }),
      call,
    );
  };

  return {
    get: (ref) => on('reading', ref, (target) => readObserved(target, readings)),

    tags: (ref) =>
      on(
        'reading the tags of',
        ref,
        async (target) => {
          const found = await read(target);
          return found === null ? null : (found.resource.tags ?? {});
        },
        { click: true },
      ),

    enableSystemIdentity: (ref) =>
      on(
        'enabling the identity of',
        ref,
        async (target) => {
          await enableIdentity(target, context);
          return target.clients.exchange.receipt();
        },
        { operation: true },
      ),

    setCustomerKey: (ref, key) =>
      on(
        `setting key ${key.keyName} on`,
        ref,
        async (target) => {
          const { etag } = await readForChange(target, readings);
          const isShown = ({ properties }: ArmResource): boolean => {
            const shown = target.kind.customerKeyIn(properties);
            return shown !== null && isNamedAlike(shown, key);
          };
          const change = { properties: target.kind.customerKeyBody(key) };
          await update(target, { change, etag, isShown }, context);
          return target.clients.exchange.receipt();
        },
        { operation: true, dependsOnGrant: true },
      ),
  };
}

type Change = { readonly identity: IdentityChange } | { readonly properties: Readonly<Record<string, unknown>> };
