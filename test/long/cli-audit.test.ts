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

/** The audit log at the command line, with no bot running: verified, exported, erased, tampered with. */

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
    ...{ url, dataDir },
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
  let lines: readonly string[];
  beforeAll(async () => {
    record = await newRecord();
    lines = (await readFile(await exported(record), 'utf8')).split('\n').slice(0, -1);
  });

  it('verifies in the store and in its export, with the same end', async () => {
    const store = await record.cli('audit', 'verify');
    const key = path.join(record.dataDir, 'seal.key');
    const file = await record.cli('audit', 'verify', path.join(record.dataDir, 'export.jsonl'), '--seal-key', key);
    expect(store).toMatchObject({ code: 0, err: '' });
    expect(store.out).toMatch(/^verified: 16 events, 5 texts\nThe log ends at event 16, [0-9a-f]{64}\.\n/);
    expect(file).toEqual(store);
    const told = await record.cli('audit', 'verify', '--json');
    expect(JSON.parse(told.out)).toMatchObject({ events: 16, seals: { checked: true, sealed: 16 }, findings: [] });
  });

  it('verifies all the rest where the key is gone, says so and what to do, and does not end as if all were well', async () => {
    const gone = await newRecord();
    await rm(path.join(gone.dataDir, 'seal.key'));
    const { code, out, err } = await gone.cli('audit', 'verify');
    expect(code).toBe(3);
    expect(out).toMatch(/^incomplete: 16 events, 5 texts\n/);
    expect(out).toContain('Seals not checked, because the seal key is missing: 16 events sealed.');
    expect(err).toMatch(/^cmk-bot audit verify: seals not checked: the seal key doesn’t exist: .*seal\.key\. Restore/);
    // What a request has come to rests on its seals.
    const shown = await gone.cli('requests', 'show', waiting);
    expect(shown).toMatchObject({ code: 2, out: '' });
    expect(shown.err).toContain('the seal key doesn’t exist');
    await gone.tamper("update cmk.event set body = replace(body, 'bot-care', 'bot-carl') where seq = 2");
    await rm(path.join(gone.dataDir, 'seal.key'), { force: true });
    expect(await gone.cli('audit', 'verify')).toMatchObject({ code: 1 });
  });

  it('exports the same bytes every time, with all the verifier needs', async () => {
    expect((await record.cli('audit', 'export', '--format', 'jsonl')).out).toBe(`${lines.join('\n')}\n`);
    const kinds = lines.map((line) => (JSON.parse(line) as { kind: string }).kind);
    expect([kinds[0], kinds.at(-1)]).toEqual(['header', 'head']);
    expect(kinds.filter((kind) => kind === 'event')).toHaveLength(16);
    expect(kinds.filter((kind) => kind === 'text')).toHaveLength(5);
  });

  it('verifies from any day on, and says what it did not look at', async () => {
    const later = await exported(record, '--since', '2100-01-01');
    const { code, out } = await record.cli('audit', 'verify', later);
    expect(code).toBe(0);
    expect(out).toContain('verified: 0 events, 0 texts\n');
    expect(out).toMatch(/Events 1 to 16 aren’t in the file\. The file continues from [0-9a-f]{64}\./);
    expect(await readFile(await exported(record, '--since', '2020-01-01'), 'utf8')).toBe(`${lines.join('\n')}\n`);
  });

  it.each([
    ['is not there', null],
    ['is empty', ''],
    ['is something else', '{"kind":"event"}\n'],
  ])('ends with 2 for a file that %s', async (_what, content) => {
    const file = path.join(record.dataDir, 'other.jsonl');
    if (content !== null) await writeFile(file, content);
    const { code, out, err } = await record.cli('audit', 'verify', content === null ? `${file}.none` : file);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^cmk-bot audit verify: (.* doesn’t exist, or this user can’t read it|reading .*: )/);
  });

  it('makes a table with a line for each change in Azure, also one that failed', async () => {
    const { code, out } = await record.cli('audit', 'export', '--format', 'csv');
    expect(code).toBe(0);
    const rows: { readonly [column: string]: string }[] = parse(out, { columns: true });
    expect(rows.map(({ request }) => request)).toEqual([stuck, retrying]);
    expect(rows[0]).toMatchObject({
      resource: resourceId('bot-2'),
      requestedBy: expect.stringMatching(/./),
      approvedBy: expect.stringMatching(/./),
      change: expect.stringMatching(/identity/i),
      result: expect.stringMatching(/^failed: \w+$/),
    });
    expect(rows[0]?.requestedBy).not.toBe(rows[0]?.approvedBy);
    const of = async (...more: string[]) =>
      parse((await record.cli('audit', 'export', '--format', 'csv', ...more)).out, { columns: true });
    expect(await of('--request', retrying, '--since', rows[0]?.time ?? '')).toEqual([rows[1]]);
    // From the first change on, nothing.
    expect(await of('--until', rows[0]?.time ?? '')).toEqual([]);
    expect(await of('--until', (rows[0]?.time ?? '').slice(0, 10))).toEqual(rows);
  });
});

