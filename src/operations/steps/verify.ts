import { done, type Outcome } from '../../domain/failure.ts';
import type { Proof } from '../../domain/proof.ts';
import { accessHolds } from './grant-key-access.ts';
import { protectVault } from './protect-vault.ts';
import { plannedKey, readKeyBack } from './set-cmk.ts';
import { reversible, type Step, type StepContext } from './step.ts';

/** Uses the key once, where the bot itself is allowed to. */
async function probe(context: StepContext): Promise<Outcome<Proof>> {
  const { vaultUri, keyVersion } = plannedKey(context);
  const probed = await context.azure.keys.probe(vaultUri, context.work.to.keyName, keyVersion);
  if (!probed.ok) return probed;
  if (probed.value === 'usable') return done({ level: 'key-usable', outcome: 'proved' });
  const proof = { level: 'key-usable', outcome: 'not-checked' } as const;
  return done(probed.value === 'firewalled' ? { ...proof, because: 'firewall' } : proof);
}

/** A version that was made since the approval, or was newer already: the last card names it. What can't be read isn't named. */
async function newerVersion({ azure, work: { to, make } }: StepContext): Promise<Readonly<Record<string, string>>> {
  if (make !== null) return {};
  const newest = await azure.keys.get(to.vaultId, to.keyName, null);
  if (!newest.ok || newest.value === null || newest.value.version === to.keyVersion) return {};
  return { newestVersion: newest.value.version };
}

/** Reads everything back: the key on the resource, the vault's protection, the permission; then tries the key. */
export const verify: Step = {
  name: 'verify',
  reversibility: reversible,
  effects: () => [],
  observe: async () => done('to-do'),
  apply: async () => done({ clientRequestId: null, correlationId: null }),
  async verify(context) {
    const key = await readKeyBack(context, 'ask');
    if (!key.ok) return key;
    const vault = await protectVault.verify(context);
    if (!vault.ok) return vault;
    const access = await accessHolds(context);
    if (!access.ok) return access;
    const usable = await probe(context);
    if (!usable.ok) return usable;
    const proofs: Proof[] = [
      { level: 'read-back', outcome: 'proved' },
      { level: 'permission-held', outcome: 'proved' },
      usable.value,
      { level: 'use-seen', outcome: 'not-checked' },
    ];
    return done({ outputs: await newerVersion(context), proofs });
  },
};
