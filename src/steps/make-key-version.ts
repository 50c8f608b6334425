import { done, type Found, type Outcome } from '../domain/failure.ts';
import type { Making } from '../domain/key-change.ts';
import { type KeyKind, keyScope, type ObservedKey } from '../domain/observed.ts';
import { noOutputs, notSo, reversible, type Step, type StepContext } from './step.ts';

const doing = ({ work: { make, to, observed } }: StepContext) =>
  `making ${make?.after == null ? 'key' : 'a version of key'} ${to.keyName} in ${observed.vault.name}`;

type Difference = Extract<Found, { code: 'key-made-otherwise' }>['differences'][number];

const dayOf = (expires: string | null): string | null => expires?.slice(0, 10) ?? null;

/** What a key lacks of the one that was planned; empty when it is that key. */
function differences(found: ObservedKey, planned: KeyKind): Difference[] {
  const all: readonly (Difference | null)[] = [
    found.type === planned.type ? null : { of: 'type', is: found.type, wanted: planned.type },
    found.size === planned.size ? null : { of: 'size', is: found.size, wanted: planned.size },
    ['wrapKey', 'unwrapKey'].every((one) => found.operations.includes(one)) ? null : { of: 'operations' },
    dayOf(found.expires) === dayOf(planned.expires)
      ? null
      : { of: 'expires', is: found.expires, wanted: planned.expires },
    found.enabled ? null : { of: 'disabled' },
    found.notBefore === null ? null : { of: 'not-before', is: found.notBefore },
  ];
  return all.filter((one) => one !== null);
}

/**
 * What this request made: the key's first version, or one after the version that was in use. Whatever is made of the key
 * afterwards, what was approved is set to that one. A new key that somebody else made under the name may be one whose owner
 * knows the private part.
 */
async function ownVersion(context: StepContext, make: Making): Promise<Outcome<ObservedKey | null>> {
  const { azure, work, outputs, requestId } = context;
  const { vaultId, keyName } = work.to;
  if (make.after !== null) return azure.keys.madeFor(vaultId, keyName, make.after, requestId);
  const key = await azure.keys.first(vaultId, keyName);
  if (!key.ok || key.value === null) return key;
  if (key.value.madeFor === requestId || key.value.version === outputs.keyVersion) return key;
  return notSo(doing(context), { code: 'key-of-others', keyName });
}

/** Makes a key, or a further version of one, unless the request uses an existing one. It stays when the request ends badly. */
export const makeKeyVersion: Step = {
  name: 'make-key-version',
  reversibility: reversible,
  effects({ make, to, observed }) {
    if (make === null || observed.key !== null) return [];
    return [{ change: 'key', target: keyScope(to), ...make.kind, before: make.after }];
  },
  async observe(context) {
    const { make } = context.work;
    if (make === null) return done('already');
    const key = await ownVersion(context, make);
    return key.ok ? done(key.value === null ? 'to-do' : 'already') : key;
  },
  async apply({ azure, work: { make, to, observed }, requestId }) {
    if (make === null) throw new Error('a plan that makes no key has no step that makes one');
    return make.after === null
      ? azure.keys.createIfMissing(to.vaultId, to.keyName, make.kind, requestId)
      : azure.keys.createVersion(observed.vault.uri, to.keyName, make.after, make.kind, requestId);
  },
  async verify(context) {
    const { make, to } = context.work;
    if (make === null) return done(noOutputs);
    const key = await ownVersion(context, make);
    if (!key.ok) return key;
    if (key.value === null) return notSo(doing(context), { code: 'key-not-there', keyName: to.keyName }, 'retry-until');
    const wrong = differences(key.value, make.kind);
    if (wrong.length > 0) {
      return notSo(doing(context), { code: 'key-made-otherwise', keyName: to.keyName, differences: wrong });
    }
    return done({ outputs: { keyVersion: key.value.version }, proofs: [] });
  },
};
