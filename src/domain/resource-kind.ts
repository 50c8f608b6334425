/**
 * Kinds of Azure resources that can be under a customer-managed key, as declarations: data from which reading, writing and
 * wording follow. Pure.
 */
import { z } from 'zod';
import type { KindRules } from './check.ts';
import { ArmId } from './ids.ts';
import type { CustomerKey } from './observed.ts';
import type { ResourceRef } from './plan.ts';

/** What it takes to read the key of a kind. */
export interface KeyPlace {
  /** As in Azure's documentation. Azure itself returns different spellings. */
  readonly type: string;
  /** Display name: `storage account` */
  readonly noun: string;
  /** Paths below `properties`. Each holds an address of a key, an object that names one, or a list of these. */
  readonly keyAt: readonly string[];
  /** By Microsoft's documentation, a resource that names no version follows new ones. */
  readonly follows?: true;
  /** Path of a flag by which a resource that names a version follows new ones too; null: Azure's lists don't show it. */
  readonly rotatesBy?: string | null;
  /** Values that go with a key, by path below `properties`. With others, a key that is still named isn't in use. */
  readonly with?: Readonly<Record<string, string>>;
}

interface KindDeclaration<Name extends string> extends KeyPlace, KindRules {
  /** Stored with every request: never changes. */
  readonly name: Name;
  /** The noun where the reader knows it: `agent` */
  readonly short: string;
  /** The API version that the paths and members follow. */
  readonly apiVersion: string;
  readonly names: RegExp;
  /** Members of the object at the first path that hold the vault's address, the key's name and its version. */
  readonly keyMembers: { readonly vault: string; readonly name: string; readonly version: string };
  /** Path below `properties` of the user-assigned identity that reads the key. Missing: the member `userIdentity` of the key. */
  readonly identityAt?: string;
  /** Name of the bot's custom role that has its permissions: `infra/custom-role*.json`. */
  readonly role: string;
  /** After the resource was deleted: what that means for its data, and what to do next. */
  readonly deleted: { readonly means: string; readonly next: string };
  /** What must be preserved after the key is set, and the requester's confirmation. */
  readonly keep: { readonly title: string; readonly text: string; readonly tick: string };
}

/** A kind that the bot writes. `Ref` is used covariantly only, so that one list can hold all kinds. */
export interface ResourceKind<Ref extends z.ZodType<ResourceRef> = z.ZodType<ResourceRef>>
  extends KindDeclaration<string> {
  readonly ref: Ref;
  readonly rights: { readonly read: readonly string[]; readonly write: readonly string[] };
  /** Paths below `properties` whose change gives the resource another key, or none. Other members of the key are Azure's own. */
  readonly keyPaths: readonly string[];
}

/** Adds what follows from a declaration: its ids, the permissions that it needs, and where its key can change. */
export function declareKind<const Name extends string>(declaration: KindDeclaration<Name>) {
  const { name, noun, type, keyAt, keyMembers, with: goesWith, identityAt } = declaration;
  const pattern = new RegExp(`/providers/${type}/[^/]+$`, 'i');
  const id = ArmId.refine((one) => pattern.test(one), `must be the id of a ${noun}`);
  const members = [...Object.values(keyMembers), 'userIdentity'];
  const ofKey = keyAt.flatMap((at) => [at, ...members.map((one) => `${at}.${one}`)]);
  return {
    ...declaration,
    ref: z.strictObject({ kind: z.literal(name), id }),
    rights: { read: [`${type}/read`], write: [`${type}/write`] },
    keyPaths: [...ofKey, ...Object.keys(goesWith ?? {}), ...(identityAt === undefined ? [] : [identityAt])],
  } satisfies ResourceKind;
}

