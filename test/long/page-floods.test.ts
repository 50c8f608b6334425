import { pageLimits } from '../../src/teams/ingress/rate-limit.ts';
import { activity, send, sendRaw } from '../support/teams/raw-activity.ts';
import { scenario } from '../support/world/scenario.ts';

/** Floods of what browsers and probes open, and what is forwarded to it in local mode. */

const world = scenario();

const get = async (path: string, headers: Record<string, string> = {}): Promise<number> =>
  (await sendRaw(world, '', { method: 'GET', path, headers })).status;

/** How often each status was answered. */
async function flood(path: string, count: number): Promise<{ answers: Record<number, number>; most: number }> {
  const since = performance.now();
  const answers: Record<number, number> = {};
  for (let left = count; left > 0; left -= 50) {
    for (const status of await Promise.all(Array.from({ length: 50 }, () => get(path))))
      answers[status] = (answers[status] ?? 0) + 1;
  }
  const { burst, perSecond } = pageLimits;
  return { answers, most: burst + ((performance.now() - since) / 1_000) * perSecond + 1 };
}

test('a flood of a page gets as many as the limit admits, the rest a page that says so, and clicks go on', async () => {
  const flooding = flood(`/evidence/pack?ask=${'a'.repeat(43)}`, 1_500);
  expect((await send(world, activity(world, { type: 'typing' }))).status).toBe(200);
  const { answers, most } = await flooding;
  const { 410: over = 0, 429: tooMany = 0 } = answers;
  expect([over + tooMany, over <= most]).toEqual([1_500, true]);
  const again = await sendRaw(world, '', { method: 'GET', path: '/evidence?ask=x' });
  if (again.status === 429) expect(again.body).toContain('Too many pages are being opened.');
});

test.each(['/readyz', '/metrics'])('a flood of %s is answered, all of it', async (path) => {
  expect((await flood(path, 1_000)).answers).toEqual({ 200: 1_000 });
});

test.each([
  ['a proxy', { 'x-forwarded-for': '127.0.0.1' }],
  ['a proxy of the standard kind', { forwarded: 'for=203.0.113.7' }],
  ['another host', { host: 'bot.example:3978' }],
  ['a page of another site', { origin: 'https://example.com' }],
])('no page is shown in local mode to a call through %s', async (_, headers) => {
  expect(await get('/evidence?ask=x', headers)).toBe(403);
  expect(await get('/evidence/pack?ask=x', headers)).toBe(403);
});
