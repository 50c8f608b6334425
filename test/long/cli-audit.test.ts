import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parse } from 'csv-parse/sync';
import { resourceId } from '../support/builders/fixtures.ts';
import { cmkBot, type Said } from '../support/processes/command-line.ts';
import { comment, reasonOf, rejected, retrying, stuck, waiting, writeRecord } from '../support/store/cli-record.ts';
import { rowsOf, runAs } from '../support/store/postgres.ts';
import { newDatabase } from '../support/store/run-server.ts';
import { serverSealKey } from '../support/store/seal-keys.ts';
import { testDatabases } from '../support/store/test-stores.ts';

/** The audit log at the command line, with no bot running: verified, exported, erased. Each change of it: test/long/record-attacks. */

const databases = testDatabases();

/** What a test does with a database that holds the small audit log. */
interface AuditLog {
  readonly url: string;
  /** For exports. */
  readonly dataDir: string;
  cli(...args: string[]): Promise<Said>;
  /** What somebody who owns the database does to it, past its triggers. */
  tamper(...statements: string[]): Promise<void>;
}

const asOwner = "set session_replication_role = 'replica'";

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));
async function newFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'cmk-record-'));
  folders.push(folder);
  return folder;
}

let written: Promise<string> | null = null;
async function writtenOnce(): Promise<string> {
  const url = await databases.fresh();
  const store = await databases.start(url);
  await writeRecord(store);
  await store.close();
  return url;
}

/** A database with the audit log in it, written once and copied from then on. */
async function newRecord(): Promise<AuditLog> {
  written ??= writtenOnce();
  const url = await newDatabase(await written);
  const dataDir = await newFolder();
  const keyFile = path.join(dataDir, 'seal.key');
  await writeFile(keyFile, `# for tests\n${serverSealKey}\n`, { mode: 0o600 });
  return {
    url,
    dataDir,
    cli: (...args) => cmkBot(args, { DATABASE_URL: url, CMK_SEAL_KEY_FILE: keyFile }),
    tamper: (...statements) => runAs(url, [asOwner, ...statements]),
  };
}

async function exported(record: AuditLog, ...args: string[]): Promise<string> {
  const file = path.join(record.dataDir, 'export.jsonl');
  await writeFile(file, (await record.cli('audit', 'export', '--format', 'jsonl', ...args)).out);
  return file;
}

/** Every row of every table. */
async function rowsIn({ url }: AuditLog): Promise<string> {
  const tables = await rowsOf(
    url,
    "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname !~ '^pg_|^information_'",
  );
  const rows = tables.map(({ name }) => rowsOf(url, `select one::text from ${name} one`));
  return JSON.stringify(await Promise.all(rows));
}

