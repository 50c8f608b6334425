/** Many requests that wait for a decision, put on the record as the bot itself would: each plan is what Azure holds. */
import { sha256 } from '../../src/assembly/tools.ts';
import { connectAzure } from '../../src/azure/azure.ts';
import { optionsForAzure } from '../../src/config/azure-from-config.ts';
import { readConfig } from '../../src/config/read-config.ts';
import { planDigest } from '../../src/domain/digest.ts';
import { RequestId } from '../../src/domain/ids.ts';
import type { Plan } from '../../src/domain/plan.ts';
import { applyPolicy, termsFor } from '../../src/domain/policy/policy.ts';
import { operationNamed, Wish } from '../../src/operations/registry.ts';
import { requestId, submit } from '../../test/support/fixtures.ts';
import { startStore } from '../../test/support/store-client.ts';
import { agentId, choices } from '../../test/support/story.ts';
import { agentName } from './agents.ts';
import type { Ground } from './product.ts';

export const waitingId = (n: number): RequestId => RequestId.parse(requestId(n));

/** Of one agent; the others are as like it as their names allow. */
async function planOf(agent: string, { config, azure }: Tools): Promise<Plan> {
  const { vault, key } = choices.test;
  const operation = operationNamed('enable-cmk');
  const vaults = await azure.inventory.vaults();
  if (!vaults.ok) throw new Error('no vaults');
  const vaultId = vaults.value.find(({ name }) => name === vault)?.id;
  if (vaultId === undefined) throw new Error(`no vault ${vault}`);
  const keys = await azure.keys.list(vaultId);
  if (!keys.ok) throw new Error('no keys');
  const keyVersion = keys.value.find(({ name }) => name === key)?.version;
  const wish = Wish.parse({
    operation: 'enable-cmk',
    resource: { kind: 'healthcare-agent', id: agentId(agent, 'rg-care-test') },
    ...{ vaultId, keyName: key, keyVersion, newKey: null },
  });
  const seen = await operation.observe(azure, wish, null);
  if (!seen.ok) throw new Error(`looking at ${agent}: ${JSON.stringify(seen.failure)}`);
  const { policy } = config;
  const terms = termsFor(policy, seen.value.resource);
  const { tenantId } = config.teams;
  return operation.plan(wish, seen.value, {
    tenantId,
    policyVersion: policy.version,
    terms,
    now: new Date(),
    own: null,
  });
}

function toolsOf(ground: Ground, databaseUrl: string) {
  const config = readConfig(ground.settings(databaseUrl, 1));
  return { config, azure: connectAzure(optionsForAzure(config)) };
}
type Tools = ReturnType<typeof toolsOf>;

/** Puts requests number `from + 1` to `to` on the record, one an agent. `silent`: nobody is to be shown them. */
export async function fillWaiting(
  ground: Ground,
  databaseUrl: string,
  { from, to, silent }: { readonly from: number; readonly to: number; readonly silent: boolean },
): Promise<void> {
  const tools = toolsOf(ground, databaseUrl);
  const text = JSON.stringify(await planOf(agentName(from + 1), tools));
  const store = await startStore({ kind: 'postgres', url: databaseUrl, maxConnections: 2 });
  try {
    for (let n = from + 1; n <= to; n += 1) {
      const name = agentName(n);
      // What was a plan stays one under another name.
      const plan = JSON.parse(text.replaceAll(agentName(from + 1), name)) as Plan;
      const policy = applyPolicy(tools.config.policy, plan, new Date());
      const digest = planDigest(plan, sha256);
      const stored = await store.append(waitingId(n), 'submit', submit({ plan, digest, policy, resourceName: name }));
      if (stored.kind === 'refused') throw new Error(`${name}: ${stored.code}`);
    }
    if (silent) await store.sql("delete from cmk.outbox where kind in ('show', 'audit', 'call')");
  } finally {
    await store.close();
  }
}
