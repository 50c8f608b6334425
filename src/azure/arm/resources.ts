/**
 * Resources of all kinds over ARM's generic resource API; each kind's file in `resources/` has its specifics.
 * `@azure/arm-healthbot` isn't used: version 2.1.0 drops the key from the request and reports success.
 */

import { setTimeout as pause } from 'node:timers/promises';
import type { GenericResource } from '@azure/arm-resources';
import { z } from 'zod';
import { botFailure, failed, type Outcome, type Receipt } from '../../domain/failure.ts';
import { type ArmId, ArmId as ArmIdSchema, sameArmId } from '../../domain/ids.ts';
import {
  type CustomerKey,
  hasFailed,
  isNamedAlike,
  isUnchangedKey,
  type ObservedResource,
  replacedSince,
} from '../../domain/observed.ts';
import type { ResourceRef } from '../../domain/plan.ts';
import type { Resources } from '../../domain/ports/azure.ts';
import { customerKeyBody, customerKeyIn, type ResourceKind } from '../../domain/resource-kind.ts';
import { type AzureClients, missing } from '../connection/azure-clients.ts';
import { type CallKind, type Connection, FoundInCall } from '../connection/connection.ts';
import type { Exchange } from '../connection/exchange.ts';
import { kindIn, lastPart, sameSpelling } from './resource-ids.ts';

/** A resource and its ETag; null: Azure sent none. */
interface AzureReading {
  readonly resource: ArmResource;
  readonly etag: string | null;
}

/** Maximum age of a read that a change is based on. Between check and change there are milliseconds. */
const maxAgeMs = 5_000;

/** Two minutes at the default interval. A change of an agent usually takes 15 to 90 seconds. */
const maxReads = 24;

/**
 * Waits until the resource shows the change, if the last write was accepted without a link to poll. 202 means "not yet", so the
 * first read proves nothing. The caller verifies afterwards. Ends at the call's own deadline.
 */
