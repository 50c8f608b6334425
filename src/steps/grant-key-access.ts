import { done, type Outcome } from '../domain/failure.ts';
import { keyScope, type ObservedVault, type Wish } from '../domain/observed.ts';
import { resourcePrincipal } from '../domain/plan.ts';
import { missing, moved, nothingBorn, readBackDiffers, type Step, type StepContext } from './step.ts';

const doing = ({ plan }: StepContext) =>
  `granting ${plan.observation.resource.name} access to key ${plan.wish.keyName}`;

const grantIn = (vault: ObservedVault, wish: Wish) =>
  vault.access === 'role-assignments'
    ? { target: keyScope(wish), property: 'role-assignment', value: 'Key Vault Crypto Service Encryption User' }
    : { target: vault.id, property: 'access-policy', value: 'get, wrapKey, unwrapKey' };

/** A grant of another kind, in a vault that was switched meanwhile, is not the effect that was approved. */
function otherGrant({ plan }: StepContext, vault: ObservedVault): string | null {
  const planned = plan.steps.find((step) => step.name === 'grant-key-access')?.effects[0];
  const now = grantIn(vault, plan.wish);
  if (planned === undefined || planned.property === now.property) return null;
  return `Vault ${vault.name} now grants access by ${now.property}; what was approved is a grant by ${planned.property}.`;
}

interface Parties {
  readonly vault: ObservedVault;
  readonly principalId: string;
  readonly tenantId: string;
}

/** Reads who needs access and where, as they are now: the identity may be minutes old. */
async function parties(context: StepContext): Promise<Outcome<Parties>> {
  const { azure, plan } = context;
  const [resource, vault] = await Promise.all([
    azure.resources.get(plan.wish.resourceId),
    azure.vaults.get(plan.wish.vaultId),
  ]);
  if (!resource.ok) return resource;
  if (!vault.ok) return vault;
  if (vault.value === null) return missing(doing(context), 'The vault');
  const other = otherGrant(context, vault.value);
  if (other !== null) return moved(doing(context), 'AccessModeChanged', other);
  const { principalId, tenantId } = resource.value ?? {};
  if (!principalId || !tenantId) return missing(doing(context), 'The identity of the agent');
  return done({ vault: vault.value, principalId, tenantId });
}

async function isHeld(context: StepContext): Promise<Outcome<boolean>> {
  const found = await parties(context);
  if (!found.ok) return found;
  return context.azure.grants.held(found.value.vault, context.plan.wish.keyName, found.value.principalId);
}

/** Lets the agent's identity get, wrap and unwrap with this key, in the way the vault grants access. */
export const grantKeyAccess: Step = {
  name: 'grant-key-access',
  reversibility: 'reversible',
  effects({ vault, grantHeld }, wish) {
    if (grantHeld) return [];
    const grant = grantIn(vault, wish);
    return [{ ...grant, before: 'none', value: `${grant.value} for ${resourcePrincipal}` }];
  },
  async observe(context) {
    const held = await isHeld(context);
    return held.ok ? done(held.value ? 'already' : 'to-do') : held;
  },
  async apply(context) {
    const found = await parties(context);
    if (!found.ok) return found;
    const { vault, principalId, tenantId } = found.value;
    return context.azure.grants.grant(vault, context.plan.wish.keyName, principalId, tenantId);
  },
  async verify(context) {
    const held = await isHeld(context);
    if (!held.ok) return held;
    if (held.value) return done(nothingBorn);
    const expected = 'The agent’s identity may get, wrap and unwrap with the key.';
    return readBackDiffers(doing(context), { found: 'The grant is not listed.', expected }, 'retry-until');
  },
};
