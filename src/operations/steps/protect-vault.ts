import { done } from '../../domain/failure.ts';
import { failStep, irreversible, noOutputs, type Step, type StepContext } from './step.ts';

const doing = ({ work }: StepContext) => `protecting vault ${work.observed.vault.name}`;

/** Turns on soft delete and purge protection, if missing. Neither can be turned off again. */
export const protectVault: Step = {
  name: 'protect-vault',
  reversibility: irreversible,
  effects({ observed: { vault } }) {
    const { id: target, softDelete, purgeProtection } = vault;
    return [
      ...(softDelete ? [] : [{ change: 'soft-delete', target, before: 'off' } as const]),
      ...(purgeProtection ? [] : [{ change: 'purge-protection', target, before: 'off' } as const]),
    ];
  },
  async observe(context) {
    const vault = await context.azure.vaults.get(context.work.to.vaultId);
    if (!vault.ok) return vault;
    if (vault.value === null) return failStep(doing(context), { code: 'missing', what: 'vault' });
    return done(vault.value.softDelete && vault.value.purgeProtection ? 'already' : 'to-do');
  },
  async apply(context) {
    const { vaultId } = context.work.to;
    const vault = await context.azure.vaults.get(vaultId);
    if (!vault.ok) return vault;
    return context.azure.vaults.protect(vaultId, { softDelete: vault.value?.softDelete !== true });
  },
  async verify(context) {
    const vault = await context.azure.vaults.get(context.work.to.vaultId);
    if (!vault.ok) return vault;
    if (vault.value === null) return failStep(doing(context), { code: 'missing', what: 'vault' });
    return vault.value.softDelete && vault.value.purgeProtection
      ? done(noOutputs)
      : failStep(doing(context), { code: 'protection-not-shown' }, 'retry-until');
  },
};
