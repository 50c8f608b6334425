import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { type SlowWire, startSlowWire } from '../support/processes/slow-wire.ts';
import { runAs, startPostgres } from '../support/store/postgres.ts';
import type { SeenActivity } from '../support/teams/local-teams.ts';
import {
  activityText,
  answered,
  approvalCard,
  approve,
  ask,
  cardsAbout,
  choices,
  faultAzure,
  mendAzure,
  people,
  places,
  rememberAzure,
  shows,
  type,
  until,
  untilFaultsAreMet,
  untilMended,
  writes,
} from '../support/world/story.ts';
import { type Replica, readRecord, startWorld, testOverrides, type World } from '../support/world/world.ts';

/**
 * Two bots in the middle of a run: the database goes away, refuses what is stored or loses connections, one of them is killed or stands
 * still. The run waits, asks nobody, and goes on by itself; each change of Azure is made once.
 */

const postgres = await startPostgres();
const bot = `bot_${randomUUID().slice(0, 8)}`;
let world: World;
let url: string;
let wire: SlowWire | null = null;
let putBack: () => Promise<void>;
let other: Replica;
/** Of what was printed before, failures were meant. */
let judgedFrom = 0;

beforeAll(async () => {
  url = await postgres.newDatabase();
  await runAs(url, [`create role ${bot} login`]);
  const DATABASE_URL = Object.assign(new URL(url), { username: bot }).href;
  world = await startWorld({
    env: { DATABASE_URL, CMK_DATABASE_OWNER_URL: url, ...testOverrides({ replica: 'one' }) },
  });
  other = await world.startReplica('two');
  putBack = await rememberAzure(world);
});
afterAll(async () => {
  await world?.end();
  wire?.stop();
  await postgres.stop();
});
afterEach(async () => {
  // After one that failed, too: the next is not to fail because of it.
  await mendAzure(world);
  await putBack();
  const printed = world.printed().slice(judgedFrom);
  expect(printed.match(/.*(cmk-bot ends|unhandled|uncaught|"level":60).*/gi) ?? []).toEqual([]);
});

const allReady = { status: 200, body: { status: 'ready' } };
const ready = async (at = world.botUrl): Promise<unknown> => {
  const answer = await fetch(`${at}/readyz`);
  return { status: answer.status, body: await answer.json() };
};
const isReady = (answer: object, at = world.botUrl) =>
  until(
    async () => JSON.stringify(await ready(at)) === JSON.stringify(answer),
    `${at} to say ${JSON.stringify(answer)}`,
  );

/** Of both. */
async function refusals(reason: string): Promise<number> {
  const texts = await Promise.all([world.botUrl, other.url].map(async (at) => (await fetch(`${at}/metrics`)).text()));
  const counts = texts.map((text) =>
    new RegExp(`^cmk_store_refusals_total\\{reason="${reason}"\\} (\\d+)`, 'm').exec(text),
  );
  return counts.reduce((sum, found) => sum + Number(found?.[1] ?? 0), 0);
}

interface Run {
  readonly id: string;
  readonly from: number;
}

/** A run that stands in the middle of a change. */
async function inTheMiddle(beforeApproval = async (): Promise<void> => undefined): Promise<Run> {
  const from = (await world.azureRequests()).length;
  const id = await ask(world);
  const card = await approvalCard(world, id);
  await faultAzure(world, { match: { method: 'PUT', url: 'roleAssignments' }, ...untilMended });
  await beforeApproval();
  await approve(world, people.approver, card);
  await untilFaultsAreMet(world);
  return { id, from };
}

/** Both live as they did; the request is done, each change of Azure once, and every card says so. */
async function isWhole({ id, from }: Run): Promise<void> {
  await shows(world, places.operations, people.requester, id, /Succeeded/);
  for (const place of [places.operations, places.approvals]) {
    const cards = () => cardsAbout(world, place, people.approver, id);
    const areNew = async () => (await cards()).every((card) => /Succeeded/.test(activityText(card)));
    await until(areNew, `every card of ${id} to be up to date`);
    expect([1, 2]).toContain((await cards()).length);
  }
  const done = (await writes(world, from)).filter((write) => / 20[01]$/.test(write));
  // The agent is written twice: its identity, and its key.
  expect([done.length, new Set(done).size]).toEqual([4, 3]);
  const record = await readRecord(world);
  expect(record.findings).toEqual([]);
  expect(record.events(id).filter((event) => event.startsWith('attention'))).toEqual([]);
  const steps = record.events(id).filter((event) => event.startsWith('step-done'));
  expect(new Set(steps.map((event) => event.split('/')[0])).size).toBe(steps.length);
  for (const at of [world.botUrl, other.url]) await isReady(allReady, at);
}

const reject = async (card: SeenActivity): Promise<string> =>
  answered(await world.teams.click(people.approver, card.id, 'request.reject', { inputs: { comment: 'Not now' } }));
