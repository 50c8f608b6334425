/** The judgements on whose vault it is, who controls the key, and where the key comes from. */
import { type Check, judge } from '../domain/check.ts';
import { armIdParts } from '../domain/ids.ts';
import type { KeyWork } from '../domain/key-change.ts';
import { inOneSubscription, permitsVault } from '../domain/policy/vaults.ts';
import type { CheckContext } from './context.ts';

/**
 * What the policy says: whether the key may lie in this vault, and whether an existing one will do. A key that the request
 * makes is new to everybody; so is a new version of an old key, whose material the vault makes just then.
 */
export function judgePlace({ resource, to, make }: KeyWork, { terms }: CheckContext): readonly Check[] {
  const against = terms.vaults.find(({ permits }) => !permitsVault(permits, resource.id, to.vaultId));
  const [wantsNew] = terms.newKeyWantedBy;
  const { name: vault } = armIdParts(to.vaultId);
  const sameSubscription = inOneSubscription(resource.id, to.vaultId);
  return [
    ...(against === undefined
      ? []
      : [judge('block', 'vault-not-permitted', { rule: against.rule, vault, sameSubscription })]),
    ...(wantsNew === undefined || make !== null ? [] : [judge('block', 'key-must-be-new', { rule: wantsNew })]),
  ];
}

/** Nothing where nobody looked: such a plan is an older one, and asks again when it is compared. */
export function judgeControl({ make, observed: { control } }: KeyWork, { own, terms }: CheckContext): readonly Check[] {
  if (control === undefined) return [];
  const { controllers, vaultSubscription: vault, resourceSubscription: resource } = control;
  const unseen = control.unseen.filter((one) => one !== 'names');
  const found: Check[] = [
    vault.id.toLowerCase() === resource.id.toLowerCase()
      ? judge('pass', 'same-subscription', {})
      : judge('warn', 'other-subscription', { resource, vault }),
    unseen.length === 0
      ? judge('pass', 'controllers-known', { count: controllers.length })
      : judge('warn', 'controllers-not-checked', { unseen }),
  ];
  // For people who look. A directory that is silent just before a run takes nothing from what they were shown.
  if (own === null && control.unseen.includes('names')) found.push(judge('warn', 'controllers-not-named', {}));
  if (make === null && terms.newKeyWantedBy.length === 0) found.push(judge('warn', 'key-origin-unknown', {}));
  return found;
}
