/** What each page of the form knows: the facts it shows, read afresh every time it is drawn. */

import { requesterRefusals } from '../authorization/who-may.ts';
import { planDigest } from '../domain/digest.ts';
import { done, type Outcome } from '../domain/failure.ts';
import type { RequestId } from '../domain/ids.ts';
import type { ObservedAgent, ObservedVault, Wish } from '../domain/observed.ts';
import { makePlan, type Plan } from '../domain/plan.ts';
import { type AppliedPolicy, applyPolicy, ruleFor } from '../domain/policy/policy.ts';
import type { AgentSummary } from '../domain/ports/azure.ts';
import { type Refusal, refuse } from '../domain/request/refusal.ts';
import { steps } from '../steps/registry.ts';
import { type JudgedKey, type JudgedVault, judgeKeys, judgeVaults } from './choose.ts';
import type { Form } from './form.ts';
import { observe } from './observe.ts';
import type { CommandPorts } from './ports.ts';

/** How many choices stand on a card before anything is typed. */
export const listed = 15;

export type PageFacts =
  | { readonly page: 'agent'; readonly agents: readonly AgentSummary[]; readonly agent: ObservedAgent | null }
  | { readonly page: 'vault'; readonly agent: ObservedAgent; readonly vaults: readonly JudgedVault[] }
  | {
      readonly page: 'key';
      readonly agent: ObservedAgent;
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

const gone = (what: 'unknown-agent' | 'unknown-vault', id: string | null): Refusal =>
  refuse(what, id?.split('/').at(-1) ?? '');

async function agentFacts({ azure }: CommandPorts, form: Form): Promise<Facts<'agent'>> {
  const [agents, agent] = await Promise.all([
    azure.inventory.agents('', listed),
    form.agentId === null ? done(null) : azure.agents.get(form.agentId),
  ]);
  if (!agents.ok) return agents;
  return done({ page: 'agent', agents: agents.value, agent: agent.ok ? agent.value : null });
}

async function vaultFacts({ azure, tenantId }: CommandPorts, form: Form): Promise<Facts<'vault'>> {
  if (form.agentId === null) return gone('unknown-agent', null);
  const [agent, vaults] = await Promise.all([azure.agents.get(form.agentId), azure.inventory.vaults()]);
  if (!agent.ok) return agent;
  if (!vaults.ok) return vaults;
  if (agent.value === null) return gone('unknown-agent', form.agentId);
  return done({ page: 'vault', agent: agent.value, vaults: judgeVaults(vaults.value, agent.value, tenantId) });
}

async function keyFacts({ azure, now }: CommandPorts, form: Form): Promise<Facts<'key'>> {
  if (form.agentId === null) return gone('unknown-agent', null);
  if (form.vaultId === null) return gone('unknown-vault', null);
  const [agent, vault, keys] = await Promise.all([
    azure.agents.get(form.agentId),
    azure.vaults.get(form.vaultId),
    azure.keys.list(form.vaultId),
  ]);
  if (!agent.ok) return agent;
  if (!vault.ok) return vault;
  if (!keys.ok) return keys;
  if (agent.value === null) return gone('unknown-agent', form.agentId);
  if (vault.value === null) return gone('unknown-vault', form.vaultId);
  return done({ page: 'key', agent: agent.value, vault: vault.value, keys: judgeKeys(keys.value, now()), now: now() });
}

/** The wish a form has come to; null while something is still to be chosen. */
export function wishOf(form: Form): Wish | null {
  const { agentId, vaultId, key } = form;
  if (agentId === null || vaultId === null || key === null) return null;
  return key.kind === 'existing'
    ? { agentId, vaultId, keyName: key.name, keyVersion: key.version, newKey: null }
    : { agentId, vaultId, keyName: key.name, keyVersion: null, newKey: key.key };
}

async function reviewFacts(ports: CommandPorts, form: Form): Promise<Facts<'review'>> {
  const wish = wishOf(form);
  if (wish === null) return refuse('choice-missing');
  const [observed, openRequest] = await Promise.all([observe(ports.azure, wish), ports.requests.openFor(wish.agentId)]);
  if (!observed.ok) return observed;
  const { agent } = observed.value;
  const standing = await ports.requesterStanding(form.owner, agent);
  if (standing !== 'yes') return refuse(requesterRefusals[standing], ruleFor(ports.policy, agent).name);
  const now = ports.now();
  const context = { tenantId: ports.tenantId, policyVersion: ports.policy.version, now };
  const plan = makePlan(steps, observed.value, wish, context);
  const policy = applyPolicy(ports.policy, plan, now);
  return done({ page: 'review', plan, digest: planDigest(plan, ports.sha256), policy, openRequest });
}

/** Reads what the form's current page shows. */
export function factsOf(ports: CommandPorts, form: Form): Promise<Outcome<PageFacts> | Refusal> {
  switch (form.page) {
    case 'agent':
      return agentFacts(ports, form);
    case 'vault':
      return vaultFacts(ports, form);
    case 'key':
      return keyFacts(ports, form);
    case 'review':
      return reviewFacts(ports, form);
  }
}
