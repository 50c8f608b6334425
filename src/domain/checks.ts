/**
 * Checks: facts about agent, vault and key, each judged pass, warn or block. A plan with a block cannot be submitted.
 * Sources: Microsoft's how-to for customer-managed keys on a healthcare agent service (creation date, soft delete, purge
 * protection) and its lists of key kinds and trusted services (learn.microsoft.com: health-bot/cmk, key-vault/general).
 */
import { z } from 'zod';
import type { Observation, Wish } from './observed.ts';
import { sameVaultUri } from './observed.ts';
import { actionsForChanges } from './rights.ts';

/** Every judgement a check can come to. `src/words` has words for each. */
export const CheckCode = z.enum([
  'created-after-cutoff',
  'created-before-cutoff',
  'created-unknown',
  'provisioning-settled',
  'provisioning-unsettled',
  'microsoft-managed',
  'already-under-this-key',
  'already-under-another-key',
  'same-tenant',
  'other-tenant',
  'same-region',
  'other-region',
  'vault-reachable',
  'vault-firewalled',
  'soft-delete-on',
  'soft-delete-will-be-on',
  'purge-protection-on',
  'purge-protection-will-be-on',
  'key-fit',
  'key-new',
  'key-missing',
  'key-name-taken',
  'key-not-rsa',
  'key-size-unfit',
  'key-disabled',
  'key-not-yet-valid',
  'key-expired',
  'key-expires',
  'key-cannot-wrap',
  'key-hsm-needs-premium',
  'key-name-deleted',
  'key-name-not-checked',
  'no-lock',
  'locked',
  'locks-not-checked',
  'bot-allowed',
  'bot-not-allowed',
  'rights-not-checked',
]);
export type CheckCode = z.infer<typeof CheckCode>;

export const Check = z.object({
  outcome: z.enum(['pass', 'warn', 'block']),
  code: CheckCode,
  /** The fact the judgement rests on, as Azure gave it; empty where the code says it all. */
  fact: z.string(),
});
export type Check = z.infer<typeof Check>;

/** Agents created on or before this day cannot take a customer-managed key. */
export const creationCutoff = '2021-11-11';

const judge = (outcome: Check['outcome'], code: CheckCode, fact = ''): Check => ({ outcome, code, fact });

function checkResource(observation: Observation, wish: Wish): readonly Check[] {
  const { resource } = observation;
  const day = resource.createdAt?.slice(0, 10) ?? null;
  const created =
    day === null
      ? judge('block', 'created-unknown')
      : day > creationCutoff
        ? judge('pass', 'created-after-cutoff', day)
        : judge('block', 'created-before-cutoff', day);
  const settled =
    resource.provisioningState === 'Succeeded'
      ? judge('pass', 'provisioning-settled', resource.provisioningState)
      : judge('block', 'provisioning-unsettled', resource.provisioningState);
  return [created, settled, checkCurrentKey(observation, wish)];
}

/** Azure is at work on the agent, and will be done by itself. What has failed or was cancelled stays so. */
export const isBusy = (provisioningState: string): boolean =>
  !['succeeded', 'failed', 'canceled', 'cancelled', 'unknown'].includes(provisioningState.toLowerCase());

/** A block that passes by itself. */
export const passesByItself = (check: Check): boolean => check.code === 'provisioning-unsettled' && isBusy(check.fact);

/** A new key's version is not in the wish: the newest one of that name is what would have been set. */
const wishedVersion = ({ key }: Observation, wish: Wish): string | null => wish.keyVersion ?? key?.version ?? null;

/** Whether the agent already is exactly where the wish wants it. */
export const isAsWished = (observation: Observation, wish: Wish): boolean => {
  const current = observation.resource.customerKey;
  return (
    current !== null &&
    sameVaultUri(current.vaultUri, observation.vault.uri) &&
    current.keyName === wish.keyName &&
    current.keyVersion !== null &&
    current.keyVersion === wishedVersion(observation, wish)
  );
};

function checkCurrentKey(observation: Observation, wish: Wish): Check {
  const current = observation.resource.customerKey;
  if (current === null) return judge('pass', 'microsoft-managed');
  const fact = `${current.keyName} in ${current.vaultUri}, version ${current.keyVersion ?? 'newest'}`;
  return isAsWished(observation, wish)
    ? judge('block', 'already-under-this-key', fact)
    : judge('block', 'already-under-another-key', fact);
}

