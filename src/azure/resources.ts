/**
 * Resources of every kind over ARM's generic resource API; what is particular to a kind, its file in `resources/` says. For the
 * healthcare agent service not `@azure/arm-healthbot`: version 2.1.0 drops the key from what it sends and reports success.
 */
import type { GenericResource } from '@azure/arm-resources';
import { z } from 'zod';
import { type ArmId, ArmId as ArmIdSchema, sameArmId } from '../domain/ids.ts';
import type { ObservedResource } from '../domain/observed.ts';
import type { Resources } from '../domain/ports/azure.ts';
import type { ResourceKind } from '../domain/ports/resource-kind.ts';
import type { ResourceRef } from '../domain/wish.ts';
import type { Connection } from './connection.ts';
import { type CallKind, type Line, missing } from './line.ts';
import { kindIn, sameSpelling } from './resource-ids.ts';

/** Only what is used. The type comes back in lower case from the live service. */
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

/** Throws on an answer about something else. */
function parsed({ arm, nounInFull }: ResourceKind, answer: unknown): ArmResource {
  const schema = ArmResource.refine(({ type }) => type.toLowerCase() === arm.type.toLowerCase(), `not a ${nounInFull}`);
  return schema.parse(answer);
}

/** The generic API wants the id without its first slash, else the URL gets two. */
const path = (id: ArmId): string => id.slice(1);

const isoOf = (date: Date | null | undefined): string | null =>
  date instanceof Date && !Number.isNaN(date.getTime()) ? date.toISOString() : null;

/** `SystemAssigned, UserAssigned`: a list in one string. */
const identityTypes = (type: string | null | undefined): readonly string[] =>
  (type ?? '').split(',').map((one) => one.trim().toLowerCase());

const observed = (kind: ResourceKind, resource: ArmResource, createdAt: string | null): ObservedResource => ({
  kind: kind.name,
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
  customerKey: kind.customerKeyIn(resource.properties),
});

const Listed = z.object({ id: z.string(), createdTime: z.date().nullish() });

/** One resource, on one line to Azure. */
interface At {
  readonly line: Line;
  readonly subscriptionId: string;
  readonly kind: ResourceKind;
  readonly id: ArmId;
}

async function read({ line, subscriptionId, kind, id }: At): Promise<ArmResource | null> {
  const asked = line.resources(subscriptionId).resources.getById(path(id), kind.arm.apiVersion);
  const found = await line.unless(missing, asked);
  return found === null ? null : parsed(kind, found);
}

/** For resources that do not tell: the subscription's resource list does, when asked to expand `createdTime`. */
async function createdTime({ line, subscriptionId, kind, id }: At): Promise<string | null> {
  const filter = `resourceType eq '${kind.arm.type}'`;
  const pages = line.resources(subscriptionId).resources.list({ filter, expand: 'createdTime' });
  for await (const item of pages) {
    const listed = Listed.parse(item);
    if (sameArmId(listed.id, id)) return isoOf(listed.createdTime);
  }
  return null;
}

async function readWhole(at: At): Promise<ObservedResource | null> {
  const resource = await read(at);
  if (resource === null) return null;
  return observed(at.kind, resource, isoOf(resource.systemData?.createdAt) ?? (await createdTime(at)));
}

/** The mark by which Azure tells what was just read from what comes after it; null: it gave none. */
const markOf = ({ line }: At): string | null => line.exchange.last?.header('etag') ?? null;

interface Updating {
  readonly everyMs: number;
  /** By resource: the mark that was refused last. */
  readonly refused: Map<ArmId, string>;
}

/**
 * PATCH of the resource as it was just read, then poll to the end. The service sends no `Retry-After`, so the interval is ours.
 * What is carried out late, after the same write was sent once more and done, is refused by its mark: docs/decisions/0056. A
 * provider that refuses the mark which it still gives does not mean it, and is asked without one.
 */
async function update(at: At, change: Change, { everyMs, refused }: Updating): Promise<void> {
  const { line, subscriptionId, kind, id } = at;
  const { signal: abortSignal } = line.exchange;
  const mark = markOf(at);
  const given = mark === null || refused.get(id) === mark ? {} : { requestOptions: { headers: { 'If-Match': mark } } };
  const options = { updateIntervalInMs: everyMs, abortSignal, ...given };
  const { resources } = line.resources(subscriptionId);
  const body: GenericResource = change;
  refused.delete(id);
  try {
    await resources.updateById(path(id), kind.arm.apiVersion, body, options).pollUntilDone({ abortSignal });
  } catch (error) {
    if (mark !== null && line.exchange.last?.status === 412) refused.set(id, mark);
    throw error;
  }
}

async function giveIdentity(at: At, updating: Updating): Promise<void> {
  const { line, subscriptionId, kind, id } = at;
  const asked = line.resources(subscriptionId).resources.getById(path(id), kind.arm.apiVersion);
  const change = identityChange(parsed(kind, await asked));
  if (change !== null) await update(at, { identity: change }, updating);
}

/** Resources as ARM has them. */
export function armResources(connection: Connection): Resources {
  const { pollIntervalMs, kinds } = connection;
  const updating = { everyMs: pollIntervalMs, refused: new Map<ArmId, string>() };

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
    get: (ref) => on('reading', ref, readWhole),

    tags: (ref) =>
      on(
        'reading the tags of',
        ref,
        async (at) => {
          const resource = await read(at);
          return resource === null ? null : (resource.tags ?? {});
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
          await read(at);
          await update(at, { properties: at.kind.customerKeyBody(key) }, updating);
          return at.line.exchange.receipt();
        },
        { operation: true, restsOnGrant: true },
      ),
  };
}

type Change = { readonly identity: IdentityChange } | { readonly properties: Readonly<Record<string, unknown>> };

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

const nameOf = (id: ArmId): string => id.split('/').at(-1) ?? id;
