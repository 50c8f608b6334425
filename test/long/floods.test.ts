import { connect, type Socket } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { activity, type RawAnswer, send, sendRaw } from '../support/teams/raw-activity.ts';
import { scenario } from '../support/world/scenario.ts';
import { people, places, until } from '../support/world/story.ts';
import { queryStore, type World } from '../support/world/world.ts';

const person = (id: string) => ({ id: `29:${id}`, name: 'Somebody', aadObjectId: id });
const stranger = '99999999-0000-4000-8000-000000000001';
const talker = (n: number): string => `97777777-0000-4000-8000-${String(n).padStart(12, '0')}`;
const place = (id: string) => ({ ...(activity({ teams: { url: '' } } as World).conversation as object), id });

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
  const world = scenario({ own: { env: { CMK_CALLS_AT_ONCE: '20' } } });
  /** Who typed a command and was told to wait. */
  let silenced = '';

  const statuses = (answers: readonly RawAnswer[]): number[] => answers.map(({ status }) => status);
  const served = (answers: readonly RawAnswer[]): number => statuses(answers).filter((status) => status === 200).length;
  const silent = (changes: Readonly<Record<string, unknown>>) =>
    send(world, activity(world, { type: 'typing', ...changes }));
  const many = (count: number, changes: (n: number) => Readonly<Record<string, unknown>>): Promise<RawAnswer[]> =>
    Promise.all(Array.from({ length: count }, (_, n) => silent(changes(n))));
  /** How many can be served in the time that it took: so many at once, and a tenth of that each second. */
  async function bounded(atOnce: number, flood: () => Promise<RawAnswer[]>) {
    const started = performance.now();
    const answers = await flood();
    return { answers, most: atOnce + Math.ceil((performance.now() - started) * (atOnce / 10_000)) };
  }
  /** Types until it is told to wait: on a machine that is held up, the first may come when one is served again. */
  async function refused(who: (n: number) => string): Promise<RawAnswer> {
    for (let n = 0; ; n++) {
      const as = { from: person(who(n)), conversation: place(`a:${who(n)}`) };
      await many(60, () => as);
      const said = await send(world, activity(world, { ...as, text: '/cmk-help' }));
      if (said.status === 429 || n === 9) {
        silenced = who(n);
        return said;
      }
    }
  }
  const alive = async () => (await fetch(`${world.botUrl}/healthz`)).status;

  test('who sends more is told to wait, and stores nothing by it', async () => {
    const from = person(stranger);
    const conversation = place('a:stranger');
    const { answers, most } = await bounded(20, () => many(60, () => ({ from, conversation })));
    expect(served(answers)).toBeGreaterThanOrEqual(20);
    expect(served(answers)).toBeLessThanOrEqual(most);
    expect([...new Set(statuses(answers))].sort()).toEqual([200, 429]);
    const said = await refused(talker);
    expect(said.status).toBe(429);
    expect(said.body).toContain('Wait a moment');
  });

  test('others are served meanwhile, in the same place too', async () => {
    const conversation = place('a:stranger');
    expect((await silent({ from: person(people.requester), conversation })).status).toBe(200);
    expect(await alive()).toBe(200);
  });

  test('a place in which very many speak is told to wait, and other places are not', async () => {
    // Each of them keeps to what one person may send.
    const crowd = (n: number) => person(`98888888-0000-4000-8000-${String(n % 20).padStart(12, '0')}`);
    const conversation = place('19:crowd@thread.v2');
    const { answers, most } = await bounded(100, () => many(200, (n) => ({ from: crowd(n), conversation })));
    expect(served(answers)).toBeGreaterThanOrEqual(100);
    expect(served(answers)).toBeLessThanOrEqual(most);
    expect((await silent({ from: person(people.approver), conversation: place(places.group) })).status).toBe(200);
  });

  test('who waits is served again', async () => {
    const again = async () =>
      (await silent({ from: person(stranger), conversation: place('a:stranger') })).status === 200;
    await until(again, 'served again');
  });

  test('a probe is answered however often it asks', async () => {
    expect(new Set(await Promise.all(Array.from({ length: 100 }, alive)))).toEqual(new Set([200]));
  });

  test.each([
    ['a list of lists', '['.repeat(100) + ']'.repeat(100)],
    ['a hundred thousand lists', '['.repeat(100_000) + ']'.repeat(100_000)],
    ['objects', `${'{"a":'.repeat(40_000)}1${'}'.repeat(40_000)}`],
  ])('%s inside an honest activity is refused', async (_what, nested) => {
    const body = JSON.stringify(activity(world)).replace(/}$/, `,"value":${nested}}`);
    const answer = await sendRaw(world, body);
    expect(answer.status).toBe(400);
    expect(answer.body).toContain('nested deeper');
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

  test('nothing of the flood was stored, and nothing went unhandled', async () => {
    expect(world.printed()).not.toMatch(/unhandled|unexpected error|uncaught/i);
    await world.endBot('SIGINT');
    const rows = await queryStore(
      world,
      'select id::text as it from cmk.person union select conversation_id from cmk.conversation',
    );
    expect(JSON.stringify(rows)).not.toMatch(/9{8}|98{7}|stranger|crowd/);
    expect(silenced).not.toBe('');
    expect(JSON.stringify(rows)).not.toContain(silenced);
    expect(JSON.stringify(rows)).toContain(people.requester);
  });
});
