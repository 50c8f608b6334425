/**
 * Resources of all kinds over ARM's generic resource API; each kind's file in `resources/` has its specifics.
 * `@azure/arm-healthbot` isn't used: version 2.1.0 drops the key from the request and reports success.
 */
import type { GenericResource } from '@azure/arm-resources';
import { botFailure, failed, type Outcome, type Receipt } from '../domain/failure.ts';
import { type ArmId, sameArmId } from '../domain/ids.ts';
import {
  type CustomerKey,
  hasFailed,
  isNamedAlike,
  isUnchangedKey,
  type ObservedResource,
  replacedSince,
} from '../domain/observed.ts';
import type { ResourceRef } from '../domain/plan.ts';
import type { Resources } from '../domain/ports/azure.ts';
import type { CallKind } from './azure-clients.ts';
import { type Connection, FoundInCall } from './connection.ts';
import {
  ArmResource,
  type AzureReading,
  hasOwnIdentity,
  type IdentityChange,
  identityChange,
  observe,
  path,
  Readings,
  read,
  readOrThrow,
  type Target,
  waitUntilShown,
} from './observed-resource.ts';
import { kindIn, lastPart } from './resource-ids.ts';

async function readObserved(target: Target, readings: Readings<ArmResource>): Promise<ObservedResource | null> {
  const found = readings.afterChange(target.id) ?? (await read(target));
  if (found === null) return null;
  const judged = await observe(target, found.resource);
  readings.storeJudged(judged, found);
  return judged;
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

/**
 * Returns the read for a change: the judged one if Azure can refuse by its ETag, else a new one. Throws {@link FoundInCall}
 * if that shows another resource or another key.
 */
async function readForChange(
  target: Target,
  judged: ObservedResource,
  { readings, refused }: UpdateContext,
): Promise<AzureReading<ArmResource>> {
  const found = readings.forChange(judged);
  if (found !== null && found.etag !== refused.get(target.id)) return found;
  const reading = await readOrThrow(target);
  const now = await observe(target, reading.resource);
  const replaced = replacedSince('resource', judged, now);
  if (replaced !== null) throw new FoundInCall({ code: 'replaced', ...replaced });
  const { customerKey: shows } = now;
  const { customerKey: expected } = judged;
  if (!isUnchangedKey(shows, expected)) throw new FoundInCall({ code: 'key-moved', shows, expected });
  return reading;
}

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

async function enableIdentity(target: Target, judged: ObservedResource, context: UpdateContext): Promise<Receipt> {
  const { resource, etag } = await readForChange(target, judged, context);
  const identity = identityChange(resource);
  if (identity !== null) await update(target, { change: { identity }, etag, isShown: hasOwnIdentity }, context);
  return target.clients.exchange.receipt();
}

async function setKey(
  target: Target,
  { judged, key }: { readonly judged: ObservedResource; readonly key: CustomerKey },
  context: UpdateContext,
): Promise<Receipt> {
  const { kind, clients } = target;
  const { etag } = await readForChange(target, judged, context);
  const isShown = ({ properties }: ArmResource): boolean => {
    const shown = kind.customerKeyIn(properties);
    return shown !== null && isNamedAlike(shown, key);
  };
  await update(target, { change: { properties: kind.customerKeyBody(key) }, etag, isShown }, context);
  return clients.exchange.receipt();
}

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
    get: (ref) => on('reading', ref, (target) => readObserved(target, readings)),

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
      change('enabling the identity of', ref, (target) => enableIdentity(target, judged, context)),

    setCustomerKey: (ref, judged, key) =>
      change(`setting key ${key.keyName} on`, ref, (target) => setKey(target, { judged, key }, context), {
        dependsOnGrant: true,
      }),
  };
}

type Change = { readonly identity: IdentityChange } | { readonly properties: Readonly<Record<string, unknown>> };
