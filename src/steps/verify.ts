import { done, type Outcome } from '../domain/failure.ts';
import type { Proof } from '../domain/proof.ts';
import { grantKeyAccess } from './grant-key-access.ts';
import { protectVault } from './protect-vault.ts';
import { readKeyBack, wantedKey } from './set-cmk.ts';
import { reversible, type Step, type StepContext } from './step.ts';

/** Uses the key once, where the bot itself is allowed to. */
async function probe(context: StepContext): Promise<Outcome<Proof>> {
  const { vaultUri, keyVersion } = wantedKey(context);
  const probed = await context.azure.keys.probe(vaultUri, context.work.to.keyName, keyVersion);
  if (!probed.ok) return probed;
  if (probed.value === 'usable') return done({ level: 'key-usable', outcome: 'proved' });
  const proof = { level: 'key-usable', outcome: 'not-checked' } as const;
  return done(probed.value === 'firewalled' ? { ...proof, because: 'firewall' } : proof);
}

/** Reads everything back: the key on the resource, the vault's protection, the permission; then tries the key. */
export const verify: Step = {
  name: 'verify',
  reversibility: reversible,
  effects: () => [],
  observe: async () => done('to-do'),
  apply: async () => done({ clientRequestId: null, correlationId: null }),
  async verify(context) {
    const key = await readKeyBack(context);
    if (!key.ok) return key;
    const vault = await protectVault.verify(context);
    if (!vault.ok) return vault;
    const grant = await grantKeyAccess.verify(context);
    if (!grant.ok) return grant;
    const usable = await probe(context);
    if (!usable.ok) return usable;
    const proofs: Proof[] = [
      { level: 'read-back', outcome: 'proved' },
      { level: 'permission-held', outcome: 'proved' },
      usable.value,
      { level: 'use-seen', outcome: 'not-checked' },
    ];
    return done({ outputs: {}, proofs });
  },
};
