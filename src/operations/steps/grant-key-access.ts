import { type Effect, grantedPermissions, grantedRole, resourcePrincipal } from '../../domain/effect.ts';
import { done, type Outcome } from '../../domain/failure.ts';
import type { KeyWork } from '../../domain/key-change.ts';
import { keyScope, type ObservedVault } from '../../domain/observed.ts';
import { failStep, reversible, type Step, type StepContext } from './step.ts';

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

/** Returns whether the vault's access mode changed. Another kind of access isn't the approved effect. */
function isOtherGrant({ work, approved }: StepContext, vault: ObservedVault): boolean {
  const planned = approved.find(({ change }) => change === 'role-assignment' || change === 'access-policy');
  return planned !== undefined && planned.change !== grantIn(vault, work.to).change;
}

interface Parties {
  readonly vault: ObservedVault;
  readonly principalId: string;
  readonly tenantId: string;
}

/** Reads the identity and the vault as they are now: the identity might be minutes old. */
async function readParties(context: StepContext): Promise<Outcome<Parties>> {
  const { azure, work } = context;
  const [resource, vault] = await Promise.all([azure.resources.get(work.resource), azure.vaults.get(work.to.vaultId)]);
  if (!resource.ok) return resource;
  if (!vault.ok) return vault;
  if (vault.value === null) return failStep(doing(context), { code: 'missing', what: 'vault' });
  if (resource.value === null) return failStep(doing(context), { code: 'missing', what: 'resource' });
  const { name, access } = vault.value;
  if (isOtherGrant(context, vault.value)) {
    return failStep(doing(context), { code: 'access-mode-changed', vault: name, now: access });
  }
  const { principalId, tenantId } = resource.value;
  if (!principalId || !tenantId) return failStep(doing(context), { code: 'missing', what: 'identity' });
  return done({ vault: vault.value, principalId, tenantId });
}

async function readAccess(context: StepContext): Promise<Outcome<Parties & { readonly isHeld: boolean }>> {
  const found = await readParties(context);
  if (!found.ok) return found;
  const { vault, principalId } = found.value;
  const isHeld = await context.azure.grants.held(vault, context.work.to.keyName, principalId);
  return isHeld.ok ? done({ ...found.value, isHeld: isHeld.value }) : isHeld;
}

/** Returns the identity that has access: from an earlier step, or as observed at the approval. */
const principalOf = ({ outputs, work }: StepContext): string | null =>
  outputs.principalId ?? work.observed.resource.principalId;

/** Fails if the resource's identity changed or is missing. */
export function verifyIdentity(context: StepContext, now: string | null): Outcome<'same'> {
  if (!now) return failStep(doing(context), { code: 'missing', what: 'identity' });
  const was = principalOf(context);
  if (was === null || was.toLowerCase() === now.toLowerCase()) return done('same');
  return failStep(doing(context), { code: 'identity-changed', was, now });
}

/** Checks that the same identity still has access. If not, waiting can't help. */
export async function verifyAccess(context: StepContext): Promise<Outcome<'holds'>> {
  const found = await readAccess(context);
  if (!found.ok) return found;
  const { vault, principalId, isHeld } = found.value;
  const same = verifyIdentity(context, principalId);
  if (!same.ok) return same;
  if (isHeld) return done('holds');
  return failStep(doing(context), { code: 'access-gone', by: vault.access, keyName: context.work.to.keyName });
}

/** Assigns the permissions to get, wrap and unwrap with this key, in the vault's access mode. */
export const grantKeyAccess: Step = {
  name: 'grant-key-access',
  changesAccessOnly: true,
  reversibility: reversible,
  effects: ({ observed, to }) => (observed.grantHeld ? [] : [grantIn(observed.vault, to)]),
  async observe(context) {
    const found = await readAccess(context);
    return found.ok ? done(found.value.isHeld ? 'already' : 'to-do') : found;
  },
  async apply(context) {
    const found = await readParties(context);
    if (!found.ok) return found;
    const { vault, principalId, tenantId } = found.value;
    return context.azure.grants.grant(vault, context.work.to.keyName, principalId, tenantId);
  },
  async verify(context) {
    const found = await readAccess(context);
    if (!found.ok) return found;
    const { isHeld, principalId } = found.value;
    return isHeld
      ? done({ outputs: { principalId }, proofs: [] })
      : failStep(doing(context), { code: 'grant-not-shown' }, 'retry-until');
  },
};
