import { connect, type Socket } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { linkLimits } from '../../src/teams/ingress/gate.ts';
import { activity, type RawAnswer, send, sendRaw } from '../support/teams/raw-activity.ts';
import { scenario } from '../support/world/scenario.ts';
import { signInLink } from '../support/world/sign-in.ts';
import { approvalCard, approve, ask, people, until } from '../support/world/story.ts';
import { queryStore, type World } from '../support/world/world.ts';

/** Floods of calls, pages and connections. Each limit by itself: test/unit/teams/ingress. */

const person = (id: string) => ({ id: `29:${id}`, name: 'Somebody', aadObjectId: id });
const talker = (n: number): string => `97777777-0000-4000-8000-${String(n).padStart(12, '0')}`;

/** Writes what it is given, waits between, and tells what came back before the other end closed the connection. */
function trickle(world: World, parts: Iterable<string>, everyMs: number): Promise<string> {
  const { hostname, port } = new URL(world.botUrl);
  return new Promise((resolve) => {
    let answer = '';
    const rest = parts[Symbol.iterator]();
    const socket = connect(Number(port), hostname);
    const timer = setInterval(() => {
      const { value, done } = rest.next();
      if (!done && socket.writable) socket.write(value);
    }, everyMs);
    socket.setEncoding('utf8').on('data', (text) => {
      answer += text;
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearInterval(timer);
      resolve(answer);
    });
  });
}

function* endless(first: string, next: string): Generator<string> {
  yield first;
  for (;;) yield next;
}

const head = (...headers: readonly string[]): string =>
  ['POST /api/messages HTTP/1.1', 'Host: localhost', 'Content-Type: application/json', ...headers, '', ''].join('\r\n');

describe('with 20 calls at once', () => {
  const world = scenario({ own: { stepUp: true, env: { CMK_CALLS_AT_ONCE: '20' } } });
  const get = (path: string) => sendRaw(world, '', { method: 'GET', path });
  const alive = async () => (await get('/healthz')).status;
  const by = (id: string, changes: object) => send(world, activity(world, { from: person(id), ...changes }));

  test('who sends more is told to wait, others in that place are served, and nothing is stored by it', async () => {
    let said: RawAnswer | null = null;
    // On a machine that is held up, the first may come when one is served again.
    for (let n = 0; said?.status !== 429 && n < 10; n += 1) {
      await Promise.all(Array.from({ length: 60 }, () => by(talker(n), { type: 'typing' })));
      said = await by(talker(n), { text: '/cmk-help' });
    }
    expect(said?.body).toContain('Wait a moment');
    expect((await by(people.requester, { type: 'typing' })).status).toBe(200);
    expect(await alive()).toBe(200);
    const rows = await queryStore(world, 'select id::text as it from cmk.person');
    expect(JSON.stringify(rows)).not.toContain('97777777');
  });

  test('an approver signs in during a flood of links that do not exist, and of the link of another', async () => {
    const flood = async (path: string, count: number): Promise<readonly number[]> =>
      (await Promise.all(Array.from({ length: count }, () => get(path)))).map(({ status }) => status);
    const card = await approvalCard(world, await ask(world));
    const linkFor = async (id: string): Promise<string> => signInLink(await approve(world, id, card)) ?? '';
    const [link, flooded] = [await linkFor(people.approver), await linkFor(people.secondApprover)];
    const { pathname, search } = new URL(flooded);
    for (const path of ['/sign-in/start', '/sign-in/start?ask=x', '/sign-in/done?state=x'])
      expect(new Set(await flood(path, 300))).toEqual(new Set([410]));
    await flood(`/evidence/pack?ask=${'a'.repeat(43)}`, 800);
    await flood(`/sign-in/start?ask=${'b'.repeat(43)}`, 200);
    const shown = await flood(`${pathname}${search}`, 200);
    expect(new Set(shown)).toEqual(new Set([200, 429]));
    expect(shown.filter((status) => status === 200).length).toBeGreaterThanOrEqual(linkLimits.burst);
    expect((await fetch(link)).status).toBe(200);
  });

  test('a body without a length is read to the limit and no further', async () => {
    const chunk = `${(60_000).toString(16)}\r\n${'x'.repeat(60_000)}\r\n`;
    const answer = await trickle(
      world,
      [head('Transfer-Encoding: chunked', 'Connection: close'), ...Array(6).fill(chunk), '0\r\n\r\n'],
      5,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });

  test('who sends slowly, nothing or without end is cut off, and others are served meanwhile', async () => {
    const chunked = head('Transfer-Encoding: chunked');
    const cut = Promise.all([
      trickle(world, [], 500),
      trickle(world, endless('POST /api/messages HTTP/1.1\r\nHost: localhost\r\n', 'X-More: 1\r\n'), 500),
      trickle(world, endless(head('Content-Length: 1000'), '{'), 500),
      trickle(world, endless(chunked, '1\r\n{\r\n'), 500),
      trickle(world, endless(chunked, `${(60_000).toString(16)}\r\n${'x'.repeat(60_000)}\r\n`), 100),
    ]);
    expect(await alive()).toBe(200);
    // None of them ends by itself.
    expect(await cut).toHaveLength(5);
    expect(await alive()).toBe(200);
  });

  test('more connections than it can bear are not taken, and it is there again once they are gone', async () => {
    const { hostname, port } = new URL(world.botUrl);
    const sockets = await Promise.all(
      Array.from(
        { length: 1_000 },
        () =>
          new Promise<Socket>((resolve) => {
            const socket = connect(Number(port), hostname, () => resolve(socket));
            socket.on('error', () => undefined);
          }),
      ),
    );
    const refused = await sendRaw(world, '', { method: 'GET', path: '/healthz' });
    for (const socket of sockets) socket.destroy();
    expect(refused.status).toBe(0);
    const healthy = async () => (await sendRaw(world, '', { method: 'GET', path: '/healthz' })).status === 200;
    await until(healthy, 'there again');
  });
});
