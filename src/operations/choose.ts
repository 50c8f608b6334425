/** Resolves typed or selected text to a resource, a vault or a key, or returns a refusal. Throws an `AzureFailure`. */

import { z } from 'zod';
import { type Check, isLetIn, judgeKey } from '../domain/check.ts';
import { valueOrThrow } from '../domain/failure.ts';
import { ArmId, KeyName, KeyVersion, sameArmId } from '../domain/ids.ts';
import { KeyKind, type ObservedKey, type ObservedResource, type ObservedVault } from '../domain/observed.ts';
import type { Terms } from '../domain/policy/policy.ts';
import { inOneSubscription, permitsVault } from '../domain/policy/rules.ts';
import type { Azure } from '../domain/ports/azure.ts';
import type { ResourceSummary } from '../domain/ports/inventory.ts';
import { type Refusal, refuse } from '../domain/request/refusal.ts';
import type { ResourceKind } from '../domain/resource-kind.ts';
import { isBlank } from '../domain/strings.ts';
import { kinds } from './resources/registry.ts';
import { closestName } from './similar-names.ts';

/** The resource names no version, and follows new ones. Only for kinds that do. */
export const follows = z.literal(true).optional();
export const followsIf = (is: boolean | undefined): { follows?: true } => (is ? { follows: true } : {});
export const followsWords =
  'It follows new versions of the key by itself, usually within a day. No request and no approval comes before that.';

export const ChosenKey = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('existing'), name: KeyName, version: KeyVersion, follows }),
  z.strictObject({ kind: z.literal('new'), name: KeyName, key: KeyKind, follows }),
]);
export type ChosenKey = z.infer<typeof ChosenKey>;

export const chosenKeyOf = (
  name: KeyName,
  version: KeyVersion | null,
  made: KeyKind | null,
  following?: boolean,
): ChosenKey => {
  if (version !== null) return { kind: 'existing', name, version, ...followsIf(following) };
  if (made === null) throw new Error(`a spec for key ${name} names no version, and none to make`);
  return { kind: 'new', name, key: made, ...followsIf(following) };
};

/** Lists all resource names for a suggestion. Costs one more query, so it runs only if the name wasn't found. */
async function resourceNames(azure: Azure): Promise<readonly string[]> {
  const all = await azure.inventory.resources('', 1000);
  return all.ok ? all.value.map(({ name }) => name) : [];
}

function withSuggestion(refusal: Refusal, names: readonly string[]): Refusal {
  const near = closestName(refusal.fact, names);
  return near === null ? refusal : { ...refusal, near };
}

/** Returns the name at the end of an ARM id, also of a mistyped one; other texts unchanged. */
export const nameIn = (typed: string): string =>
  /^\/?subscriptions\//i.test(typed) ? (typed.split('/').findLast((part) => part !== '') ?? '') : typed;

/** Finds a resource of these kinds by ARM id, or by a name that is unique in the configured subscriptions. */
export async function chooseResource(
  azure: Azure,
  typed: string,
  of = azure.inventory.kinds,
): Promise<ResourceSummary | Refusal> {
  const wanted = typed.trim();
  if (wanted === '') return refuse('choice-missing');
  const id = ArmId.safeParse(wanted).data;
  const name = nameIn(wanted);
  const found = valueOrThrow(await azure.inventory.resources(name, 1000, of));
  const matches = found.filter((resource) =>
    id === undefined ? resource.name.toLowerCase() === name.toLowerCase() : sameArmId(resource.id, id),
  );
  const [only, ...others] = matches;
  if (only === undefined) {
    const off = await kindOff(azure, name, id, of);
    if (off !== undefined) return refuse('kind-off', off.noun);
    return withSuggestion(refuse('unknown-resource', name.slice(0, 80)), await resourceNames(azure));
  }
  return others.length > 0 ? refuse('ambiguous-resource', name.slice(0, 80)) : only;
}

/** Returns the kind of a resource whose kind is turned off: as its id says, or as a list does, which the bot might be able to read. */
async function kindOff({ inventory }: Azure, name: string, id: ArmId | undefined, on: readonly ResourceKind[]) {
  const off = kinds.filter((kind) => !on.includes(kind));
  if (id !== undefined) return off.find(({ name: kind, ref }) => ref.safeParse({ kind, id }).success);
  const found = off.length === 0 ? null : await inventory.resources(name, 1000, off);
  const named = found?.ok ? found.value.find((one) => one.name.toLowerCase() === name.toLowerCase()) : undefined;
  return off.find((kind) => kind.name === named?.kind);
}

