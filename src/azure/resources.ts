/**
 * Resources of all kinds over ARM's generic resource API; each kind's file in `resources/` has its specifics.
 * `@azure/arm-healthbot` isn't used: version 2.1.0 drops the key from the request and reports success.
 */
import type { GenericResource } from '@azure/arm-resources';
import { z } from 'zod';
import { type ArmId, ArmId as ArmIdSchema, sameArmId } from '../domain/ids.ts';
import { isNamedAlike, type ObservedResource } from '../domain/observed.ts';
import type { Resources } from '../domain/ports/azure.ts';
import type { ResourceKind } from '../domain/ports/resource-kind.ts';
import { hasFailed } from '../domain/provisioning.ts';
import type { ResourceRef } from '../domain/wish.ts';
import type { Connection } from './connection.ts';
import { type AzureClients, type CallKind, missing } from './line.ts';
import {
  type AzureReading,
  hasOwnIdentity,
  type IdentityChange,
  identityChange,
  Readings,
  untilShown,
} from './observed-resource.ts';
import { kindIn, sameSpelling } from './resource-ids.ts';

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
interface At {
  readonly line: AzureClients;
  readonly subscriptionId: string;
  readonly kind: ResourceKind;
  readonly id: ArmId;
}

/** Reads a resource and its ETag. Throws if there is none. */
async function reading({ line, subscriptionId, kind, id }: At): Promise<AzureReading<ArmResource>> {
  const answer = { mark: null as string | null };
  const onResponse = ({ headers }: { readonly headers: { get(name: string): string | undefined } }): void => {
    answer.mark = headers.get('etag') ?? null;
  };
  const { resources } = line.resources(subscriptionId);
  const found = await resources.getById(path(id), kind.arm.apiVersion, { onResponse });
  return { resource: parsed(kind, found), mark: answer.mark };
}

const read = (at: At): Promise<AzureReading<ArmResource> | null> => at.line.unless(missing, reading(at));

/**
 * Reads the creation time from the subscription's resource list with `expand=createdTime`, for resources that don't report it.
 */
async function createdTime({ line, subscriptionId, kind, id }: At): Promise<string | null> {
  const filter = `resourceType eq '${kind.arm.type}'`;
  const pages = line.resources(subscriptionId).resources.list({ filter, expand: 'createdTime' });
  for await (const item of line.items(pages)) {
    const listed = Listed.parse(item);
    if (sameArmId(listed.id, id)) return isoOf(listed.createdTime);
  }
  return null;
}

async function readWhole(at: At, readings: Readings<ArmResource>): Promise<ObservedResource | null> {
  const after = readings.afterChange(at.id);
  const found = after ?? (await read(at));
  if (found === null) return null;
  if (after === null) readings.keep(at.id, found);
  const { resource } = found;
  return observed(at.kind, resource, isoOf(resource.systemData?.createdAt) ?? (await createdTime(at)));
}

interface Update {
  readonly change: Change;
  /** ETag of the read that the change is based on. */
  readonly mark: string | null;
  readonly isShown: (resource: ArmResource) => boolean;
}

interface Updating {
  readonly everyMs: number;
  /** By resource: the ETag that was refused last. */
  readonly refused: Map<ArmId, string>;
  readonly readings: Readings<ArmResource>;
}

/** Returns the read for a change: the one just checked, else a new one. */
const readForChange = async (at: At, readings: Readings<ArmResource>): Promise<AzureReading<ArmResource>> =>
  readings.forChange(at.id) ?? reading(at);

/** Stores the SDK's final read of the resource after an operation, for the verification. */
function keepEnd(at: At, answered: unknown, readings: Readings<ArmResource>): void {
  const { data } = ArmResource.safeParse(answered);
  const { last } = at.line.exchange;
  if (data !== undefined && sameArmId(data.id, at.id) && last?.method === 'GET' && last.status === 200)
    readings.keepAfter(at.id, { resource: data, mark: last.header('etag') ?? null });
}