describe('an untouched record', () => {
  let record: AuditLog;
  let whole: string;
  const file = (name: string) => path.join(record.dataDir, name);
  const key = () => file('seal.key');
  beforeAll(async () => {
    record = await newRecord();
    whole = await readFile(await exported(record), 'utf8');
  });

  it('verifies in the store and in its export, with the same end', async () => {
    const store = await record.cli('audit', 'verify');
    expect(store).toMatchObject({ code: 0, err: '' });
    expect(store.out).toMatch(/^verified: 16 events, 5 texts\nThe log ends at event 16, [0-9a-f]{64}\.\n/);
    expect(await record.cli('audit', 'verify', file('export.jsonl'), '--seal-key', key())).toEqual(store);
    const told = await record.cli('audit', 'verify', '--json');
    expect(JSON.parse(told.out)).toMatchObject({ events: 16, seals: { checked: true, sealed: 16 }, findings: [] });
  });

  it('verifies all the rest where the key is gone, says so and what to do, and does not end as if all were well', async () => {
    const gone = await newRecord();
    await rm(path.join(gone.dataDir, 'seal.key'));
    const { code, out, err } = await gone.cli('audit', 'verify');
    expect([code, out]).toEqual([3, expect.stringMatching(/^incomplete: 16 events, 5 texts\n/)]);
    expect(out).toContain('Seals not checked, because the seal key is missing: 16 events sealed.');
    expect(err).toMatch(/^cmk-bot audit verify: seals not checked: the seal key doesn’t exist: .*seal\.key\. Restore/);
    // What a request has come to rests on its seals.
    const shown = await gone.cli('requests', 'show', waiting);
    expect(shown).toMatchObject({ code: 2, out: '', err: expect.stringContaining('the seal key doesn’t exist') });
    await gone.tamper("update cmk.event set body = replace(body, 'bot-care', 'bot-carl') where seq = 2");
    expect(await gone.cli('audit', 'verify')).toMatchObject({ code: 1 });
  });

  it('exports the same bytes every time, and from any day on, which says what is missing', async () => {
    expect((await record.cli('audit', 'export', '--format', 'jsonl', '--since', '2020-01-01')).out).toBe(whole);
    await writeFile(
      file('later.jsonl'),
      (await record.cli('audit', 'export', '--format', 'jsonl', '--since', '2100-01-01')).out,
    );
    const { code, out } = await record.cli('audit', 'verify', file('later.jsonl'));
    expect([code, out]).toEqual([0, expect.stringContaining('verified: 0 events, 0 texts\n')]);
    expect(out).toMatch(/Events 1 to 16 aren’t in the file\. The file continues from [0-9a-f]{64}\./);
  });

  it('says of a part what it is and what of it can be verified, and of a kept one that the record still has it', async () => {
    const args = ['--request', stuck, '--resource', resourceId('bot-2')];
    const words = `request ${stuck}, requests for `;
    const part = await record.cli('audit', 'export', '--format', 'jsonl', ...args);
    expect(part).toMatchObject({ code: 0, err: expect.stringContaining(`a part, 7 of 16 events: ${words}`) });
    await writeFile(file('part.jsonl'), part.out);
    const verified = await record.cli('audit', 'verify', file('part.jsonl'), '--seal-key', key());
    expect(verified).toMatchObject({ code: 0, err: '', out: expect.stringContaining('verified: 7 events') });
    expect(verified.out).toContain(`This is part of a log: ${words}`);
    await writeFile(file('changed.jsonl'), `${part.out.trimEnd().split('\n').toSpliced(4, 1).join('\n')}\n`);
    const changed = await record.cli('audit', 'verify', file('changed.jsonl'));
    expect(changed).toMatchObject({ code: 1, out: expect.stringContaining('revision-differs') });
    const against = () => record.cli('audit', 'verify', '--against', file('part.jsonl'));
    expect((await against()).code).toBe(0);
    const [, hash = ''] = /"kind":"head","seq":16,"hash":"(\w+)"/.exec(whole) ?? [];
    const noted = `Chain at 16: ${hash.match(/.{8}/g)?.join(' ')}`;
    expect((await record.cli('audit', 'verify', '--noted', noted)).code).toBe(0);
    await record.tamper(
      'delete from cmk.event where seq > 6',
      'update cmk.chain_head set seq = 6, hash = (select hash from cmk.event where seq = 6)',
    );
    for (const { out } of [await against(), await record.cli('audit', 'verify', '--noted', noted)])
      expect(out).toContain('(export-differs)');
  });
});

describe('erasing', () => {
  let record: AuditLog;
  beforeAll(async () => {
    record = await newRecord();
  });

  it('destroys every text of one request in every row, says so once, and the audit log still verifies', async () => {
    const asked = ['audit', 'erase', rejected, '--reason', 'asked for under article 17', '--as', 'duty'];
    expect(await record.cli(...asked)).toMatchObject({ code: 2, out: '', err: expect.stringContaining('add --yes') });
    expect(await rowsIn(record)).toContain(reasonOf(rejected));
    const said = `The texts of request ${rejected} are erased. Recorded as event 17, by duty.\n`;
    expect(await record.cli(...asked, '--yes')).toEqual({ code: 0, err: '', out: said });
    expect((await record.cli(...asked, '--yes')).out).toMatch(/^Already done: event 17 of /);
    const { code, out } = await record.cli('audit', 'verify');
    expect([code, out]).toEqual([0, expect.stringContaining('verified: 17 events, 3 texts, 2 texts erased')]);
    const rows = await rowsIn(record);
    for (const text of [reasonOf(rejected), comment]) expect(rows).not.toContain(text);
    expect(rows).toContain(reasonOf(stuck));
  });

  it('shows what is gone as erased, also in csv', async () => {
    const { out } = await record.cli('requests', 'show', rejected);
    expect(out).toMatch(/submitted the request: its text was erased/);
    expect(out).toContain('Operator duty erased the texts: asked for under article 17');
    await record.cli('audit', 'erase', stuck, '--reason', 'asked for', '--as', 'duty', '--yes');
    const csv = await record.cli('audit', 'export', '--format', 'csv', '--texts');
    const rows: { readonly reason: string }[] = parse(csv.out, { columns: true });
    expect(rows.map(({ reason }) => reason)).toEqual(['(erased)', reasonOf(retrying)]);
  });
});
