import { valueOrThrow } from '../../domain/failure.ts';
import type { ObservedVault } from '../../domain/observed.ts';
import { failStep, irreversible, noOutputs, readVault, type Step, type StepContext } from './step.ts';

const doing = ({ work }: StepContext) => `protecting vault ${work.observed.vault.name}`;

const isProtected = (vault: ObservedVault): boolean => vault.softDelete && vault.purgeProtection;

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
    return isProtected(await readVault(context, doing(context))) ? 'already' : 'to-do';
  },
  async apply(context) {
    const { vaultId } = context.work.to;
    const vault = valueOrThrow(await context.azure.vaults.get(vaultId));
    return valueOrThrow(await context.azure.vaults.protect(vaultId, { softDelete: vault?.softDelete !== true }));
  },
  async verify(context) {
    return isProtected(await readVault(context, doing(context)))
      ? noOutputs
      : failStep(doing(context), { code: 'protection-not-shown' }, 'retry-until');
  },
};
