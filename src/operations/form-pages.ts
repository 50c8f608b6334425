/** What each page of the form knows: the facts it shows, read afresh every time it is drawn. */

import { requesterRefusals } from '../authorization/who-may.ts';
import { planDigest } from '../domain/digest.ts';
import { done, type Outcome } from '../domain/failure.ts';
import type { RequestId } from '../domain/ids.ts';
import type { ObservedResource, ObservedVault, Wish } from '../domain/observed.ts';
import { makePlan, type Plan } from '../domain/plan.ts';
import { type AppliedPolicy, applyPolicy, ruleFor } from '../domain/policy/policy.ts';
import type { ResourceSummary } from '../domain/ports/azure.ts';
import { type Refusal, refuse } from '../domain/request/refusal.ts';
import { steps } from '../steps/registry.ts';
import { type JudgedKey, type JudgedVault, judgeKeys, judgeVaults } from './choose.ts';
import type { Form } from './form.ts';
import { observe } from './observe.ts';
import type { CommandPorts } from './ports.ts';

/** How many choices stand on a card before anything is typed. */
export const listed = 15;

export type PageFacts =
  | {
      readonly page: 'resource';
      readonly resources: readonly ResourceSummary[];
      readonly resource: ObservedResource | null;
    }
  | { readonly page: 'vault'; readonly resource: ObservedResource; readonly vaults: readonly JudgedVault[] }
  | {
      readonly page: 'key';
      readonly resource: ObservedResource;
      readonly vault: ObservedVault;
      readonly keys: readonly JudgedKey[];
      readonly now: Date;
    }
  | {
      readonly page: 'review';
      readonly plan: Plan;
      readonly digest: string;
      readonly policy: AppliedPolicy;
      /** Another open request for the agent: it blocks this one. */
      readonly openRequest: RequestId | null;
    };

type Facts<T extends PageFacts['page']> = Outcome<Extract<PageFacts, { page: T }>> | Refusal;

const gone = (what: 'unknown-resource' | 'unknown-vault', id: string | null): Refusal =>
  refuse(what, id?.split('/').at(-1) ?? '');

async function resourceFacts({ azure }: CommandPorts, form: Form): Promise<Facts<'resource'>> {
  const [resources, resource] = await Promise.all([
    azure.inventory.resources('', listed),
    form.resourceId === null ? done(null) : azure.resources.get(form.resourceId),
  ]);
  if (!resources.ok) return resources;
  return done({ page: 'resource', resources: resources.value, resource: resource.ok ? resource.value : null });
}

async function vaultFacts({ azure, tenantId }: CommandPorts, form: Form): Promise<Facts<'vault'>> {
  if (form.resourceId === null) return gone('unknown-resource', null);
  const [resource, vaults] = await Promise.all([azure.resources.get(form.resourceId), azure.inventory.vaults()]);
  if (!resource.ok) return resource;
  if (!vaults.ok) return vaults;
  if (resource.value === null) return gone('unknown-resource', form.resourceId);
  return done({ page: 'vault', resource: resource.value, vaults: judgeVaults(vaults.value, resource.value, tenantId) });
}

async function keyFacts({ azure, now }: CommandPorts, form: Form): Promise<Facts<'key'>> {
  if (form.resourceId === null) return gone('unknown-resource', null);
  if (form.vaultId === null) return gone('unknown-vault', null);
  const [resource, vault, keys] = await Promise.all([
    azure.resources.get(form.resourceId),
    azure.vaults.get(form.vaultId),
    azure.keys.list(form.vaultId),
  ]);
  if (!resource.ok) return resource;
  if (!vault.ok) return vault;
  if (!keys.ok) return keys;
  if (resource.value === null) return gone('unknown-resource', form.resourceId);
  if (vault.value === null) return gone('unknown-vault', form.vaultId);
  return done({
    page: 'key',
    resource: resource.value,
    vault: vault.value,
    keys: judgeKeys(keys.value, now()),
    now: now(),
  });
}

/** The wish a form has come to; null while something is still to be chosen. */
export function wishOf(form: Form): Wish | null {
  const { resourceId, vaultId, key } = form;
  if (resourceId === null || vaultId === null || key === null) return null;
  return key.kind === 'existing'
    ? { resourceId, vaultId, keyName: key.name, keyVersion: key.version, newKey: null }
    : { resourceId, vaultId, keyName: key.name, keyVersion: null, newKey: key.key };
}

async function reviewFacts(ports: CommandPorts, form: Form): Promise<Facts<'review'>> {
  const wish = wishOf(form);
  if (wish === null) return refuse('choice-missing');
  const [observed, openRequest] = await Promise.all([
    observe(ports.azure, wish),
    ports.requests.openFor(wish.resourceId),
  ]);
  if (!observed.ok) return observed;
  const { resource } = observed.value;
  const standing = await ports.requesterStanding(form.owner, resource);
  if (standing !== 'yes') return refuse(requesterRefusals[standing], ruleFor(ports.policy, resource).name);
  const now = ports.now();
  const context = { tenantId: ports.tenantId, policyVersion: ports.policy.version, now };
  const plan = makePlan(steps, observed.value, wish, context);
  const policy = applyPolicy(ports.policy, plan, now);
  return done({ page: 'review', plan, digest: planDigest(plan, ports.sha256), policy, openRequest });
}

/** Reads what the form's current page shows. */
export function factsOf(ports: CommandPorts, form: Form): Promise<Outcome<PageFacts> | Refusal> {
  switch (form.page) {
    case 'resource':
      return resourceFacts(ports, form);
    case 'vault':
      return vaultFacts(ports, form);
    case 'key':
      return keyFacts(ports, form);
    case 'review':
      return reviewFacts(ports, form);
  }
}
