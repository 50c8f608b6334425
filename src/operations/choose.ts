/** Turns what a person typed or picked into a resource, a vault or a key, or says why it cannot. */
import { z } from 'zod';
import type { Check } from '../domain/check.ts';
import { ArmId, KeyName, KeyVersion, sameArmId } from '../domain/ids.ts';
import { KeyKind, type ObservedKey, type ObservedResource, type ObservedVault } from '../domain/observed.ts';
import type { Terms } from '../domain/policy/policy.ts';
import { inOneSubscription, permitsVault } from '../domain/policy/vaults.ts';
import type { Azure, ResourceSummary } from '../domain/ports/azure.ts';
import type { ResourceKind } from '../domain/ports/resource-kind.ts';
import { type Refusal, refuse, refuseFailure } from '../domain/request/refusal.ts';
import { judgeKey } from './checks.ts';
import { nearest } from './nearest.ts';

/** The key that was chosen: an existing version, or one to be made. */
export const ChosenKey = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('existing'), name: KeyName, version: KeyVersion }),
  z.strictObject({ kind: z.literal('new'), name: KeyName, key: KeyKind }),
]);
export type ChosenKey = z.infer<typeof ChosenKey>;

/** The key of a wish, as the key page takes it. */
export const chosenKeyOf = (name: KeyName, version: KeyVersion | null, made: KeyKind | null): ChosenKey => {
  if (version !== null) return { kind: 'existing', name, version };
  if (made === null) throw new Error(`a wish for key ${name} names no version, and none to make`);
  return { kind: 'new', name, key: made };
};

type Chosen<T> = { readonly kind: 'chosen'; readonly value: T } | Refusal;
const chosen = <T>(value: T): Chosen<T> => ({ kind: 'chosen', value });

/** A hint costs one more look, and only where somebody would otherwise be left with nothing. */
async function resourceNames(azure: Azure): Promise<readonly string[]> {
  const all = await azure.inventory.resources('', 1000);
  return all.ok ? all.value.map(({ name }) => name) : [];
}

function orNearest(refusal: Refusal, names: readonly string[]): Refusal {
  const near = nearest(refusal.fact, names);
  return near === null ? refusal : { ...refusal, near };
}

/** A resource by ARM id, or by a name that only one agent in the configured subscriptions has. */
export async function chooseResource(azure: Azure, typed: string): Promise<Chosen<ResourceSummary>> {
  const wanted = typed.trim();
  const id = ArmId.safeParse(wanted).data;
  const name = id === undefined ? wanted : (id.split('/').at(-1) ?? '');
  const found = await azure.inventory.resources(name, 1000);
  if (!found.ok) return refuseFailure(found.failure);
  const matches = found.value.filter((resource) =>
    id === undefined ? resource.name.toLowerCase() === name.toLowerCase() : sameArmId(resource.id, id),
  );
  const [only, ...others] = matches;
  if (only === undefined) return orNearest(refuse('unknown-resource', wanted.slice(0, 80)), await resourceNames(azure));
  return others.length > 0 ? refuse('ambiguous-resource', wanted.slice(0, 80)) : chosen(only);
}

/** A vault by name: names are unique in all of Azure. */
export async function chooseVault(azure: Azure, typed: string): Promise<Chosen<ObservedVault>> {
  const wanted = typed.trim().toLowerCase();
  const found = await azure.inventory.vaults();
  if (!found.ok) return refuseFailure(found.failure);
  const vault = found.value.find((one) => one.name.toLowerCase() === wanted || sameArmId(one.id, wanted));
  if (vault !== undefined) return chosen(vault);
  const names = found.value.map((one) => one.name);
  return orNearest(refuse('unknown-vault', typed.trim().slice(0, 80)), names);
}