const isTold = (card: SeenActivity) =>
  until(
    async () =>
      (await reject(card)).includes('The bot can’t save anything at the moment, so it changes nothing in Azure'),
    'whoever clicks to be told',
  );
const isTaken = (card: SeenActivity) =>
  until(async () => (await reject(card).catch(() => '')).includes('Rejected'), 'the click to be taken');

test('a replica that is killed in mid-run: the other one continues', async () => {
  // Either one may begin a run: the one that is killed is alone until it has begun this one.
  const run = await inTheMiddle(() => other.end('SIGINT'));
  other = await world.startReplica('two');
  await world.endBot('SIGKILL');
  await mendAzure(world);
  await shows(world, places.operations, people.requester, run.id, /Succeeded/);
  await world.startBot();
  await isWhole(run);
  expect(world.printed()).toMatch(/lost its replica/);
  judgedFrom = world.printed().length;
});

test('a replica that stands still before a write until another took its run over writes nothing more, in Azure or in the log', async () => {
  await other.end('SIGINT');
  const from = (await world.azureRequests()).length;
  const id = await ask(world);
  const card = await approvalCard(world, id);
  // Azure is slow with the write before, until it holds up what the step after it reads.
  await faultAzure(world, {
    match: { method: 'PATCH', url: 'healthBots/triage-agent-prod' },
    times: 1,
    delayMs: 5_000,
  });
  await approve(world, people.approver, card);
  await untilFaultsAreMet(world);
  await faultAzure(world, { match: { method: 'GET', url: 'roleAssignments' }, ...untilMended });
  await untilFaultsAreMet(world);
  world.signalBot('SIGSTOP');
  await mendAzure(world);
  other = await world.startReplica('two');
  const events = async () => (await readRecord(world)).events(id);
  await until(async () => (await events()).at(-1) === 'succeeded', 'the other one to end the run');
  const done = await writes(world, from);
  const rows = await events();
  const said = world.printed().length;
  world.signalBot('SIGCONT');
  await until(async () => /its claim was lost/.test(world.printed().slice(said)), 'it to give the run up');
  await type(world, people.requester, '/cmk-help');
  expect([await writes(world, from), await events()]).toEqual([done, rows]);
  await isWhole({ id, from });
});

test('a server that is away: whoever clicks is told, other calls go elsewhere, and the run and the click go on', async () => {
  const card = await approvalCard(world, await ask(world, choices.test));
  const run = await inTheMiddle();
  const server = await postgres.crash();
  await mendAzure(world);
  await isTold(card);
  expect(await ready()).toEqual({ status: 503, body: { status: 'not ready', missing: 'database' } });
  expect(await (await fetch(`${world.botUrl}/metrics`)).text()).toContain('cmk_storing 0');
  await server.start();
  await isTaken(card);
  await isWhole(run);
});

const noRoom = `create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no room' using errcode = '53100'; end $$`;

test.each<[what: string, reason: string, begin: readonly string[], end: readonly string[]]>([
  [
    'a right that was taken from the bot’s user',
    'not-allowed',
    [`revoke insert on cmk.event from ${bot}`],
    [`grant insert on cmk.event to ${bot}`],
  ],
  [
    'no room for the jobs that events lead to',
    'disk-full',
    [noRoom, 'create trigger refuse before insert on pgboss.job_common for each row execute function refuse()'],
    ['drop trigger refuse on pgboss.job_common', 'drop function refuse'],
  ],
])('%s: the run tries again and again, and the bot says why nothing is stored', async (_what, reason, begin, end) => {
  const card = await approvalCard(world, await ask(world, choices.test));
  const run = await inTheMiddle();
  const before = await refusals(reason);
  await runAs(url, begin);
  await mendAzure(world);
  // Waits that double would take minutes for so many.
  await until(async () => (await refusals(reason)) >= before + 5, 'the run to be refused again and again');
  await isTold(card);
  // Other replicas would store no more: calls still come here, where people are told.
  await isReady({ status: 200, body: { status: 'ready', stores: false, because: reason } });
  expect(world.printed()).toMatch(new RegExp(`"reason":"${reason}".*nothing can be saved`));
  await runAs(url, end);
  await isTaken(card);
  await isWhole(run);
  expect(world.printed()).toContain('the database accepts writes again');
});

// The last: the proxy accepts connections even while the server is down.
test('connections that are lost without an end, as when a server loses its network: it takes others within a minute', async () => {
  const lossy = await startSlowWire(Object.assign(new URL(url), { username: bot }).href);
  wire = lossy;
  await other.end('SIGINT');
  other = await world.startReplica('two', { DATABASE_URL: lossy.url });
  await world.restartBot('SIGINT', { DATABASE_URL: lossy.url });
  const run = await inTheMiddle();
  lossy.loseConnections();
  await mendAzure(world);
  await isWhole(run);
});
