import { beforeAll, describe, expect, test } from '@jest/globals';
import { changeState } from '../support/azure/local-azure.ts';
import { careId } from '../support/azure/local-azure-names.ts';
import { again } from '../support/lives/troubled-world.ts';
import { scenario } from '../support/world/scenario.ts';
import {
  activityText,
  approvalCard,
  approve,
  people,
  places,
  shows,
  submitAgain,
  typeAll,
} from '../support/world/story.ts';
import type { AzureRequest } from '../support/world/world.ts';

/** The quotas of Azure Resource Manager and Resource Graph are on at the realistic pace. */

const names = Array.from({ length: 10 }, (_, n) => `quota-agent-${n}`);

/** The requests that a quota counts: those in the subscription, and those to Resource Graph. */
const counted = (requests: readonly AzureRequest[]) =>
  requests.filter(({ url }) => url.includes(`/subscriptions/${careId}`) || url.includes('Microsoft.ResourceGraph'));

describe('under the quotas of Azure', () => {
  const world = scenario({ own: { latency: 'realistic' } });

  beforeAll(async () => {
    await changeState(world.azure, (state) => {
      const model = state.agents.find(({ name }: { name: string }) => name === 'triage-agent-prod');
      for (const name of names) state.agents.push({ ...structuredClone(model), name });
    });
  });

  const succeed = async (agent: string): Promise<void> => {
    const form = await typeAll(world, { agent, vault: 'kv-care-prod', key: 'cmk-triage-agent' });
    const reviewed = (text: string) => /steps in Azure/.test(text);
    await world.teams.sees(
      places.operations,
      people.requester,
      (one) => one.id === form.id && reviewed(activityText(one)),
      400_000,
    );
    // A submission can be refused, because Azure is too busy for its checks: the person tries again.
    let tries = 0;
    const id = await again(() => {
      tries += 1;
      const inputs = { justification: 'Own keys before the audit', acknowledgeDataLoss: 'true' };
      return submitAgain(world, form, inputs, `submit ${agent} ${tries}`);
    });
    await approve(world, people.approver, await approvalCard(world, id));
    await shows(world, places.operations, people.requester, id, /Succeeded/, 400_000);
  };

  test('one request is never over a quota', async () => {
    await succeed('triage-agent-prod');
    const throttled = counted(await world.azureRequests()).filter(({ status }) => status === 429);
    expect(throttled).toEqual([]);
  });

  test('ten requests at once all succeed', async () => {
    await Promise.all(names.map(succeed));
  });
});
