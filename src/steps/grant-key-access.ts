import { type Effect, grantedPermissions, grantedRole, resourcePrincipal } from '../domain/effect.ts';
import { done, type Outcome } from '../domain/failure.ts';
import type { KeyWork } from '../domain/key-change.ts';
import { keyScope, type ObservedVault } from '../domain/observed.ts';
import { noOutputs, notSo, reversible, type Step, type StepContext } from './step.ts';

const doing = ({ work }: StepContext) => `granting ${work.observed.resource.name} access to key ${work.to.keyName}`;

const grantIn = (vault: ObservedVault, to: KeyWork['to']): Effect =>
  vault.access === 'role-assignments'
    ? {
        change: 'role-assignment',
        target: keyScope(to),
        principal: resourcePrincipal,
        role: grantedRole,
        before: null,
      }
    : {
        change: 'access-policy',
        target: vault.id,
        principal: resourcePrincipal,
        permissions: [...grantedPermissions],
        before: null,
      };

/** A grant of another kind, in a vault that was switched meanwhile, is not the effect that was approved. */
function isOtherGrant({ work, approved }: StepContext, vault: ObservedVault): boolean {
  const planned = approved.find(({ change }) => change === 'role-assignment' || change === 'access-policy');
  return planned !== undefined && planned.change !== grantIn(vault, work.to).change;
}

interface Parties {
  readonly vault: ObservedVault;
  readonly principalId: string;
  readonly tenantId: string;
}

/** Reads who needs access and where, as they are now: the identity may be minutes old. */
async function parties(context: StepContext): Promise<Outcome<Parties>> {
  const { azure, work } = context;
  const [resource, vault] = await Promise.all([azure.resources.get(work.resource), azure.vaults.get(work.to.vaultId)]);
  if (!resource.ok) return resource;
  if (!vault.ok) return vault;
  if (vault.value === null) return notSo(doing(context), { code: 'missing', what: 'vault' });
  const { name, access } = vault.value;
  if (isOtherGrant(context, vault.value)) {
    return notSo(doing(context), { code: 'access-mode-changed', vault: name, now: access });
  }
  const { principalId, tenantId } = resource.value ?? {};
  if (!principalId || !tenantId) return notSo(doing(context), { code: 'missing', what: 'identity' });
  return done({ vault: vault.value, principalId, tenantId });
}

async function isHeld(context: StepContext): Promise<Outcome<boolean>> {
  const found = await parties(context);
  if (!found.ok) return found;
  return context.azure.grants.held(found.value.vault, context.work.to.keyName, found.value.principalId);
}

/** Lets the resource's identity get, wrap and unwrap with this key, in the way the vault grants access. */
export const grantKeyAccess: Step = {
  name: 'grant-key-access',
  reversibility: reversible,
  effects: ({ observed, to }) => (observed.grantHeld ? [] : [grantIn(observed.vault, to)]),
  async observe(context) {
    const held = await isHeld(context);
    return held.ok ? done(held.value ? 'already' : 'to-do') : held;
  },
  async apply(context) {
    const found = await parties(context);
    if (!found.ok) return found;
    const { vault, principalId, tenantId } = found.value;
    return context.azure.grants.grant(vault, context.work.to.keyName, principalId, tenantId);
  },
  async verify(context) {
    const held = await isHeld(context);
    if (!held.ok) return held;
    return held.value ? done(noOutputs) : notSo(doing(context), { code: 'grant-not-shown' }, 'retry-until');
  },
};
