import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { cmkBot } from '../support/processes/command-line.ts';
import { entraPrincipals } from '../support/store/entra-database.ts';
import { findPrograms, rowsOf, runAs, startPostgres } from '../support/store/postgres.ts';
import { follow } from '../support/world/path.ts';
import { choices } from '../support/world/story.ts';
import { readRecord, startWorld, type World } from '../support/world/world.ts';

/** The tables have an owner that is not the bot: the bot puts in events and reads them, and can change none. The roles are those of infra/runtime-role.sql. */

const postgres = await startPostgres();
afterAll(() => postgres.stop());

const rolesFile = fileURLToPath(new URL('../../infra/runtime-role.sql', import.meta.url));

/** Runs infra/runtime-role.sql as psql does, which not every machine has: with its variables, and `\\gexec`. */
async function runRolesFile(url: string, variables: Readonly<Record<string, string>>): Promise<void> {
  const text = readFileSync(rolesFile, 'utf8').replace(/^--.*$/gm, '');
  const value = (name: string): string => {
    const found = variables[name];
    if (found === undefined) throw new Error(`psql is not given ${name}`);
    return found;
  };
  const filled = text.replace(/:'(\w+)'/g, (_, name) => `'${value(name)}'`);
  for (const [, statement = '', end] of filled.matchAll(/\s*(.+?)(;|\\gexec)$/gms)) {
    const rows = await rowsOf(url, statement);
    if (end === '\\gexec') for (const row of rows) await runAs(url, [String(Object.values(row)[0])]);
  }
}

describe('a bot that does not own the tables', () => {
  let world: World;
  let own = '';
  let id = '';
  let url = '';
  const owner = `owner_${randomUUID().slice(0, 8)}`;
  const bot = `bot_${randomUUID().slice(0, 8)}`;

  const as = (url: string, user: string): string => {
    const other = new URL(url);
    other.username = user;
    return other.href;
  };

  beforeAll(async () => {
    url = await postgres.newDatabase();
    const database = new URL(url).pathname.slice(1);
    await runAs(url, [entraPrincipals]);
    const variables = { database, owner, owner_id: randomUUID(), bot, bot_id: randomUUID() };
    await runRolesFile(url, variables);
    // Whoever sets it up again changes nothing.
    await runRolesFile(url, variables);
    own = as(url, bot);
    world = await startWorld({ env: { DATABASE_URL: own, CMK_DATABASE_OWNER_URL: as(url, owner) } });
  });
  afterAll(() => world?.end());

  test('does everything that it does as their owner', async () => {
    // A library could print statements with which tables are brought up.
    expect(world.printed()).not.toMatch(/"level":(?!20).*output of a library/);
    const { id: asked, wrote } = await follow(world, choices.first);
    id = asked;
    expect(wrote).toHaveLength(4);
    expect((await readRecord(world)).findings).toEqual([]);
  });

  test('erases texts, so that they are in no row any more', async () => {
    const env = { DATABASE_URL: own, CMK_SEAL_KEY_FILE: path.join(world.dataDir, 'server-seal.key') };
    const said = await cmkBot(['audit', 'erase', id, '--reason', 'asked for', '--as', 'duty', '--yes'], env);
    expect(said).toMatchObject({ code: 0, err: '' });
    const record = await readRecord(world);
    expect(record.findings).toEqual([]);
    expect(record.texts.filter(({ request }) => request === id)).toEqual([]);
  });

  test.each([
    ['change an event', "update cmk.event set cause = 'x' where seq = 1"],
    ['change a seal', "update cmk.event set seal = 'x' where seq = 1"],
    ['take an event away', 'delete from cmk.event where seq = 1'],
    ['empty the record', 'truncate cmk.event'],
    ['move the head', 'update cmk.chain_head set seq = 1'],
    ['switch the guards off', 'alter table cmk.event disable trigger user'],
    ['pass the guards by', "set session_replication_role = 'replica'"],
    ['change a text', "update cmk.free_text set text = 'x'"],
    ['change who holds a resource', "update cmk.open_request set request_id = 'x'"],
    ['make itself the owner', 'alter table cmk.event owner to current_user'],
    ['make a table', 'create table cmk.mine (n int)'],
  ])('cannot %s', async (_what, statement) => {
    await expect(runAs(own, [statement])).rejects.toThrow(/permission denied|must be owner/);
  });

  test('is warned of a role that could become the owner, although it inherits nothing', async () => {
    const role = async () => (await cmkBot(['doctor', '--only', 'db/role'], world.settings)).out;
    expect(await role()).toContain('owns nothing');
    await runAs(url, [`alter role ${bot} noinherit`, `grant ${owner} to ${bot}`]);
    expect(await role()).toContain('can act as their owner');
    await runAs(own, [
      `set role ${owner}`,
      'alter table cmk.event disable trigger user',
      'alter table cmk.event enable trigger user',
    ]);
  });
});