const Members = z.record(z.string(), z.unknown());
const valueAt = (value: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((found, name) => Members.safeParse(found).data?.[name], value);

/**
 * Returns `properties` with exactly the members of the key. Without a user-assigned identity, the service uses its
 * system-assigned one. Whether a PATCH clears an earlier one is unknown, so a check blocks it.
 */
export function customerKeyBody(kind: ResourceKind, key: CustomerKey): Record<string, unknown> {
  const { vault, name, version } = kind.keyMembers;
  const at = kind.keyAt[0] ?? '';
  return Object.entries({
    ...kind.with,
    [`${at}.${name}`]: key.keyName,
    [`${at}.${vault}`]: key.vaultUri,
    // Where it isn't sent, an earlier version might stay.
    ...(key.keyVersion === null && !kind.follows ? {} : { [`${at}.${version}`]: key.keyVersion ?? '' }),
  }).reduce<Record<string, unknown>>((body, [path, value]) => withValue(body, path.split('.'), value), {});
}

function withValue(body: Record<string, unknown>, path: readonly string[], value: string): Record<string, unknown> {
  const [member = '', ...rest] = path;
  return { ...body, [member]: rest.length === 0 ? value : withValue(Members.parse(body[member] ?? {}), rest, value) };
}

/** Returns whether the values that go with a key are there, in any case. */
const isInUse = (kind: Pick<KeyPlace, 'with'>, properties: unknown): boolean =>
  Object.entries(kind.with ?? {}).every(
    ([path, value]) => String(valueAt(properties, path) ?? '').toLowerCase() === value.toLowerCase(),
  );

/** `https://VAULT/keys/NAME/VERSION` */
function fromAddress(address: string): readonly CustomerKey[] {
  const [, vaultUri, keyName, keyVersion] = /^(https:\/\/[^/]+)\/keys\/([^/?]+)(?:\/([^/?]+))?/i.exec(address) ?? [];
  return vaultUri === undefined || keyName === undefined ? [] : [{ vaultUri, keyName, keyVersion: keyVersion ?? null }];
}

const addresses = ['keyidentifier', 'keyuri', 'keyurl', 'keyvaulturl'];

/** Providers spell the same member in different ways. */
function fromObject(value: unknown): readonly CustomerKey[] {
  const members = Object.entries(Members.safeParse(value).data ?? {}).map(([name, one]) => [name.toLowerCase(), one]);
  const texts = new Map(members.flatMap(([name, one]) => (typeof one === 'string' ? [[String(name), one]] : [])));
  const address = addresses.map((name) => texts.get(name)).find((one) => one);
  if (address !== undefined) return fromAddress(address);
  const vaultUri = texts.get('keyvaulturi') ?? texts.get('vaultbaseurl');
  const userIdentity = texts.get('useridentity');
  if (!vaultUri) return [];
  const key = { vaultUri, keyName: texts.get('keyname') ?? '', keyVersion: texts.get('keyversion') || null };
  return [userIdentity ? { ...key, userIdentity } : key];
}

const keysIn = (value: unknown): readonly CustomerKey[] => {
  if (Array.isArray(value)) return value.flatMap(keysIn);
  return typeof value === 'string' ? fromAddress(value) : fromObject(value);
};

function followsIn({ follows, rotatesBy }: KeyPlace, properties: unknown, { keyVersion }: CustomerKey): boolean | null {
  if (keyVersion === null) return follows ?? null;
  return rotatesBy === null ? null : valueAt(properties, rotatesBy ?? '') === true;
}

/**
 * Returns every key that a listed resource names, and whether the first follows new versions; null: unknown, or no key. An
 * unexpected shape counts as no key: lists are never decided by.
 */
export function keysNamedIn(kind: KeyPlace, properties: unknown) {
  const keys = isInUse(kind, properties) ? kind.keyAt.flatMap((path) => keysIn(valueAt(properties, path))) : [];
  const [customerKey = null] = keys;
  return { keys, customerKey, follows: customerKey && followsIn(kind, properties, customerKey) };
}

const text = z.string().nullish();

/**
 * Returns the customer-managed key of a read resource; null: Microsoft-managed. A vault address decides, as in Microsoft's
 * built-in policies. Throws on members of another shape, which must not pass for "no key".
 */
export function customerKeyIn(kind: ResourceKind, properties: unknown): CustomerKey | null {
  const value = valueAt(properties, kind.keyAt[0] ?? '');
  const members = [...Object.values(kind.keyMembers), 'userIdentity'].map((name) => [name, text]);
  z.object(Object.fromEntries(members)).nullish().parse(value);
  const [key] = isInUse(kind, properties) ? keysIn(value) : [];
  const userIdentity = text.parse(valueAt(properties, kind.identityAt ?? ''));
  return key === undefined ? null : userIdentity ? { ...key, userIdentity } : key;
}

/** States of a resource's key, in the order of lists. */
export const fleetStates = [
  'needs-attention',
  'not-as-approved',
  'ended',
  'ends-soon',
  'request-open',
  'microsofts-key',
  'end-unknown',
  'own-key',
] as const;
export type FleetState = (typeof fleetStates)[number];