/** An existing key by name, at the version that is newest now. */
export async function chooseKey(azure: Azure, vaultId: ArmId, typed: string): Promise<Chosen<ChosenKey>> {
  const name = KeyName.safeParse(typed.trim()).data;
  if (name === undefined) return refuse('unknown-key', typed.trim().slice(0, 80));
  const found = await azure.keys.get(vaultId, name, null);
  if (!found.ok) return refuseFailure(found.failure);
  if (found.value !== null) return chosen({ kind: 'existing', name: found.value.name, version: found.value.version });
  const keys = await azure.keys.list(vaultId);
  return orNearest(refuse('unknown-key', name), keys.ok ? keys.value.map((key) => key.name) : []);
}

/** The settings of a new key, as they stand on the card. */
export interface NewKeyInputs {
  readonly newKeyName: string;
  readonly keyType: string;
  readonly keySize: string;
  /** `YYYY-MM-DD`, or empty for none. */
  readonly keyExpiry: string;
}

/** The first moment of a day, UTC; empty for what is no day, such as 31 February, which `Date` takes for one in March. */
function startOf(day: string): string {
  const start = new Date(`${day}T00:00:00Z`);
  const text = Number.isNaN(start.getTime()) ? '' : start.toISOString();
  return text.startsWith(`${day}T`) ? text : '';
}

/** A key that is to be made. It expires as its expiry day begins, UTC. */
export function chooseNewKey(inputs: NewKeyInputs, now: Date): Chosen<ChosenKey> {
  const name = KeyName.safeParse(inputs.newKeyName.trim()).data;
  if (name === undefined || name === 'new') return refuse('new-key-name-unfit', inputs.newKeyName.trim().slice(0, 80));
  const day = inputs.keyExpiry.trim();
  const expires = day === '' ? null : startOf(day);
  if (expires !== null && !(expires > now.toISOString())) return refuse('new-key-expiry-unfit', day.slice(0, 40));
  const key = KeyKind.safeParse({ type: inputs.keyType, size: Number(inputs.keySize), expires }).data;
  return key === undefined ? refuse('new-key-kind-unfit') : chosen({ kind: 'new', name, key });
}

/** A vault with what speaks for and against it for this resource. */
export interface JudgedVault {
  readonly vault: ObservedVault;
  readonly otherTenant: boolean;
  readonly otherRegion: boolean;
  /** Its firewall keeps resources of this kind out. */
  readonly firewalled: boolean;
  readonly otherSubscription: boolean;
  /** No rule of the policy lets the resource's key lie there. */
  readonly notPermitted: boolean;
}

/** Best first: usable, same subscription, same region, nothing to change, then by name. */
export function judgeVaults(
  vaults: readonly ObservedVault[],
  resource: Pick<ObservedResource, 'id' | 'location'>,
  by: {
    readonly tenantId: string;
    readonly kind: Pick<ResourceKind, 'reaches'>;
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
      firewalled: !by.kind.reaches(vault),
      otherSubscription: !inOneSubscription(resource.id, vault.id),
      notPermitted: by.terms.vaults.some(({ permits }) => !permitsVault(permits, resource.id, vault.id)),
    }))
    .sort((a, b) => rank(a) - rank(b) || (a.vault.name < b.vault.name ? -1 : 1));
}

export const isUsable = (vault: JudgedVault): boolean => !vault.otherTenant && !vault.notPermitted && !vault.firewalled;

/** A key with the checks it would meet. */
export interface JudgedKey {
  readonly key: ObservedKey;
  readonly checks: readonly Check[];
  readonly fit: boolean;
}

/** Fit keys first, then by name. */
export const judgeKeys = (keys: readonly ObservedKey[], now: Date): readonly JudgedKey[] =>
  keys
    .map((key) => ({ key, checks: judgeKey(key, now) }))
    .map((one) => ({ ...one, fit: one.checks.every((check) => check.outcome !== 'block') }))
    .sort((a, b) => Number(b.fit) - Number(a.fit) || (a.key.name < b.key.name ? -1 : 1));