describe('a part of a record', () => {
  let record: AuditLog;
  let whole: string;
  let part: string;
  beforeAll(async () => {
    record = await newRecord();
    whole = await readFile(await exported(record), 'utf8');
    part = (await record.cli('audit', 'export', '--format', 'jsonl', '--request', stuck)).out;
  });

  it('says so in the file, and what of it can be verified', async () => {
    const args = ['--request', stuck, '--resource', resourceId('bot-2')];
    const words = `request ${stuck}, requests for `;
    const { code, out, err } = await record.cli('audit', 'export', '--format', 'jsonl', ...args);
    expect(code).toBe(0);
    expect(err).toContain(`cmk-bot audit export: a part, 7 of 16 events: ${words}`);
    expect(err).toContain('checks each event, its texts and its seal.');
    const found = out.split('\n').filter((line) => line.includes('"kind":"event"'));
    expect(found).toEqual(whole.split('\n').filter((line) => found.includes(line)));
    const file = path.join(record.dataDir, 'part.jsonl');
    await writeFile(file, out);
    const key = path.join(record.dataDir, 'seal.key');
    const verified = await record.cli('audit', 'verify', file, '--seal-key', key);
    expect(verified).toMatchObject({ code: 0, err: '' });
    expect(verified.out).toContain('verified: 7 events');
    expect(verified.out).toContain(`This is part of a log: ${words}`);
    const against = await record.cli('audit', 'verify', file, '--against', path.join(record.dataDir, 'export.jsonl'));
    expect(against.out).toContain('Of its 7 events, 7 were compared with the earlier export, and are unchanged.');
  });

  it.each<[string, (lines: string[]) => string[], string]>([
    ['an event taken out of the middle', (all) => all.toSpliced(4, 1), 'revision-differs'],
    ['a text taken out', (all) => all.toSpliced(2, 1), 'text-missing'],
    ['a file cut short', (all) => all.slice(0, -1), 'it was cut short'],
  ])('shows %s', async (_what, change, words) => {
    const file = path.join(record.dataDir, 'changed-part.jsonl');
    await writeFile(file, `${change(part.trimEnd().split('\n')).join('\n')}\n`);
    const verified = await record.cli('audit', 'verify', file);
    expect(verified).toMatchObject({ code: 1 });
    expect(verified.out).toContain(words);
  });

  it('ends before a time, and verifies as an earlier export does', async () => {
    const events = whole.split('\n').filter((line) => line.includes('"kind":"event"'));
    const { body } = JSON.parse(events[9] ?? '') as { body: string };
    const { time } = JSON.parse(body) as { time: string };
    const { out, err } = await record.cli('audit', 'export', '--format', 'jsonl', '--until', time);
    const found = out.split('\n').filter((line) => line.includes('"kind":"event"'));
    expect(found.length).toBeLessThan(events.length);
    expect(found).toEqual(events.slice(0, found.length));
    expect(err).toContain(`a part, ${found.length} of 16 events: before ${time}`);
    const file = path.join(record.dataDir, 'until.jsonl');
    await writeFile(file, out);
    expect(await record.cli('audit', 'verify', file)).toMatchObject({ code: 3 });
    const against = await record.cli('audit', 'verify', '--against', file);
    expect(against).toMatchObject({ code: 0 });
    expect(against.out).toContain(`${found.length} events are unchanged`);
  });

  it('was kept to show that what it holds is still in the record', async () => {
    const file = path.join(record.dataDir, 'part.jsonl');
    await writeFile(file, part);
    // What was kept of one request has to be in the record: that is all it is asked for.
    expect((await record.cli('audit', 'verify', '--against', file)).code).toBe(0);
    await record.tamper(
      `delete from cmk.event where seq = (select max(seq) from cmk.event where request_id = '${stuck}')`,
    );
    expect((await record.cli('audit', 'verify', '--against', file)).out).toContain('(export-differs)');
  });
});

