import { type Found, valueOrThrow } from '../../domain/failure.ts';
import { KeyVersion } from '../../domain/ids.ts';
import type { KeyChange, KeyCreation } from '../../domain/key-change.ts';
import { type Ownership, type OwnKey, ownershipOf } from '../../domain/key-ownership.ts';
import { type KeyKind, keyScope, type ObservedKey } from '../../domain/observed.ts';
import type { Keys } from '../../domain/ports/azure.ts';
import { failStep, noOutputs, readVault, reversible, type Step, type StepContext } from './step.ts';

const doing = ({ work: { make, to, observed } }: StepContext) =>
  `making ${make?.after == null ? 'key' : 'a version of key'} ${to.keyName} in ${observed.vault.name}`;

type Difference = Extract<Found, { code: 'key-made-otherwise' }>['differences'][number];

const dayOf = (expires: string | null): string | null => expires?.slice(0, 10) ?? null;

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
 * Finds the key that the request created. Once Azure's answer is stored, only the version that it named counts: any other is
 * foreign, even with a matching mark.
 */
export async function findOwn(
  keys: Pick<Keys, 'get' | 'versions'>,
  { vaultId, keyName }: KeyChange['to'],
  { after }: KeyCreation,
  own: OwnKey,
): Promise<Ownership> {
  const known = own.keyVersion === null ? null : KeyVersion.parse(own.keyVersion);
  const key = known && valueOrThrow(await keys.get(vaultId, keyName, known));
  if (key !== null) return { is: 'own', key };
  const found = valueOrThrow(await keys.versions(vaultId, keyName, after));
  return ownershipOf(found, after, known === null ? own.intents : []);
}

/** Returns the version that this request created, by Azure's stored answer if known. Null: not created yet. */
async function ownVersion(context: StepContext, make: KeyCreation): Promise<ObservedKey | null> {
  const { azure, work, outputs, own } = context;
  const { keyName } = work.to;
  const known = { ...own, keyVersion: outputs.keyVersion ?? own.keyVersion };
  const found = await findOwn(azure.keys, work.to, make, known);
  switch (found.is) {
    case 'none':
      return null;
    case 'own':
      return found.key;
    case 'others':
      return failStep(doing(context), { code: 'key-of-others', keyName });
    case 'doubtful':
      return failStep(doing(context), { code: 'key-doubtful', keyName, doubt: found.doubt });
  }
}

/** Throws for a key that isn't shown. A new key might appear later, but not in a vault that was deleted. */
async function failNotThere(context: StepContext): Promise<never> {
  await readVault(context, doing(context));
  return failStep(doing(context), { code: 'key-not-there', keyName: context.work.to.keyName }, 'retry-until');
}

/** Creates a key, or a further version of one. An existing key needs no step. The created key stays if the request fails. */
export const makeKeyVersion: Step = {
  name: 'make-key-version',
  marks: true,
  reversibility: reversible,
  effects({ make, to, observed }) {
    if (make === null || observed.key !== null) return [];
    return [{ change: 'key', target: keyScope(to), ...make.kind, before: make.after }];
  },
  async observe(context) {
    const { make } = context.work;
    return make !== null && (await ownVersion(context, make)) === null ? 'to-do' : 'already';
  },
  async apply(context) {
    const { azure, work, requestId: request, nonce } = context;
    const { make, to, observed } = work;
    if (make === null) throw new Error('a plan that makes no key has no step that makes one');
    if (nonce === null) throw new Error('an attempt that makes a key has no nonce');
    const mark = { request, nonce };
    const made = await (make.after === null
      ? azure.keys.createIfMissing(to.vaultId, to.keyName, make.kind, mark)
      : azure.keys.createVersion(observed.vault.uri, to.keyName, make.after, make.kind, mark));
    const { version, carriesNonce, ...receipt } = valueOrThrow(made);
    // Azure returns an existing key unchanged; `verify` detects that.
    return { ...receipt, outputs: carriesNonce ? { keyVersion: version } : {} };
  },
  async verify(context) {
    const { make, to } = context.work;
    if (make === null) return noOutputs;
    const key = (await ownVersion(context, make)) ?? (await failNotThere(context));
    const wrong = differences(key, make.kind);
    if (wrong.length > 0)
      failStep(doing(context), { code: 'key-made-otherwise', keyName: to.keyName, differences: wrong });
    return { outputs: { keyVersion: key.version }, proofs: [] };
  },
};
