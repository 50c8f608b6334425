/** Checks against other resources: resources that share the requested key, and vaults or keys with similar names. */

import {
  type Check,
  type CheckContext,
  judge,
  judgeControl,
  judgePermittedVault,
  judgeVault,
  judgeWantedKey,
} from '../domain/check.ts';
import { type ArmId, armIdParts, sameArmId } from '../domain/ids.ts';
import type { KeyChange, KeyWork } from '../domain/key-change.ts';
import {
  type CustomerKey,
  type ObservedOthers,
  type ObservedVault,
  sameKeyName,
  sameVaultUri,
} from '../domain/observed.ts';
import type { Azure } from '../domain/ports/azure.ts';
import type { ResourceKey } from '../domain/ports/inventory.ts';
import { kinds } from './resources/registry.ts';
import { judgeWrites, type OperationContext } from './resources/rights.ts';
import { areNamesSimilar } from './similar-names.ts';

/** Names shown per check. One is enough to reconsider. */
const maxShown = 5;

const vaultNameOf = (uri: string): string => /^https:\/\/([^./]+)/i.exec(uri)?.[1]?.toLowerCase() ?? '';

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const distinct = (names: readonly string[]): string[] => [...new Set(names)].sort(byText).slice(0, maxShown);

type Used = ResourceKey & { readonly customerKey: CustomerKey };

/** Without the one that changes. */
const othersIn = (resources: readonly ResourceKey[], id: ArmId): readonly Used[] =>
  resources.flatMap((one) =>
    one.customerKey === null || sameArmId(one.id, id) ? [] : [{ ...one, customerKey: one.customerKey }],
  );

/** Reads the other resources. An unreadable list is a fact: it's shown as a warning and blocks nothing. */
export async function observeOthers(azure: Azure, id: ArmId): Promise<readonly Used[] | null> {
  const keyed = await azure.inventory.resourceKeys(kinds);
  return keyed.ok ? othersIn(keyed.value.resources, id) : null;
}

export async function othersFor(
  { control }: Azure,
  others: readonly Used[] | null,
  vault: ObservedVault,
  { to }: KeyChange,
): Promise<ObservedOthers> {
  if (others === null) return { sameKey: [], vaultsAlike: [], keysAlike: [], unread: true };
  const same = others.filter(
    ({ customerKey }) => sameVaultUri(customerKey.vaultUri, vault.uri) && sameKeyName(customerKey.keyName, to.keyName),
  );
  const shown = [...same].sort((a, b) => byText(a.id.toLowerCase(), b.id.toLowerCase())).slice(0, maxShown);
  const sameKey = shown.map(async ({ id, name }) => {
    const { subscriptionId } = armIdParts(id);
    const subscriptionName = await control.subscriptionName(subscriptionId);
    return {
      id,
      name,
      subscription: { id: subscriptionId, name: subscriptionName.ok ? subscriptionName.value : null },
    };
  });
  const isUsed = others.some(({ customerKey }) => sameVaultUri(customerKey.vaultUri, vault.uri));
  const vaults = isUsed ? [] : others.map(({ customerKey }) => vaultNameOf(customerKey.vaultUri));
  const keys = same.length > 0 ? [] : others.map(({ customerKey }) => customerKey.keyName);
  return {
    sameKey: await Promise.all(sameKey),
    vaultsAlike: distinct(vaults.filter((name) => areNamesSimilar(name, vault.name))),
    keysAlike: distinct(keys.filter((name) => areNamesSimilar(name, to.keyName))),
    unread: false,
  };
}

/** A key or key version that the request creates counts as new, because the vault generates its material then. */
function judgePlace(work: KeyWork, context: CheckContext): readonly Check[] {
  const [wantsNew] = context.terms.newKeyWantedBy;
  return [
    ...judgePermittedVault(work, context),
    ...(wantsNew === undefined || work.make !== null ? [] : [judge('block', 'key-must-be-new', { rule: wantsNew })]),
  ];
}

/** Checks the other resources. Before a run, an unreadable list doesn't void the approval. */
export function judgeOthers(work: KeyWork, context: CheckContext): readonly Check[] {
  const { undeclared = [] } = work.observed;
  const used = undeclared.length === 0 ? [] : [judge('warn', 'key-used-undeclared', { users: undeclared })];
  return [...judgeOtherResources(work, context), ...used];
}

/** Checks the chosen vault and key, who else uses them, and the writes, in display order. */
export const judgeChoice = (work: KeyWork, context: OperationContext): readonly Check[] => [
  ...judgeVault(work, context),
  ...judgePlace(work, context),
  ...judgeOthers(work, context),
  ...judgeControl(work, context),
  ...judgeWrites(work, context),
  ...judgeWantedKey(work, context),
];

function judgeOtherResources({ to, observed: { others, vault } }: KeyWork, { own }: CheckContext): readonly Check[] {
  if (others.unread) return own === null ? [judge('warn', 'other-resources-not-checked', {})] : [];
  const found: readonly Check[] = [
    ...others.vaultsAlike.map((other) => judge('warn', 'name-alike', { of: 'vault', name: vault.name, other })),
    ...others.sameKey.map(({ id, name, subscription }) =>
      judge('warn', 'key-shared', { key: to.keyName, resource: name, id, subscription }),
    ),
    ...others.keysAlike.map((other) => judge('warn', 'name-alike', { of: 'key', name: to.keyName, other })),
  ];
  return found.length === 0 ? [judge('pass', 'key-not-shared', {})] : found;
}