/** Every change of every table, and its code: test/long/record-attacks. */
describe('a record somebody changed in the database', () => {
  it('is found out by an older export where its end was cut off and the head moved back', async () => {
    const record = await newRecord();
    const older = await exported(record);
    await record.tamper(
      'delete from cmk.event where seq > 12',
      'update cmk.chain_head set seq = 12, hash = (select hash from cmk.event where seq = 12)',
      'delete from cmk.open_request',
      'delete from pgboss.job',
    );
    const { code, out } = await record.cli('audit', 'verify', '--against', older);
    expect(code).toBe(1);
    expect(out).toMatch(/events 13 to 16 were kept: not all of them are there/);
    const [, hash = ''] = /"kind":"head","seq":16,"hash":"(\w+)"/.exec(await readFile(older, 'utf8')) ?? [];
    const seen = `Chain at 16: ${hash.match(/.{8}/g)?.join(' ')}`;
    expect((await record.cli('audit', 'verify', '--noted', seen)).out).toContain('(export-differs)');
  });
});

describe('erasing', () => {
  let record: AuditLog;
  beforeAll(async () => {
    record = await newRecord();
  });

  it('destroys every text of one request, says so once, and the audit log still verifies', async () => {
    const asked = ['audit', 'erase', rejected, '--reason', 'asked for under article 17', '--as', 'duty'];
    const unasked = await record.cli(...asked);
    expect(unasked).toMatchObject({ code: 2, out: '' });
    expect(unasked.err).toContain('add --yes');
    expect(await rowsIn(record)).toContain(reasonOf(rejected));
    const erase = [...asked, '--yes'];
    const first = await record.cli(...erase);
    expect(first).toMatchObject({ code: 0, err: '' });
    expect(first.out).toBe(`The texts of request ${rejected} are erased. Recorded as event 17, by duty.\n`);
    expect((await record.cli(...erase)).out).toMatch(/^Already done: event 17 of /);
    const { code, out } = await record.cli('audit', 'verify');
    expect(code).toBe(0);
    expect(out).toContain('verified: 17 events, 3 texts, 2 texts erased');
  });

  it('leaves the texts in no row, and those of others where they were', async () => {
    const rows = await rowsIn(record);
    for (const text of [reasonOf(rejected), comment]) expect(rows).not.toContain(text);
    expect(rows).toContain(reasonOf(stuck));
  });

  it('shows what is gone as erased', async () => {
    const { out } = await record.cli('requests', 'show', rejected);
    expect(out).toMatch(/submitted the request: its text was erased/);
    expect(out).toMatch(/rejected: .*its text was erased/);
    expect(out).toContain('Operator duty erased the texts: asked for under article 17');
  });

  it('says in csv that a reason was erased', async () => {
    const reasons = async () => {
      const { out } = await record.cli('audit', 'export', '--format', 'csv', '--texts');
      const rows: { readonly reason: string }[] = parse(out, { columns: true });
      return rows.map(({ reason }) => reason);
    };
    expect(await reasons()).toEqual([reasonOf(stuck), reasonOf(retrying)]);
    await record.cli('audit', 'erase', stuck, '--reason', 'asked for', '--as', 'duty', '--yes');
    expect(await reasons()).toEqual(['(erased)', reasonOf(retrying)]);
  });
});
