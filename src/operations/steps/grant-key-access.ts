import { type Effect, grantedPermissions, grantedRole, resourcePrincipal } from '../../domain/effect.ts';
import { valueOrThrow } from '../../domain/failure.ts';
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
async function readParties(context: StepContext): Promise<Parties> {
  const { azure, work } = context;
  const [its, vaults] = await Promise.all([azure.resources.get(work.resource), azure.vaults.get(work.to.vaultId)]);
  const resource = valueOrThrow(its);
  const vault = valueOrThrow(vaults);
  if (vault === null) return failStep(doing(context), { code: 'missing', what: 'vault' });
  if (resource === null) return failStep(doing(context), { code: 'missing', what: 'resource' });
  if (isOtherGrant(context, vault))
    failStep(doing(context), { code: 'access-mode-changed', vault: vault.name, now: vault.access });
  const { principalId, tenantId } = resource;
  if (!principalId || !tenantId) return failStep(doing(context), { code: 'missing', what: 'identity' });
  return { vault, principalId, tenantId };
}

async function readAccess(context: StepContext): Promise<Parties & { readonly isHeld: boolean }> {
  const parties = await readParties(context);
  const { vault, principalId } = parties;
  const isHeld = valueOrThrow(await context.azure.grants.held(vault, context.work.to.keyName, principalId));
  return { ...parties, isHeld };
}

/** Returns the identity that has access: from an earlier step, or as observed at the approval. */
const principalOf = ({ outputs, work }: StepContext): string | null =>
  outputs.principalId ?? work.observed.resource.principalId;

export function verifyIdentity(context: StepContext, now: string | null): void {
  if (!now) failStep(doing(context), { code: 'missing', what: 'identity' });
  const was = principalOf(context);
  if (was === null || was.toLowerCase() === now.toLowerCase()) return;
  failStep(doing(context), { code: 'identity-changed', was, now });
}

/** Throws unless the same identity still has access. If not, waiting can't help. */
export async function verifyAccess(context: StepContext): Promise<void> {
  const { vault, principalId, isHeld } = await readAccess(context);
  verifyIdentity(context, principalId);
  if (!isHeld) failStep(doing(context), { code: 'access-gone', by: vault.access, keyName: context.work.to.keyName });
}

/** Assigns the permissions to get, wrap and unwrap with this key, in the vault's access mode. */
export const grantKeyAccess: Step = {
  name: 'grant-key-access',
  reversibility: reversible,
  effects: ({ observed, to }) => (observed.grantHeld ? [] : [grantIn(observed.vault, to)]),
  async observe(context) {
    return (await readAccess(context)).isHeld ? 'already' : 'to-do';
  },
  async apply(context) {
    const { vault, principalId, tenantId } = await readParties(context);
    return valueOrThrow(await context.azure.grants.grant(vault, context.work.to.keyName, principalId, tenantId));
  },
  async verify(context) {
    const { isHeld, principalId } = await readAccess(context);
    return isHeld
      ? { outputs: { principalId }, proofs: [] }
      : failStep(doing(context), { code: 'grant-not-shown' }, 'retry-until');
  },
};
