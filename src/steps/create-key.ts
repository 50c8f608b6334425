import { done, type Outcome } from '../domain/failure.ts';
import { keyScope, type NewKey, type ObservedKey } from '../domain/observed.ts';
import { moved, readBackDiffers, type Step, type StepContext } from './step.ts';

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
    found.enabled ? '' : 'it is disabled',
    found.notBefore === null ? '' : `it is not valid before ${found.notBefore}`,
  ].filter((difference) => difference !== '');
}

/**
 * The first version of the key: what was approved is set to that one, whatever is made of the key afterwards. Only a key that
 * this request made will do. One that somebody else made under the name may be one whose owner knows the private part.
 */
async function ownKey(context: StepContext): Promise<Outcome<ObservedKey | null>> {
  const { azure, plan, born, requestId } = context;
  const key = await azure.keys.first(plan.wish.vaultId, plan.wish.keyName);
  if (!key.ok || key.value === null) return key;
  if (key.value.madeFor === requestId || key.value.version === born.keyVersion) return key;
  return moved(doing(context), 'KeyOfOthers', `Somebody else made a key named ${plan.wish.keyName} meanwhile.`);
}

/** Makes the key, unless the request uses an existing one. The key stays when the request ends badly. */
export const createKey: Step = {
  name: 'create-key',
  reversibility: 'reversible',
  effects({ key }, wish) {
    if (wish.newKey === null || key !== null) return [];
    return [{ target: keyScope(wish), property: 'key', before: 'none', value: words(wish.newKey) }];
  },
  async observe(context) {
    const key = await ownKey(context);
    return key.ok ? done(key.value === null ? 'to-do' : 'already') : key;
  },
  async apply({ azure, plan, requestId }) {
    const { vaultId, keyName, newKey } = plan.wish;
    if (newKey === null) throw new Error('a plan without a new key has no step that makes one');
    return azure.keys.createIfMissing(vaultId, keyName, newKey, requestId);
  },
  async verify(context) {
    const { keyName, newKey } = context.plan.wish;
    const key = await ownKey(context);
    if (!key.ok) return key;
    const expected = `Key ${keyName} is there${newKey === null ? '' : `: ${words(newKey)}`}.`;
    if (key.value === null) {
      return readBackDiffers(doing(context), { found: 'The key is not there.', expected }, 'retry-until');
    }
    const wrong = newKey === null ? [] : differences(key.value, newKey);
    if (wrong.length > 0) {
      return readBackDiffers(doing(context), { found: `The key differs: ${wrong.join('; ')}.`, expected });
    }
    return done({ born: { keyVersion: key.value.version }, proofs: [] });
  },
};
