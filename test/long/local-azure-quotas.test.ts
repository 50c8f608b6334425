import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Quotas } from '../../src/sandbox/azure/http/quotas.ts';
import { Refusal } from '../../src/sandbox/azure/http/reply.ts';
import { SimulatorState } from '../../src/sandbox/azure/state/schema.ts';
import { seedState } from '../../src/sandbox/azure/state/seed.ts';
import { discard, type HttpAnswer, http, type RunningAzure, startAzure } from '../support/azure/local-azure.ts';
import { clientsOf } from '../support/azure/local-azure-clients.ts';
import { agentId, bot, careId, owner, researchId } from '../support/azure/local-azure-names.ts';

const start = Date.parse('2026-03-02T08:00:00Z');
const at = (milliseconds: number): Date => new Date(start + milliseconds);

let seed: SimulatorState;
beforeAll(async () => {
  seed = await seedState(8443, new Date());
});

/** Asks one part of the simulator, which gets its clock as an argument: what counts is the time between requests. */
const counted = (settings: { quotas: boolean | null }, latency: 'instant' | 'realistic' = 'realistic') => {
  const state = SimulatorState.parse({ ...seed, latency, settings: { ...seed.settings, ...settings } });
  const quotas = new Quotas();
  const send = (method: string, path: string, ms: number, principal = bot.id) => {
    const incoming = { method, path };
    try {
      quotas.countArm(state, incoming, principal, at(ms));
      return { refused: null, headers: quotas.armHeaders(incoming, principal, at(ms)) };
    } catch (error) {
      if (error instanceof Refusal) return { refused: error.reply, headers: error.reply.headers };
      throw error;
    }
  };
  const served = (count: number, ...request: Parameters<typeof send>): number =>
    Array.from({ length: count }, () => send(...request)).filter(({ refused }) => refused === null).length;
  return { state, quotas, send, served };
};

const inCare = `/subscriptions/${careId}/resourceGroups`;

describe('the buckets of Azure Resource Manager', () => {
  test.each([
    ['GET', 250, 25],
    ['HEAD', 250, 25],
    ['PUT', 200, 10],
    ['PATCH', 200, 10],
    ['POST', 200, 10],
    ['DELETE', 200, 10],
  ])('%s: %d at once, then %d a second, never more than a full bucket', (method, size, perSecond) => {
    const { served } = counted({ quotas: null });
    expect(served(size + 50, method, inCare, 0)).toBe(size);
    expect(served(size, method, inCare, 1_000)).toBe(perSecond);
    expect(served(2 * size, method, inCare, 3_600_000)).toBe(size);
  });

  test('are each principal’s own, in each subscription and in the tenant, and reads are not writes', () => {
    const { served } = counted({ quotas: null });
    expect(served(300, 'GET', inCare, 0)).toBe(250);
    expect(served(300, 'GET', `/subscriptions/${researchId}/resourceGroups`, 0)).toBe(250);
    expect(served(300, 'GET', '/subscriptions', 0)).toBe(250);
    expect(served(300, 'GET', inCare.toUpperCase(), 0, owner.id)).toBe(250);
    expect(served(300, 'GET', inCare.toUpperCase(), 0)).toBe(0);
    expect(served(300, 'PATCH', inCare, 0)).toBe(200);
  });

  test('are 15 times as large for all principals together', () => {
    const { served } = counted({ quotas: null });
    const each = Array.from({ length: 16 }, (_, n) => served(250, 'GET', inCare, 0, `principal ${n}`));
    expect(each).toEqual([...Array.from({ length: 15 }, () => 250), 0]);
  });

  test('are not counted at the instant pace, unless the settings say so', () => {
    const off = counted({ quotas: null }, 'instant');
    expect(off.served(300, 'GET', inCare, 0)).toBe(300);
    const on = counted({ quotas: true }, 'instant');
    expect(on.served(300, 'GET', inCare, 0)).toBe(250);
    const never = counted({ quotas: false });
    expect(never.served(300, 'GET', inCare, 0)).toBe(300);
  });
});

test('Resource Graph serves 15 queries in 5 seconds to each principal', () => {
  const { state, quotas } = counted({ quotas: null });
  const ask = (ms: number, principal = bot.id) => quotas.countQuery(state, principal, at(ms));
  const headers = (remaining: string, after: string) => ({
    'x-ms-user-quota-remaining': remaining,
    'x-ms-user-quota-resets-after': after,
  });
  expect(ask(0)).toEqual({ served: true, headers: headers('14', '00:00:05') });
  for (let n = 0; n < 13; n += 1) ask(1_000);
  expect(ask(1_500)).toEqual({ served: true, headers: headers('0', '00:00:04') });
  expect(ask(1_500)).toEqual({ served: false, headers: headers('0', '00:00:04') });
  expect(ask(1_500, owner.id)).toMatchObject({ served: true });
  expect(ask(4_999)).toEqual({ served: false, headers: headers('0', '00:00:01') });
  expect(ask(5_000)).toEqual({ served: true, headers: headers('14', '00:00:05') });
});

describe('over HTTP', () => {
  let azure: RunningAzure;
  afterEach(() => discard(azure));

  /** Asks until it is refused, which a slow machine only delays. */
  const untilRefused = async (ask: () => Promise<HttpAnswer>): Promise<HttpAnswer> => {
    for (let n = 0; n < 200; n += 1) {
      const refused = (await Promise.all(Array.from({ length: 50 }, ask))).find(({ status }) => status === 429);
      if (refused !== undefined) return refused;
    }
    throw new Error('it was never refused');
  };

  test('who asks too much is told so, as Azure does it, and is served again later', async () => {
    azure = await startAzure({ latency: 'realistic' });
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
});
