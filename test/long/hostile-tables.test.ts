import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AttackTable } from '../support/attacks/attack-table.ts';
import { columnsOf, type HostileWrite, keepTable, writesTo } from '../support/attacks/hostile-rows.ts';
import { chosenCases } from '../support/lives/chosen-cases.ts';
import { cmkBot } from '../support/processes/command-line.ts';
import { newDatabase } from '../support/store/run-server.ts';
import { startStore } from '../support/store/store-client.ts';
import { type OpenDatabase, openWritten } from '../support/store/written-store.ts';
import type { SeenActivity } from '../support/teams/local-teams.ts';
import {
  answered,
  approvalCard,
  approve,
  ask,
  choices,
  people,
  places,
  shows,
  type,
  until,
  writes,
} from '../support/world/story.ts';
import { startWorld, type World } from '../support/world/world.ts';

/**
 * Somebody writes into each table beside the record itself (that is test/long/record-attacks.test.ts) while the bot runs:
 * every column with every value, all rows at once, and all rows gone. People look at their cards and lists meanwhile, and click
 * nothing that decides. No event is stored, Azure gets no write, and the audit log verifies afterwards.
 */

const tables = [
  ...['conversation', 'document', 'migration', 'person', 'shown', 'witness'].map((name) => `cmk."${name}"`),
  'pgboss',
];
/** What the bot looks at by itself is looked at within this. */
const sweptMs = 1_200;
const attacks = new AttackTable();