/**
 * Sends a PATCH based on the last read and polls to the end. The service sends no `Retry-After`, so the interval is the bot's.
 * A late duplicate of a write that was repeated and done is refused by its ETag: docs/decisions/0056. If a provider refuses an
 * ETag that it still returns, its ETags are unreliable, and the write is sent without one.
 */
async function update(at: At, { change, mark, isShown }: Update, updating: Updating): Promise<void> {
  const { everyMs, refused, readings } = updating;
  const { line, subscriptionId, kind, id } = at;
  const { signal: abortSignal } = line.exchange;
  const given = mark === null || refused.get(id) === mark ? {} : { requestOptions: { headers: { 'If-Match': mark } } };
  const options = { updateIntervalInMs: everyMs, abortSignal, ...given };
  const { resources } = line.resources(subscriptionId);
  const body: GenericResource = change;
  refused.delete(id);
  readings.forget(id);
  try {
    const poller = resources.updateById(path(id), kind.arm.apiVersion, body, options);
    keepEnd(at, await poller.pollUntilDone({ abortSignal }), readings);
  } catch (error) {
    if (mark !== null && line.exchange.last?.status === 412) refused.set(id, mark);
    throw error;
  }
  await untilShown(line.exchange, everyMs, async () => {
    readings.forget(id);
    const now = (await read(at))?.resource;
    return now === undefined || hasFailed(now.properties?.provisioningState ?? '') || isShown(now);
  });
}

async function giveIdentity(at: At, updating: Updating): Promise<void> {
  const { resource, mark } = await readForChange(at, updating.readings);
  const identity = identityChange(resource);
  if (identity !== null) await update(at, { change: { identity }, mark, isShown: hasOwnIdentity }, updating);
}

/** Creates the port over ARM. */
export function armResources(connection: Connection): Resources {
  const { pollIntervalMs, kinds } = connection;
  const readings = new Readings<ArmResource>();
  const updating = { everyMs: pollIntervalMs, refused: new Map<ArmId, string>(), readings };

  const on = <T>(doing: string, { kind: name, id }: ResourceRef, work: (at: At) => Promise<T>, call: CallKind = {}) => {
    const kind = kinds.find((one) => one.name === name);
    if (kind === undefined) throw new Error(`${doing} ${id}: kind ${name} is not known`);
    const what = `${doing} ${kind.noun} ${nameOf(id)}`;
    return connection.on(
      kindIn(kind),
      id,
      what,
      (line, { subscriptionId }) => work({ line, subscriptionId, kind, id }),
      call,
    );
  };

  return {
    get: (ref) => on('reading', ref, (at) => readWhole(at, readings)),

    tags: (ref) =>
      on(
        'reading the tags of',
        ref,
        async (at) => {
          const found = await read(at);
          return found === null ? null : (found.resource.tags ?? {});
        },
        { click: true },
      ),

    enableSystemIdentity: (ref) =>
      on(
        'enabling the identity of',
        ref,
        async (at) => {
          await giveIdentity(at, updating);
          return at.line.exchange.receipt();
        },
        { operation: true },
      ),

    setCustomerKey: (ref, key) =>
      on(
        `setting key ${key.keyName} on`,
        ref,
        async (at) => {
          const { mark } = await readForChange(at, readings);
          const isShown = ({ properties }: ArmResource): boolean => {
            const shown = at.kind.customerKeyIn(properties);
            return shown !== null && isNamedAlike(shown, key);
          };
          const change = { properties: at.kind.customerKeyBody(key) };
          await update(at, { change, mark, isShown }, updating);
          return at.line.exchange.receipt();
        },
        { operation: true, restsOnGrant: true },
      ),
  };
}

type Change = { readonly identity: IdentityChange } | { readonly properties: Readonly<Record<string, unknown>> };

const nameOf = (id: ArmId): string => id.split('/').at(-1) ?? id;