async function waitUntilShown(
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

/** Returns whether it has a system-assigned identity. `SystemAssigned, UserAssigned` is a list in one string. */
const hasOwnIdentity = ({ identity }: Resource): boolean =>
  (identity?.type ?? '').split(',').some((one) => one.trim().toLowerCase() === 'systemassigned');

/**
 * Returns the body for a system-assigned identity; null: it exists. `SystemAssigned` alone would drop the user-assigned ones,
 * so they are sent too: by id with empty values, because their contents are read-only.
 */
function identityChange(resource: Resource): NonNullable<GenericResource['identity']> | null {
  if (hasOwnIdentity(resource)) return null;
  const ids = Object.keys(resource.identity?.userAssignedIdentities ?? {});
  if (ids.length === 0) return { type: 'SystemAssigned' };
  return {
    type: 'SystemAssigned, UserAssigned',
    userAssignedIdentities: Object.fromEntries(ids.map((one) => [one, {}])),
  };
}

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
function parsed({ type: wanted, noun }: ResourceKind, answer: unknown): ArmResource {
  const schema = ArmResource.refine(({ type }) => type.toLowerCase() === wanted.toLowerCase(), `not a ${noun}`);
  return schema.parse(answer);
}

/** The generic API needs the id without its first slash, or the URL gets two. */
const path = (id: ArmId): string => id.slice(1);

const isoOf = (date: Date | null | undefined): string | null =>
  date instanceof Date && !Number.isNaN(date.getTime()) ? date.toISOString() : null;

const Listed = z.object({ id: z.string(), createdTime: z.date().nullish() });

interface Target {
  readonly clients: AzureClients;
  readonly subscriptionId: string;
  readonly kind: ResourceKind;
  readonly id: ArmId;
  readonly everyMs: number;
  /** By resource: the ETag that was refused last. */
  readonly refused: Map<ArmId, string>;
  /** Reads that callers judge, each for the change that it leads to. Other reads of the resource don't replace it. */
  readonly readings: WeakMap<ObservedResource, AzureReading & { readonly at: number }>;
}

async function readOrThrow({ clients, subscriptionId, kind, id }: Target): Promise<AzureReading> {
  const answer = { etag: null as string | null };
  const onResponse = ({ headers }: { readonly headers: { get(name: string): string | undefined } }): void => {
    answer.etag = headers.get('etag') ?? null;
  };
  const { resources } = clients.resources(subscriptionId);
  const found = await resources.getById(path(id), kind.apiVersion, { onResponse });
  return { resource: parsed(kind, found), etag: answer.etag };
}

const read = (target: Target): Promise<AzureReading | null> => target.clients.nullOn(missing, readOrThrow(target));

/**
 * Reads the creation time from the subscription's resource list with `expand=createdTime`, for resources that don't report it.
 */
async function createdTime({ clients, subscriptionId, kind, id }: Target): Promise<string | null> {
  const filter = `resourceType eq '${kind.type}'`;
  const pages = clients.resources(subscriptionId).resources.list({ filter, expand: 'createdTime' });
  for await (const item of clients.items(pages)) {
    const listed = Listed.parse(item);
    if (sameArmId(listed.id, id)) return isoOf(listed.createdTime);
  }
  return null;
}

async function observe(target: Target, resource: ArmResource): Promise<ObservedResource> {
  return {
    kind: target.kind.name,
    id: resource.id,
    name: resource.name,
    location: sameSpelling(resource.location),
    createdAt: isoOf(resource.systemData?.createdAt) ?? (await createdTime(target)),
    provisioningState: resource.properties?.provisioningState ?? 'unknown',
    systemAssigned: hasOwnIdentity(resource),
    principalId: resource.identity?.principalId ?? null,
    tenantId: resource.identity?.tenantId ?? null,
    userAssignedIds: Object.keys(resource.identity?.userAssignedIdentities ?? {}),
    tags: resource.tags ?? {},
    customerKey: customerKeyIn(target.kind, resource.properties),
  };
}

async function readObserved(target: Target): Promise<ObservedResource | null> {
  const found = await read(target);
  if (found === null) return null;
  const judged = await observe(target, found.resource);
  target.readings.set(judged, { ...found, at: performance.now() });
  return judged;
}

interface Update {
  readonly change: Pick<GenericResource, 'identity' | 'properties'>;
  /** ETag of the read that the change is based on. */
  readonly etag: string | null;
  readonly isShown: (resource: ArmResource) => boolean;
}

/**
 * Returns the read for a change: the judged one if Azure can refuse by its ETag, else a new one. Throws {@link FoundInCall}
 * if that shows another resource or another key.
 */
async function readForChange(target: Target, judged: ObservedResource): Promise<AzureReading> {
  const found = target.readings.get(judged);
  const isFresh = found !== undefined && performance.now() - found.at < maxAgeMs;
  if (isFresh && found.etag !== null && found.etag !== target.refused.get(target.id)) return found;
  const reading = await readOrThrow(target);
  const now = await observe(target, reading.resource);
  const replaced = replacedSince('resource', judged, now);
  if (replaced !== null) throw new FoundInCall({ code: 'replaced', ...replaced });
  const { customerKey: shows } = now;
  const { customerKey: expected } = judged;
  if (!isUnchangedKey(shows, expected)) throw new FoundInCall({ code: 'key-moved', shows, expected });
  return reading;
}

/**
 * Sends a PATCH based on the last read and polls to the end. The service sends no `Retry-After`, so the interval is the bot's.
 * A late duplicate of a write that was repeated and done is refused by its ETag: docs/decisions/0056. If a provider refuses an
 * ETag that it still returns, its ETags are unreliable, and the write is sent without one.
 */
async function update(target: Target, { change, etag, isShown }: Update): Promise<void> {
  const { clients, subscriptionId, kind, id, everyMs, refused } = target;
  const { signal: abortSignal } = clients.exchange;
  const headers =
    etag === null || refused.get(id) === etag ? {} : { requestOptions: { headers: { 'If-Match': etag } } };
  const options = { updateIntervalInMs: everyMs, abortSignal, ...headers };
  const { resources } = clients.resources(subscriptionId);
  refused.delete(id);
  try {
    const poller = resources.updateById(path(id), kind.apiVersion, change, options);
    await poller.pollUntilDone({ abortSignal });
  } catch (error) {
    if (etag !== null && clients.exchange.last?.status === 412) refused.set(id, etag);
    throw error;
  }
  await waitUntilShown(clients.exchange, everyMs, async () => {
    const now = (await read(target))?.resource;
    return now === undefined || hasFailed(now.properties?.provisioningState ?? '') || isShown(now);
  });
}

async function enableIdentity(target: Target, judged: ObservedResource): Promise<Receipt> {
  const { resource, etag } = await readForChange(target, judged);
  const identity = identityChange(resource);
  if (identity !== null) await update(target, { change: { identity }, etag, isShown: hasOwnIdentity });
  return target.clients.exchange.receipt();
}

async function setKey(target: Target, judged: ObservedResource, key: CustomerKey): Promise<Receipt> {
  const { kind, clients } = target;
  const { etag } = await readForChange(target, judged);
  const isShown = ({ properties }: ArmResource): boolean => {
    const shown = customerKeyIn(kind, properties);
    return shown !== null && isNamedAlike(shown, key);
  };
  await update(target, { change: { properties: customerKeyBody(kind, key) }, etag, isShown });
  return clients.exchange.receipt();
}

export function armResources(connection: Connection): Resources {
  const { pollIntervalMs: everyMs, kinds } = connection;
  const known: Pick<Target, 'everyMs' | 'refused' | 'readings'> = {
    everyMs,
    refused: new Map(),
    readings: new WeakMap(),
  };

  const on = <T>(
    doing: string,
    { kind: name, id }: ResourceRef,
    work: (target: Target) => Promise<T>,
    call: CallKind = {},
  ) => {
    const kind = kinds.find((one) => one.name === name);
    if (kind === undefined) throw new Error(`${doing} ${id}: kind ${name} is not known`);
    const what = `${doing} ${kind.short} ${lastPart(id)}`;
    return connection.on(
      kindIn(kind),
      id,
      what,
      (clients, { subscriptionId }) => work({ clients, subscriptionId, kind, id, ...known }),
      call,
    );
  };

  /** The next attempt judges again what the resource shows. */
  const change = async (
    doing: string,
    ref: ResourceRef,
    work: (target: Target) => Promise<Receipt>,
    call: CallKind = {},
  ): Promise<Outcome<Receipt>> => {
    try {
      return await on(doing, ref, work, { ...call, limit: 'operation' });
    } catch (error) {
      if (!(error instanceof FoundInCall)) throw error;
      return failed(botFailure(`${doing} ${lastPart(ref.id)}`, error.found, 'wait'));
    }
  };

  return {
    get: (ref) => on('reading', ref, readObserved),

    tags: (ref) =>
      on(
        'reading the tags of',
        ref,
        async (target) => {
          const found = await read(target);
          return found === null ? null : (found.resource.tags ?? {});
        },
        { limit: 'click' },
      ),

    enableSystemIdentity: (ref, judged) =>
      change('enabling the identity of', ref, (target) => enableIdentity(target, judged)),

    setCustomerKey: (ref, judged, key) =>
      change(`setting key ${key.keyName} on`, ref, (target) => setKey(target, judged, key), {
        dependsOnGrant: true,
      }),
  };
}
