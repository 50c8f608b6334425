import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runAs, startPostgres } from '../support/store/postgres.ts';
import { signIn, signInLink } from '../support/world/sign-in.ts';
import {
  approvalCard,
  approve,
  ask,
  choices,
  faultAzure,
  mendAzure,
  people,
  places,
  shows,
  until,
  untilFaultsAreMet,
  untilMended,
  writes,
} from '../support/world/story.ts';
import { readRecord, startWorld, type World } from '../support/world/world.ts';

/** The database answers, and takes nothing: whoever clicks is told, whoever looks after the bot as well, and it passes by itself. */

const postgres = await startPostgres();
afterAll(() => postgres.stop());

const endConnections =
  'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()';

describe('a database that answers, and takes nothing', () => {
  let world: World;
  let url = '';
  const bot = `bot_${randomUUID().slice(0, 8)}`;

  const readOnly = [`alter role ${bot} set default_transaction_read_only = on`];
  const writable = [`alter role ${bot} reset default_transaction_read_only`];

  const ready = async (): Promise<unknown> => {
    const answer = await fetch(`${world.botUrl}/readyz`);
    return { status: answer.status, body: await answer.json() };
  };
  const figures = async (): Promise<string> => (await fetch(`${world.botUrl}/metrics`)).text();
  const figure = async (series: string): Promise<number> =>
    Number(
      (await figures())
        .split('\n')
        .find((line) => line.startsWith(`${series} `))
        ?.split(' ')[1],
    );

  beforeAll(async () => {
    url = await postgres.newDatabase();
    await runAs(url, [`create role ${bot} login`]);
    const own = Object.assign(new URL(url), { username: bot }).href;
    const env = { DATABASE_URL: own, CMK_DATABASE_OWNER_URL: url };
    world = await startWorld({ stepUp: true, env });
  });
  afterAll(() => world?.end());

  test('a sign-in that cannot be kept: the browser says that nothing was approved and what to do, and the link is good again afterwards', async () => {
    const card = await approvalCard(world, await ask(world));
    const link = signInLink(await approve(world, people.approver, card)) ?? '';
    await runAs(url, [`revoke insert on cmk.document from ${bot}`]);
    expect(await signIn(link, people.approver)).toEqual({
      status: 503,
      words: expect.stringMatching(
        /^The bot can’t save anything at the moment\b.* Nothing was approved, and nothing was changed in Azure\. Go back to Teams in a few minutes, and try again\./,
      ),
    });
    await runAs(url, [`grant insert on cmk.document to ${bot}`]);
    expect(await signIn(link, people.approver)).toMatchObject({ status: 200 });
    await world.teams.click(people.approver, card.id, 'request.reject', { inputs: { comment: 'Not this week' } });
    // From here on, approving needs no sign-in.
    await world.restartBot('SIGINT', { CMK_STEP_UP: '' });
  });

  test('every reason is there before it is met, for an alert sees only what grows', async () => {
    expect(await ready()).toEqual({ status: 200, body: { status: 'ready' } });
    expect(await figure('cmk_storing')).toBe(1);
    const series = (await figures()).split('\n').filter((line) => line.startsWith('cmk_store_refusals_total{'));
    expect(series.map((line) => line.replace(/.*reason="([^"]+)".*/, '$1')).sort()).toEqual([
      'disk-full',
      'not-allowed',
      'read-only',
      'server-trouble',
    ]);
  });

  const troubles: readonly (readonly [string, string, readonly string[], readonly string[], typeof choices.first])[] = [
    [
      'a right that was taken from the bot’s user',
      'not-allowed',
      [`revoke insert on cmk.event from ${bot}`],
      [`grant insert on cmk.event to ${bot}`],
      choices.test,
    ],
    [
      'a server that may only be read, as a standby',
      'read-only',
      [...readOnly, endConnections],
      [...writable, endConnections],
      choices.policies,
    ],
  ];

  test.each(troubles)('%s', async (_what, reason, begin, end, choice) => {
    const id = await ask(world, choice);
    const card = await approvalCard(world, id);
    const before = await figure(`cmk_store_refusals_total{reason="${reason}"}`);
    await runAs(url, begin);
    await until(async () => {
      const click = JSON.stringify(await approve(world, people.approver, card));
      return click.includes('The bot can’t save anything at the moment, so it changes nothing in Azure');
    }, 'whoever clicks to be told');
    // All replicas share the database: none is better asked than this one, and it can tell people so.
    // At first it may be connections that have just ended: then the database is away for a moment.
    const said = JSON.stringify({ status: 200, body: { status: 'ready', stores: false, because: reason } });
    await until(async () => JSON.stringify(await ready()) === said, 'it to say why nothing is stored');
    expect(await figure(`cmk_store_refusals_total{reason="${reason}"}`)).toBeGreaterThan(before);
    expect(await figure('cmk_storing')).toBe(0);
    expect(world.printed()).toMatch(new RegExp(`"reason":"${reason}".*nothing can be saved`));
    await runAs(url, end);
    await until(async () => {
      const click = await approve(world, people.approver, card).catch(() => null);
      return JSON.stringify(click).includes('Approved: 1 of 1');
    }, 'the click to be taken');
    await shows(world, places.operations, people.requester, id, /Succeeded/);
    await until(async () => (await figure('cmk_storing')) === 1, 'the figure to say that it stores');
    expect(await ready()).toEqual({ status: 200, body: { status: 'ready' } });
    expect((await readRecord(world)).findings).toEqual([]);
    expect(world.printed()).toContain('the database accepts writes again');
  });

  test('a right that is taken away in mid-run, then a server that may only be read: the run waits for longer than the engine tries by itself, asks nobody, and goes on', async () => {
    const from = (await world.azureRequests()).length;
    const id = await ask(world);
    const card = await approvalCard(world, id);
    await faultAzure(world, { match: { method: 'PUT', url: 'roleAssignments' }, ...untilMended });
    await approve(world, people.approver, card);
    await untilFaultsAreMet(world);
    await runAs(url, [`revoke insert on cmk.event from ${bot}`]);
    await mendAzure(world);
    // Eight tries of the engine, each after twice as long as the one before, take a minute.
    await pause(75_000);
    // Then the server is read-only, the engine's own rows included.
    await runAs(url, [...readOnly, `grant insert on cmk.event to ${bot}`, endConnections]);
    const refused = 'cmk_store_refusals_total{reason="read-only"}';
    const before = await figure(refused);
    await until(async () => (await figure(refused)) > before, 'the run to be refused');
    await runAs(url, [...writable, endConnections]);
    await shows(world, places.operations, people.requester, id, /Succeeded|Needs attention/, 60_000);
    const record = await readRecord(world);
    expect(record.findings).toEqual([]);
    expect(record.events(id).filter((event) => /attention|failed/.test(event))).toEqual([]);
    expect(record.events(id).at(-1)).toBe('succeeded');
    expect((await writes(world, from)).filter((write) => / 20[01]$/.test(write))).toHaveLength(4);
  });

  test('a server that is away: what the process knows by itself can still be read, and calls go to other replicas', async () => {
    const { start } = await postgres.crash();
    await until(async () => (await figure('cmk_storing')) === 0, 'the figure to say that nothing is stored');
    expect(await figures()).not.toMatch(/^cmk_(requests_open|outbox_age_seconds)\b/m);
    expect(await ready()).toEqual({ status: 503, body: { status: 'not ready', missing: 'database' } });
    await start();
    await until(async () => (await figure('cmk_storing')) === 1, 'the figure to say that it stores');
    expect(await figure('cmk_outbox_age_seconds')).toBeGreaterThanOrEqual(0);
    expect(await ready()).toEqual({ status: 200, body: { status: 'ready' } });
  });
});
