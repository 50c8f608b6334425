/** What a call of the local Azure costs it when it holds many agents, beside one that holds a few. */
import { approver, requestersGroup } from '../src/local/people.ts';
import { discard, http, type RunningAzure, startAzure } from '../test/support/local-azure.ts';
import { addAgents, tokenFor } from './support/agents.ts';
import { cpuMsOf } from './support/child.ts';
import { compare, type Figure, type Measured } from './support/figures.ts';

const more = 1_200;
const warmUp = 300;

interface Asked {
  readonly what: string;
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly path: string;
  readonly body?: unknown;
}

const group = '/subscriptions/40000000-0000-4000-8000-000000000001/resourceGroups/rg-care-prod';
const agent = `${group}/providers/Microsoft.HealthBot/healthBots/triage-agent-prod?api-version=2025-11-01`;
const vault = `${group}/providers/Microsoft.KeyVault/vaults/kv-care-prod?api-version=2026-02-01`;

const asked: readonly Asked[] = [
  { what: 'an agent is read', method: 'GET', path: agent },
  { what: 'a vault is read', method: 'GET', path: vault },
  {
    what: 'a membership is asked for',
    method: 'POST',
    path: `/v1.0/users/${approver.id}/checkMemberGroups`,
    body: { groupIds: [requestersGroup.id] },
  },
];

interface Took {
  readonly ms: number;
  /** Of a processor, in the local Azure. */
  readonly cpuMs: number;
}

async function take(
  azure: RunningAzure,
  token: string,
  { what, method, path, body }: Asked,
  count: number,
): Promise<Took> {
  const [began, cpuBegan] = [performance.now(), cpuMsOf(azure.pid)];
  for (let n = 0; n < count; n += 1) {
    const answer = await http(azure, method, path, { body, headers: { authorization: `Bearer ${token}` } });
    if (answer.status >= 300) throw new Error(`${what}: ${answer.status} ${JSON.stringify(answer.body)}`);
  }
  return { ms: (performance.now() - began) / count, cpuMs: (cpuMsOf(azure.pid) - cpuBegan) / count };
}

export async function localAzure(rounds: number, count: number): Promise<Measured> {
  const [few, many] = await Promise.all([startAzure(), startAzure()]);
  try {
    await addAgents(many, more);
    const tokens = [await tokenFor(few), await tokenFor(many)] as const;
    const figures: Figure[] = [];
    for (const one of asked) {
      const took: { readonly ours: Took; readonly baseline: Took }[] = [];
      for (let round = -1; round < rounds; round += 1) {
        const calls = round < 0 ? warmUp : count;
        const baseline = await take(few, tokens[0], one, calls);
        const ours = await take(many, tokens[1], one, calls);
        if (round >= 0) took.push({ ours, baseline });
      }
      const where = `${one.what} where there are ${more} agents more`;
      const cpu = took.map(({ ours, baseline }) => ({ ours: ours.cpuMs, baseline: baseline.cpuMs }));
      const clock = took.map(({ ours, baseline }) => ({ ours: ours.ms, baseline: baseline.ms }));
      figures.push(compare(`${where}: processor time of the local Azure`, 'ms', cpu, 'a few agents', { atMost: 1.2 }));
      figures.push(compare(`${where}: by the clock`, 'ms', clock, 'a few agents', null));
    }
    return { name: 'local-azure', figures };
  } finally {
    await Promise.all([discard(few), discard(many)]);
  }
}
