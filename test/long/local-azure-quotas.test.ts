import { type HttpAnswer, http } from '../support/azure/local-azure.ts';
import { clientsOf } from '../support/azure/local-azure-clients.ts';
import { agentId, careId } from '../support/azure/local-azure-names.ts';
import { simulatedAzure } from '../support/azure/simulated-azure.ts';

/** The quotas of Azure Resource Manager and Resource Graph, which are on at the realistic pace. */

const azure = simulatedAzure();

/** Asks until it is refused, which a slow machine only delays. */
const untilRefused = async (ask: () => Promise<HttpAnswer>): Promise<HttpAnswer> => {
  for (let n = 0; n < 200; n += 1) {
    const refused = (await Promise.all(Array.from({ length: 50 }, ask))).find(({ status }) => status === 429);
    if (refused !== undefined) return refused;
  }
  throw new Error('it was never refused');
};

test('who asks too much is told so, as Azure does it, and is served again later', async () => {
  await http(azure, 'PUT', '/simulator/latency', { body: { latency: 'realistic' } });
  const headers = { authorization: `Bearer ${await clientsOf(azure).token()}` };
  const read = () => http(azure, 'GET', `${agentId('triage-agent-prod')}?api-version=2025-11-01`, { headers });
  const query = () =>
    http(azure, 'POST', '/providers/Microsoft.ResourceGraph/resources?api-version=2024-04-01', {
      headers,
      body: { query: 'resources', subscriptions: [careId] },
    });
  const arm = await untilRefused(read);
  expect(arm.headers['retry-after']).toBe('1');
  expect(arm.body.error.code).toBe('SubscriptionRequestsThrottled');
  const graph = await untilRefused(query);
  expect(graph.headers['retry-after']).toBeUndefined();
  expect(graph.headers).toMatchObject({ 'x-ms-user-quota-remaining': '0' });
  expect(graph.headers['x-ms-user-quota-resets-after']).toMatch(/^00:00:0[1-5]$/);
  expect(graph.body.error).toMatchObject({ code: 'RateLimiting', details: [{ code: 'RateLimiting' }] });
  await new Promise((resolve) => setTimeout(resolve, 5_000));
  expect([(await read()).status, (await query()).status]).toEqual([200, 200]);
});