/** Finds a vault by name. Vault names are unique in all of Azure. */
export async function chooseVault(azure: Azure, typed: string): Promise<ObservedVault | Refusal> {
  const wanted = typed.trim().toLowerCase();
  if (wanted === '') return refuse('choice-missing');
  const found = valueOrThrow(await azure.inventory.vaults());
  const vault = found.find((one) => one.name.toLowerCase() === wanted || sameArmId(one.id, wanted));
  if (vault !== undefined) return vault;
  const names = found.map((one) => one.name);
  return withSuggestion(refuse('unknown-vault', nameIn(typed.trim()).slice(0, 80)), names);
}

/** Finds an existing key by name, and pins its newest version. */
export async function chooseKey(azure: Azure, vaultId: ArmId, typed: string): Promise<ChosenKey | Refusal> {
  if (isBlank(typed)) return refuse('choice-missing');
  const name = KeyName.safeParse(typed.trim()).data;
  if (name === undefined) return refuse('unknown-key', typed.trim().slice(0, 80));
  const found = valueOrThrow(await azure.keys.get(vaultId, name, null));
  if (found !== null) return { kind: 'existing', name: found.name, version: found.version };
  const keys = await azure.keys.list(vaultId);
  return withSuggestion(refuse('unknown-key', name), keys.ok ? keys.value.map((key) => key.name) : []);
}

export interface NewKeyInputs {
  readonly newKeyName: string;
  readonly keyType: string;
  readonly keySize: string;
  /** `YYYY-MM-DD`, or empty for none. */
  readonly keyExpiry: string;
}

/**
 * Returns the first moment of a day in UTC. Returns an empty string for an invalid day, such as 31 February, which `Date` reads
 * as a day in March.
 */
function startOf(day: string): string {
  const start = new Date(`${day}T00:00:00Z`);
  const text = Number.isNaN(start.getTime()) ? '' : start.toISOString();
  return text.startsWith(`${day}T`) ? text : '';
}

/** The key expires at the start of its expiry day, UTC. */
export function chooseNewKey(inputs: NewKeyInputs, now: Date): ChosenKey | Refusal {
  const name = KeyName.safeParse(inputs.newKeyName.trim()).data;
  if (name === undefined || name === 'new') return refuse('new-key-name-unfit', inputs.newKeyName.trim().slice(0, 80));
  const day = inputs.keyExpiry.trim();
  const expires = day === '' ? null : startOf(day);
  if (expires !== null && !(expires > now.toISOString())) return refuse('new-key-expiry-unfit', day.slice(0, 40));
  const key = KeyKind.safeParse({ type: inputs.keyType, size: Number(inputs.keySize), expires }).data;
  return key === undefined ? refuse('new-key-kind-unfit') : { kind: 'new', name, key };
}

export interface JudgedVault {
  readonly vault: ObservedVault;
  readonly otherTenant: boolean;
  readonly otherRegion: boolean;
  readonly firewalled: boolean;
  readonly otherSubscription: boolean;
  readonly notPermitted: boolean;
}

/** Sorts vaults: usable first, then same subscription, same region, nothing to change, name. */
export function judgeVaults(
  vaults: readonly ObservedVault[],
  resource: Pick<ObservedResource, 'id' | 'location'>,
  by: {
    readonly tenantId: string;
    readonly kind: Pick<ResourceKind, 'network'>;
    readonly terms: Pick<Terms, 'vaults'>;
  },
): readonly JudgedVault[] {
  const rank = (one: JudgedVault): number =>
    (isUsable(one) ? 0 : 8) +
    (one.otherSubscription ? 4 : 0) +
    (one.otherRegion ? 2 : 0) +
    (one.vault.purgeProtection ? 0 : 1);
  return vaults
    .map((vault) => ({
      vault,
      otherTenant: vault.tenantId.toLowerCase() !== by.tenantId.toLowerCase(),
      otherRegion: vault.location !== resource.location,
      firewalled: !isLetIn(vault, by.kind),
      otherSubscription: !inOneSubscription(resource.id, vault.id),
      notPermitted: by.terms.vaults.some(({ permits }) => !permitsVault(permits, resource.id, vault.id)),
    }))
    .sort((a, b) => rank(a) - rank(b) || (a.vault.name < b.vault.name ? -1 : 1));
}

export const isUsable = (vault: JudgedVault): boolean => !vault.otherTenant && !vault.notPermitted && !vault.firewalled;

export interface JudgedKey {
  readonly key: ObservedKey;
  readonly checks: readonly Check[];
  readonly fit: boolean;
}

/** Sorts keys: fit keys first, then by name. */
export const judgeKeys = (keys: readonly ObservedKey[], now: Date): readonly JudgedKey[] =>
  keys
    .map((key) => ({ key, checks: judgeKey(key, now) }))
    .map((one) => ({ ...one, fit: one.checks.every((check) => check.outcome !== 'block') }))
    .sort((a, b) => Number(b.fit) - Number(a.fit) || (a.key.name < b.key.name ? -1 : 1));