describe('somebody who writes the tables', () => {
  let world: World;
  let store: OpenDatabase;
  let form: SeenActivity;
  let theirs: SeenActivity;
  let list: SeenActivity;
  let waiting: SeenActivity;
  let ids: { readonly waiting: string; readonly later: string };
  let before: readonly string[];
  let from: number;

  const dayIn = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
  const isThere = (): Promise<boolean> =>
    fetch(`${world.botUrl}/healthz`).then(
      ({ ok }) => ok,
      () => false,
    );
  const verified = async (): Promise<number | null> => (await cmkBot(['audit', 'verify'], world.settings)).code;

  beforeAll(async () => {
    world = await startWorld({
      env: { DATABASE_URL: await newDatabase(), CMK_CALLS_AT_ONCE: '1000000' },
    });
    store = await openWritten(world);
    // One that ran, so that the engine's tables are not empty.
    const ran = await ask(world, choices.policies);
    await approve(world, people.approver, await approvalCard(world, ran));
    await shows(world, places.operations, people.requester, ran, /Succeeded/);
    ids = { waiting: await ask(world, choices.first), later: await ask(world, choices.test) };
    waiting = await approvalCard(world, ids.waiting);
    // Approved, and put off: its run must not begin before its time.
    const start = { acknowledgeIrreversible: 'true', startDay: dayIn(3), startTime: '03:30' };
    await approve(world, people.approver, await approvalCard(world, ids.later), start);
    form = await type(world, people.requester, '/enable-cmk');
    theirs = await type(world, people.approver, '/enable-cmk');
    list = await type(world, people.requester, '/cmk-requests all', places.group);
    const port = await startStore(world.databaseUrl);
    const [log, key] = ['cmk-bot/audit', 'witness.example/w1+00000000+x'];
    const asked = { key, size: 1, at: new Date(), outcome: 'signed', detail: '', note: '' } as const;
    await port.call('witnesses', 'keep', log, [asked]);
    await port.close();
    await until(
      async () => (await store.sql(`select 1 from pgboss.job where start_after < now()`)).length === 0,
      'rest',
    );
    [before, from] = [await store.events(), (await world.azureRequests()).length];
  });
  afterAll(async () => {
    attacks.print('What whoever writes a table does');
    await store?.close();
    await world?.end();
  });

  /** What people and their clients do without deciding anything; what they are answered may be an error. */
  const look = (): Promise<unknown> =>
    Promise.allSettled([
      world.teams.click(people.requester, form.id, 'form.show'),
      world.teams.click(people.approver, theirs.id, 'form.show'),
      world.teams.click(people.approver, waiting.id, 'request.refresh'),
      world.teams.click(people.requester, list.id, 'list.all'),
      world.teams.activities(places.operations, people.requester),
      world.teams.activities(places.approvals, people.approver),
    ]);

  /** How many rows it changed; null: the database takes no such row. */
  const put = async ({ statement, ofOneRow }: HostileWrite): Promise<number | null> => {
    const rows = (text: string) => store.sql(`with t as (${text} returning 1) select count(*)::int as n from t`);
    const changed = await rows(statement)
      .catch((error: unknown) => (ofOneRow === undefined ? Promise.reject(error) : rows(ofOneRow)))
      .catch(() => null);
    return changed === null ? null : Number(changed[0]?.n);
  };

  async function tryOne(attack: string, one: HostileWrite, waitMs: number): Promise<void> {
    const changed = await put(one);
    if (changed === 0) return;
    if (changed !== null) await Promise.all([look(), sleep(waitMs)]);
    const ends = !(await isThere());
    const answer = changed === null ? 'refused by the database' : ends ? 'the bot ends' : 'the bot goes on';
    const stored = (await store.events()).length - before.length;
    attacks.add(attack, answer, stored);
    expect({ what: one.what, stored }).toEqual({ what: one.what, stored: 0 });
  }

  async function tryAll(table: string, all: readonly HostileWrite[], waitMs: number, attack = table): Promise<void> {
    for (const one of chosenCases(all)) {
      const putBack = await keepTable(store, table);
      await tryOne(`${attack}: ${one.what.split(':')[0]}`, one, waitMs);
      await putBack();
      if (!(await isThere())) await world.restartBot('SIGKILL');
    }
    expect(await store.events()).toEqual(before);
    expect(await writes(world, from)).toEqual([]);
  }

  test('is tried with every table that there is', async () => {
    const record = ['event', 'chain_head', 'free_text', 'open_request'].map((name) => `cmk."${name}"`);
    const there = new Set((await columnsOf(store, 'cmk')).map(({ table }) => table));
    const document = readFileSync(new URL('../../docs/explain/security.md', import.meta.url), 'utf8');
    const rows =
      document.slice(document.indexOf('### What a writer of each table causes')).split('## Out of scope')[0] ?? '';
    const named = [...there].map((name) => `\`${name.replaceAll('"', '')}\``);
    expect(named.filter((name) => !rows.includes(name))).toEqual([]);
    expect([...there].sort()).toEqual([...record, ...tables.filter((name) => name !== 'pgboss')].sort());
  });

  test.each(tables.filter((name) => name !== 'pgboss'))('makes no event and no Azure write by %s', async (table) => {
    await tryAll(table, writesTo(table, await columnsOf(store, 'cmk')), 0);
    expect(await verified()).toBe(0);
  });

  test('makes no event and no Azure write by the engine’s tables', async () => {
    const columns = await columnsOf(store, 'pgboss');
    // Those of `job` are those of its partition. Of `queue`, jobs keep the rows from being put back.
    const others = ['pgboss."job"', 'pgboss."queue"'];
    for (const table of new Set(columns.map((column) => column.table)))
      if (!others.includes(table))
        await tryAll(table, writesTo(table, columns), table.includes('job_c') ? sweptMs : 0, 'pgboss');
  });

  test('makes no event and starts no run by rows for work that is not due', async () => {
    const kinds = ['run', 'expire', 'remind', 'call', 'use', 'show', 'audit'];
    const rows = kinds.flatMap((kind) =>
      [ids.waiting, ids.later].flatMap((id) =>
        ['1', '2', 'x', ''].map((key) => ({
          ...{ table: 'pgboss."job_common"', what: `a job put in: ${kind}` },
          statement: `insert into pgboss.job_common (name, policy, data) values ('work', 'stately',
            jsonb_build_object('kind', '${kind}', 'id', '${id}', 'key', '${key}', 'due', now() - interval '1 hour'))`,
        })),
      ),
    );
    await tryAll('pgboss."job_common"', rows, sweptMs);
  });

  test('stands in the way of no click of that moment', async () => {
    expect(answered(await world.teams.click(people.approver, waiting.id, 'request.refresh'))).toContain('[card]');
    await approve(world, people.approver, waiting);
    await shows(world, places.operations, people.requester, ids.waiting, /Succeeded/);
    expect((await store.events()).slice(before.length)[0]).toContain(`approved by person ${people.approver}`);
  });
});