const tools = findPrograms('pg_dump', 'pg_restore', 'psql');
if (tools === null) process.stderr.write('\nNOT TESTED: pg_dump, pg_restore and psql are not there\n\n');

(tools === null ? describe.skip : describe)('the administrator of a server on Azure', () => {
  const url = new URL('postgresql://nowhere');
  const [suffix] = randomUUID().split('-');
  const [azure, admin, other, owner, bot] = [
    'azuresu',
    'CMK DB admins',
    'other admin',
    'id-cmk-owner',
    'id-cmk-bot',
  ].map((name) => `${name}_${suffix}`) as [string, string, string, string, string];
  const database = `cmk_${suffix}`;
  const foreign = `made_by_azure_${suffix}`;
  const as = (user: string, name = url.pathname): string =>
    Object.assign(new URL(url), { username: encodeURIComponent(user), pathname: name }).href;
  const own = (name: string) => ({
    PATH: `${tools}:${process.env.PATH}`,
    PGHOST: url.hostname,
    PGPORT: url.port,
    PGUSER: name,
  });
  /** With the real psql, as the hook runs it. */
  const setUp = (user: string, name: string) => {
    const variables = { database: name, owner, owner_id: randomUUID(), bot, bot_id: randomUUID() };
    const given = Object.entries(variables).flatMap(([key, value]) => ['-v', `${key}=${value}`]);
    const words = ['--quiet', '--no-psqlrc', '-v', 'ON_ERROR_STOP=1', ...given, '-f', rolesFile];
    const env = { ...own(user), PGDATABASE: url.pathname.slice(1), LC_ALL: 'C' };
    const { status, stderr } = spawnSync(path.join(tools ?? '', 'psql'), words, { env, encoding: 'utf8' });
    return { status, stderr };
  };

  beforeAll(async () => {
    url.href = await postgres.newDatabase();
    // Only Azure's own role is a superuser there.
    await runAs(url.href, [
      `create role "${azure}" superuser`,
      ...[admin, other].map((name) => `create role "${name}" login createdb createrole`),
      `create database "${foreign}" owner "${azure}"`,
      entraPrincipals,
    ]);
  });
  afterAll(() =>
    runAs(
      url.href,
      [database, foreign].map((name) => `drop database if exists "${name}" with (force)`),
    ),
  );

  test('creates the database: the owner of the tables can then migrate it, and the bot can only connect', async () => {
    expect(setUp(admin, database)).toEqual({ status: 0, stderr: '' });
    await runAs(as(owner, database), [
      'create schema cmk',
      'create table cmk.event (n int)',
      'insert into cmk.event values (47)',
    ]);
    await runAs(as(bot, database), ['select 1']);
    await expect(runAs(as(bot, database), ['create schema mine'])).rejects.toThrow(/permission denied/);
    await expect(runAs(as(other, database), ['select 1'])).rejects.toThrow(/permission denied/);
  });

  test('changes nothing the next time, also as another administrator', () => {
    for (const user of [admin, other]) expect(setUp(user, database)).toEqual({ status: 0, stderr: '' });
  });
});