function checkVault({ resource, vault }: Observation, tenantId: string): readonly Check[] {
  return [
    vault.tenantId.toLowerCase() === tenantId.toLowerCase()
      ? judge('pass', 'same-tenant')
      : judge('block', 'other-tenant', vault.tenantId),
    resource.location === vault.location
      ? judge('pass', 'same-region', vault.location)
      : judge('warn', 'other-region', `${resource.location}, ${vault.location}`),
    // Healthcare agent services are not on Key Vault's list of trusted services: the bypass does not let them in.
    vault.firewall === 'open' ? judge('pass', 'vault-reachable') : judge('block', 'vault-firewalled'),
    vault.softDelete ? judge('pass', 'soft-delete-on') : judge('warn', 'soft-delete-will-be-on'),
    vault.purgeProtection ? judge('pass', 'purge-protection-on') : judge('pass', 'purge-protection-will-be-on'),
  ];
}

const wrapOperations = ['wrapKey', 'unwrapKey'];

/** The judgement on an existing key alone; lists to choose from use it too. */
export function judgeKey(key: Observation['key'], now: Date): readonly Check[] {
  if (key === null) return [judge('block', 'key-missing')];
  const at = now.toISOString();
  const found: Check[] = [];
  const isRsa = /^RSA(-HSM)?$/.test(key.type);
  if (!isRsa) found.push(judge('block', 'key-not-rsa', key.type));
  else if (![2048, 3072, 4096].includes(key.size ?? 0)) found.push(judge('block', 'key-size-unfit', `${key.size}`));
  if (!key.enabled) found.push(judge('block', 'key-disabled'));
  if (key.notBefore !== null && key.notBefore > at) found.push(judge('block', 'key-not-yet-valid', key.notBefore));
  if (key.expires !== null && key.expires <= at) found.push(judge('block', 'key-expired', key.expires));
  const missing = wrapOperations.filter((operation) => !key.operations.includes(operation));
  // No curve could be allowed to wrap: saying so would send people to a setting that is not there.
  if (missing.length > 0 && isRsa) found.push(judge('block', 'key-cannot-wrap', missing.join(', ')));
  if (found.length > 0) return found;
  const fit = judge('pass', 'key-fit', `${key.type} ${key.size}`);
  return key.expires === null ? [fit] : [fit, judge('warn', 'key-expires', key.expires)];
}

function checkNewKey({ key, vault, guards }: Observation, wish: Wish, now: Date): readonly Check[] {
  if (key !== null) return [judge('block', 'key-name-taken', key.name)];
  if (wish.newKey?.type === 'RSA-HSM' && vault.sku !== 'premium') return [judge('block', 'key-hsm-needs-premium')];
  const expires = wish.newKey?.expires ?? null;
  // Days may lie between the form and the run.
  if (expires !== null && expires <= now.toISOString()) return [judge('block', 'key-expired', expires)];
  if (guards.deletedKey === 'deleted') return [judge('block', 'key-name-deleted', wish.keyName)];
  const made = judge('pass', 'key-new', `${wish.newKey?.type} ${wish.newKey?.size}`);
  const free = guards.deletedKey === 'none' ? [] : [judge('warn', 'key-name-not-checked', wish.keyName)];
  return [made, ...free, ...(expires === null ? [] : [judge('warn', 'key-expires', expires)])];
}

/** The checks that rest on what the plan would write. A plan that writes nothing needs neither rights nor open locks. */
function checkWrites(
  { resource, guards }: Observation,
  changes: readonly { readonly property: string }[],
): readonly Check[] {
  if (changes.length === 0) return [];
  const found = guards.readOnlyLocks?.map(({ name, scope }) => `${name} on ${scope}`);
  // One that lies above agent and vault is found at both.
  const each = [...new Set(found)];
  const locks =
    found === undefined
      ? judge('warn', 'locks-not-checked')
      : each.length === 0
        ? judge('pass', 'no-lock')
        : judge('block', 'locked', each.join('; '));
  const { allowed } = guards;
  if (allowed === null) return [locks, judge('warn', 'rights-not-checked')];
  const needed = actionsForChanges(changes, resource.userAssignedIds.length > 0);
  const missing = needed.filter((action) => allowed[action] !== true);
  const rights =
    missing.length === 0 ? judge('pass', 'bot-allowed') : judge('block', 'bot-not-allowed', missing.join(', '));
  return [locks, rights];
}

/** All checks that rest on what was observed, in the order people read them. */
export function checkAll(
  observation: Observation,
  wish: Wish,
  changes: readonly { readonly property: string }[],
  context: { readonly tenantId: string; readonly now: Date },
): readonly Check[] {
  return [
    ...checkResource(observation, wish),
    ...checkVault(observation, context.tenantId),
    ...checkWrites(observation, changes),
    ...(wish.newKey === null ? judgeKey(observation.key, context.now) : checkNewKey(observation, wish, context.now)),
  ];
}
