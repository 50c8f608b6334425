import { linkLimits, linkReadLimits } from '../../src/teams/ingress/gate.ts';
import { activity, send, sendRaw } from '../support/teams/raw-activity.ts';
import { scenario } from '../support/world/scenario.ts';
import { signInLink } from '../support/world/sign-in.ts';
import { approvalCard, approve, ask, people } from '../support/world/story.ts';

/** Floods of what browsers and probes open, and what is forwarded to it in local mode. */

const world = scenario({ own: { stepUp: true } });

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
  const { burst, perSecond } = linkReadLimits;
  return { answers, most: burst + ((performance.now() - since) / 1_000) * perSecond + 1 };
}

test('a flood of a page gets as many as the limit admits, the rest a page that says so, and clicks go on', async () => {
  const flooding = flood(`/evidence/pack?ask=${'a'.repeat(43)}`, 3_000);
  expect((await send(world, activity(world, { type: 'typing' }))).status).toBe(200);
  const { answers, most } = await flooding;
  const { 410: over = 0, 429: tooMany = 0 } = answers;
  expect([over + tooMany, over <= most]).toEqual([3_000, true]);
  const again = await sendRaw(world, '', { method: 'GET', path: `/evidence?ask=${'a'.repeat(43)}` });
  if (again.status === 429) expect(again.body).toContain('Too many pages are being opened.');
});

test('an approver signs in during a flood of links that do not exist, and of the link of another', async () => {
  const card = await approvalCard(world, await ask(world));
  const linkFor = async (person: string): Promise<string> => signInLink(await approve(world, person, card)) ?? '';
  const [link, flooded] = [await linkFor(people.approver), await linkFor(people.secondApprover)];
  const { pathname, search } = new URL(flooded);
  const unread = ['/sign-in/start', '/sign-in/start?ask=x', '/sign-in/done?state=x'];
  for (const path of unread) expect((await flood(path, 500)).answers).toEqual({ 410: 500 });
  await flood(`/sign-in/start?ask=${'b'.repeat(43)}`, 200);
  const { 200: shown = 0, 429: tooMany = 0 } = (await flood(`${pathname}${search}`, 200)).answers;
  expect([shown + tooMany, shown >= linkLimits.burst, tooMany > 0]).toEqual([200, true, true]);
  expect((await fetch(link)).status).toBe(200);
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
