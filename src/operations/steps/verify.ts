import { valueOrThrow } from '../../domain/failure.ts';
import type { Proof } from '../../domain/proof.ts';
import { verifyAccess } from './grant-key-access.ts';
import { protectVault } from './protect-vault.ts';
import { foundVersion, plannedVersion, verifyKeySet } from './set-cmk.ts';
import { reversible, type Step, type StepContext } from './step.ts';

async function probe(context: StepContext): Promise<Proof> {
  const { to, observed } = context.work;
  const probing = context.azure.keys.probe(observed.vault.uri, to.keyName, plannedVersion(context));
  const probed = valueOrThrow(await probing);
  if (probed === 'usable') return { level: 'key-usable', outcome: 'proved' };
  const proof = { level: 'key-usable', outcome: 'not-checked' } as const;
  return probed === 'firewalled' ? { ...proof, because: 'firewall' } : proof;
}

/** Returns a newer version than the requested one, for the last card. An unreadable key returns nothing. */
async function newerVersion({ azure, work: { to, make } }: StepContext): Promise<Readonly<Record<string, string>>> {
  if (make !== null) return {};
  const newest = await azure.keys.get(to.vaultId, to.keyName, null);
  if (!newest.ok || newest.value === null || newest.value.version === to.keyVersion) return {};
  return { newestVersion: newest.value.version };
}

/** Verifies the key on the resource, the vault's protection and the permission, and then tests the key. */
export const verify: Step = {
  name: 'verify',
  reversibility: reversible,
  effects: () => [],
  observe: async () => 'to-do',
  async verify(context) {
    await verifyKeySet(context, 'ask');
    await protectVault.verify(context);
    await verifyAccess(context);
    const proofs: Proof[] = [
      { level: 'read-back', outcome: 'proved' },
      { level: 'permission-held', outcome: 'proved' },
      await probe(context),
      { level: 'use-seen', outcome: 'not-checked' },
    ];
    return { outputs: { ...foundVersion(context), ...(await newerVersion(context)) }, proofs };
  },
};
