import { done } from '../domain/failure.ts';
import { missing, nothingBorn, readBackDiffers, type Step, type StepContext } from './step.ts';

const doing = ({ plan }: StepContext) => `protecting vault ${plan.observation.vault.name}`;

/** Turns on soft delete and purge protection, where missing. Neither can ever be turned off again. */
export const protectVault: Step = {
  name: 'protect-vault',
  reversibility: 'irreversible',
  effects({ vault }) {
    const softDelete = { target: vault.id, property: 'softDelete', before: 'off', value: 'on' };
    const purgeProtection = { target: vault.id, property: 'purgeProtection', before: 'off', value: 'on' };
    return [...(vault.softDelete ? [] : [softDelete]), ...(vault.purgeProtection ? [] : [purgeProtection])];
  },
  async observe(context) {
    const vault = await context.azure.vaults.get(context.plan.wish.vaultId);
    if (!vault.ok) return vault;
    if (vault.value === null) return missing(doing(context), 'The vault');
    return done(vault.value.softDelete && vault.value.purgeProtection ? 'already' : 'to-do');
  },
  async apply(context) {
    const { vaultId } = context.plan.wish;
    const vault = await context.azure.vaults.get(vaultId);
    if (!vault.ok) return vault;
    return context.azure.vaults.protect(vaultId, { softDelete: vault.value?.softDelete !== true });
  },
  async verify(context) {
    const vault = await context.azure.vaults.get(context.plan.wish.vaultId);
    if (!vault.ok) return vault;
    if (vault.value?.softDelete && vault.value.purgeProtection) return done(nothingBorn);
    const found = 'The vault does not show purge protection.';
    const expected = 'Soft delete and purge protection are on.';
    return readBackDiffers(doing(context), { found, expected }, 'retry-until');
  },
};
