import { done } from '../domain/failure.ts';
import { keyScope, type NewKey, type ObservedKey } from '../domain/observed.ts';
import { readBackDiffers, type Step, type StepContext } from './step.ts';

const doing = ({ plan }: StepContext) => `creating key ${plan.wish.keyName} in ${plan.observation.vault.name}`;

const words = (key: NewKey): string =>
  `${key.type} ${key.size}, ${key.expires === null ? 'no expiry' : `expires ${key.expires.slice(0, 10)}`}`;

/** What an existing key lacks of the one that was planned; empty when it is that key. */
function differences(found: ObservedKey, planned: NewKey): readonly string[] {
  return [
    found.type === planned.type ? '' : `type is ${found.type}, not ${planned.type}`,
    found.size === planned.size ? '' : `size is ${found.size}, not ${planned.size}`,
    found.operations.includes('wrapKey') && found.operations.includes('unwrapKey')
      ? ''
      : 'it may not wrap and unwrap keys',
    (found.expires?.slice(0, 10) ?? null) === (planned.expires?.slice(0, 10) ?? null)
      ? ''
      : `it expires ${found.expires ?? 'never'}, not ${planned.expires ?? 'never'}`,
  ].filter((difference) => difference !== '');
}

/** Makes the key, unless the request uses an existing one. The key stays when the request ends badly. */
export const createKey: Step = {
  name: 'create-key',
  reversibility: 'reversible',
  effects({ key }, wish) {
    if (wish.newKey === null || key !== null) return [];
    return [{ target: keyScope(wish), property: 'key', before: 'none', value: words(wish.newKey) }];
  },
  async observe({ azure, plan }) {
    const key = await azure.keys.get(plan.wish.vaultId, plan.wish.keyName, null);
    return key.ok ? done(key.value === null ? 'to-do' : 'already') : key;
  },
  async apply({ azure, plan }) {
    const { vaultId, keyName, newKey } = plan.wish;
    if (newKey === null) throw new Error('a plan without a new key has no step that makes one');
    return azure.keys.createIfMissing(vaultId, keyName, newKey);
  },
  async verify(context) {
    const { vaultId, keyName, newKey } = context.plan.wish;
    const key = await context.azure.keys.get(vaultId, keyName, null);
    if (!key.ok) return key;
    if (key.value === null) return readBackDiffers(doing(context), 'The key is not there.', 'retry-until');
    const wrong = newKey === null ? [] : differences(key.value, newKey);
    if (wrong.length > 0) return readBackDiffers(doing(context), `The key differs: ${wrong.join('; ')}.`);
    return done({ born: { keyVersion: key.value.version }, proofs: [] });
  },
};
