import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { sealWith } from '../../src/audit/seal-event.ts';
import { openSeals } from '../../src/audit/seals.ts';
import type { ChainLine } from '../../src/domain/record/chain.ts';
import type { Seals } from '../../src/domain/record/seals.ts';
import { botActor, type NewEvent, newEvent, personActor } from '../../src/domain/request/events.ts';
import { inMemory, publisherOf } from '../support/audit/published-log.ts';
import { approve, plan, reject, submit } from '../support/builders/commands.ts';
import { approver, requester, requestId, resourceId, tenant } from '../support/builders/fixtures.ts';
import { cmkBot } from '../support/processes/command-line.ts';
import { runAs } from '../support/store/postgres.ts';
import { keysOf, writeServerSealKey } from '../support/store/seal-keys.ts';
import { type TestStore, testDatabases } from '../support/store/test-stores.ts';

/**
 * Somebody has the rights of the database's owner, and changes the audit log past triggers and constraints: what a bot that starts,
 * or one that runs, takes it for, and what `audit verify` finds. Each row is one of test/golden/database-attacks.md.
 */

const databases = testDatabases();
/** Rejected (events 1 and 2), waiting (3), and rejected last (4 and 5). */
const rejected = requestId(1);
const waiting = requestId(2);
const rejectedLast = requestId(3);
let lines: readonly ChainLine[] = [];
const at = (seq: number): ChainLine => {
  const line = lines[seq - 1];
  if (line === undefined) throw new Error(`the record has no event ${seq}`);
  return line;
};

const asOwner: readonly string[] = [
  ...['event', 'chain_head', 'free_text'].map((name) => `alter table cmk.${name} disable trigger user`),
  'alter table cmk.event drop constraint event_from_one, drop constraint revision_from_one, alter column seal drop not null, alter column seal_key drop not null',
];
const asBefore = ['event', 'chain_head'].map((name) => `alter table cmk.${name} enable trigger user`);

const quoted = (text: string | number | null): string => (text === null ? 'null' : `$q$${text}$q$`);
const insert = ({ seq, request, revision, cause, n, body, prev, hash, sealKey, seal }: ChainLine): string =>
  `insert into cmk.event (seq, request_id, revision, cause, n, body, prev, hash, seal_key, seal) values (${[
    seq,
    request,
    revision,
    cause,
    n,
    body,
    prev,
    hash,
    sealKey,
    seal,
  ]
    .map(quoted)
    .join(', ')})`;
const headTo = (seq: number, hash: string): string => `update cmk.chain_head set seq = ${seq}, hash = ${quoted(hash)}`;
const startRun = `select cmk.add_jobs(array['${waiting}'], '{run}', '{1}', array[now()], '{null}', '{1}')`;
const holds = ({ body, request }: ChainLine): string =>
  `insert into cmk.open_request values (${quoted(JSON.parse(body).target.toLowerCase())}, ${quoted(request)})`;

/** An approval and the order of a run, as the product would write them, from a number on behind a hash. */
function forged(from: number, behind: string, seals: Seals | null): readonly ChainLine[] {
  const asked = at(3);
  const { planDigest, target } = JSON.parse(asked.body);
  const rest = { planDigest, target, onBehalfOf: requester };
  const counts = { acknowledgedIrreversible: true, counted: 1, required: 1, quick: false, signIn: null };
  const events: readonly NewEvent[] = [
    newEvent('approved', personActor(approver, tenant, 'local'), counts, { ...rest, result: 'approved' }),
    newEvent('run-ordered', botActor, { run: 1 }, rest),
  ];
  const seal = sealWith(randomBytes, seals ?? { keyId: asked.sealKey ?? '', seal: () => '' });
  const { time } = JSON.parse(at(5).body);
  let prev = behind;
  return events.map((event, n) => {
    const place = { seq: from + n, request: waiting, revision: 2 + n, cause: 'click:forged', n, prev };
    const { openings: _openings, ...sealed } = seal({ ...place, time }, event);
    prev = sealed.hash;
    return { ...place, ...sealed, ...(seals === null ? { seal: null, sealKey: null } : {}) };
  });
}

const atTheEnd = (seals: Seals | null): readonly string[] => {
  const added = forged(6, at(5).hash, seals);
  return [...added.map(insert), headTo(7, added[1]?.hash ?? ''), startRun];
};
const atNegativeNumbers = () => [...forged(-2, 'x', null).map(insert), startRun];
const ownKey = () => openSeals(keysOf([randomBytes(32)]));
const edited = `replace(body, 'awaiting-approval', 'awaiting approval')`;
const withoutTexts = (request: string) => `delete from cmk.free_text where request_id = '${request}' and revision = 2`;
const cutLast = (): readonly string[] => [
  'delete from cmk.event where seq = 5',
  headTo(4, at(4).hash),
  withoutTexts(rejectedLast),
  holds(at(4)),
];

const starts = 'starts, does nothing of it';
const refuses = (fault: string): string => `does not start: ${fault}`;
type Attack = readonly [attack: string, statements: () => readonly string[]];

const attacks: readonly Attack[] = [
  ['approval and run put in at negative numbers, and a row that starts the run', atNegativeNumbers],
  ['the same at the end, correctly chained, unsealed', () => atTheEnd(null)],
  ['the same, sealed with a key of their own', () => atTheEnd(ownKey())],
  [
    'the same, naming the right key, with the seal of another event',
    () => atTheEnd({ ...ownKey(), keyId: at(2).sealKey ?? '', seal: () => at(2).seal ?? '' }),
  ],
  ['a row that starts a run nobody ordered', () => [startRun]],
  [
    'rows that are due for requests that are not there',
    () => [
      `select cmk.add_jobs('{x}', array[kind], '{""}', array[now()], '{null}', '{0}')
        from unnest(array['show', 'audit', 'run', 'expire', 'remind']) as kind`,
    ],
  ],
  [
    'an open request that no event knows',
    () => [`insert into cmk.open_request values ('/subscriptions/x', 'CMK-00000X')`],
  ],
  ['the row of an open request taken away', () => [`delete from cmk.open_request where request_id = '${waiting}'`]],
  ['a body edited', () => [`update cmk.event set body = ${edited} where seq = 3`]],
  [
    'a body edited, and its hash',
    () => [
      `update cmk.event set body = ${edited}, hash = encode(sha256(convert_to(${edited}, 'UTF8')), 'hex') where seq = 3`,
    ],
  ],
  [
    'an event given to another request by its columns',
    () => [`update cmk.event set request_id = '${waiting}', revision = 2 where seq = 2`],
  ],
  [
    'a rejection deleted from the middle',
    () => ['delete from cmk.event where seq = 2', withoutTexts(rejected), holds(at(1))],
  ],
  ['a text edited', () => [`update cmk.free_text set text = 'x' where request_id = '${waiting}'`]],
  ['a text taken away', () => [`delete from cmk.free_text where request_id = '${waiting}'`]],
  ['a text of no event put in', () => [`insert into cmk.free_text values ('CMK-00000X', 1, 'comment', '00', 'x')`]],
  ['all seals taken away', () => ['update cmk.event set seal = null, seal_key = null']],
  ['the end cut off, a rejection, and the head moved back', cutLast],
  [
    'everything deleted, and the head reset',
    () => [
      ...['cmk.event', 'cmk.free_text', 'cmk.open_request', 'pgboss.job'].map((name) => `delete from ${name}`),
      headTo(0, '0'.repeat(64)),
    ],
  ],
];

/** Then somebody approves the request that waits, or looks at the history of one that was rejected. */
const liveAttacks: readonly (readonly [...Attack, then: 'approve' | 'look'])[] = [
  ['while the bot runs: the end cut off, and the head moved back', cutLast, 'approve'],
  [
    'while the bot runs: the plan of a request that waits edited',
    () => ["update cmk.event set body = replace(body, 'westeurope', 'elsewhere') where seq = 3"],
    'approve',
  ],
  [
    'while the bot runs: a rejection deleted from the middle',
    () => ['delete from cmk.event where seq = 2', holds(at(1))],
    'look',
  ],
];

let folder = '';
let base = '';
let keyFile = '';
const published = new Map<string, Buffer>();
/** What the document says of each: what the bot does, and what `audit verify` finds. */
const document = readFileSync(new URL('../golden/database-attacks.md', import.meta.url), 'utf8');
const known = new Map(
  [...document.matchAll(/^\| (.+) \| (.+) \| (.+) \|$/gm)].slice(2).map(([, attack, ...rest]) => [attack, rest]),
);

const publish = (from: readonly ChainLine[], log: Map<string, Buffer>) =>
  publisherOf(
    inMemory(log),
    from.map(({ body }) => body),
  ).publish();

const cli = (url: string, ...args: string[]) => cmkBot(args, { DATABASE_URL: url, CMK_SEAL_KEY_FILE: keyFile });

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'cmk-attacked-'));
  keyFile = await writeServerSealKey(folder);
  base = await databases.fresh();
  const store = await databases.start(base);
  for (const [n, id] of [rejected, waiting, rejectedLast].entries()) {
    await store.append(id, 'submit', submit({ plan: plan(resourceId(`bot-${n}`)) }));
    if (id !== waiting) await store.append(id, 'click:reject', reject(approver, 'Not this week'));
  }
  // As if the bot had done what is due.
  await store.sql(`delete from pgboss.job where data->>'kind' in ('show', 'audit', 'call')`);
  lines = await store.auditLog.lines(null, 100);
  await publish(lines, published);
  await store.close();
  await writeFile(path.join(folder, 'kept.jsonl'), (await cli(base, 'audit', 'export', '--format', 'jsonl')).out);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const Report = z.object({ findings: z.array(z.object({ kind: z.string() })) });
async function found(url: string, ...args: string[]): Promise<string> {
  const { code, out } = await cli(url, 'audit', 'verify', '--json', ...args);
  const kinds = [...new Set(Report.parse(JSON.parse(out)).findings.map(({ kind }) => kind))];
  expect(code).toBe(kinds.length === 0 ? 0 : 1);
  return kinds.join(', ') || 'nothing';
}

const faultOf = (work: Promise<unknown>): Promise<string | null> =>
  work.then(
    () => null,
    (error: { readonly fault?: string; readonly kind?: string }) => error.fault ?? error.kind ?? String(error),
  );

/** What a bot does that starts on it: it checks the record, publishes it, claims what is due, and somebody reads the request. */
async function startsOn(store: TestStore): Promise<string> {
  const check = await faultOf(store.auditLog.check());
  const refused = check ?? (await faultOf(publish(await store.auditLog.lines(0, 100), new Map(published))));
  if (refused !== null) return refuses(refused);
  const due = await store.jobs.claim(50, false);
  // A run that no event ordered ends where it begins: unit/workflow/run-job.
  expect(due.filter(({ stream }) => stream !== waiting)).toEqual([]);
  const read = await faultOf(store.requests.events(waiting));
  return read === null ? starts : `starts, ends when it reads it: ${read}`;
}

test('the document has these attacks', () => {
  expect([...known.keys()]).toEqual([...attacks, ...liveAttacks].map(([attack]) => attack));
});

test.each(attacks)('%s', async (attack, statements) => {
  const url = await databases.fresh(base);
  await runAs(url, [...asOwner, ...statements()]);
  const before = await found(url);
  const outcome = await startsOn(await databases.start(url));
  const kept = before === 'nothing' ? await found(url, '--against', path.join(folder, 'kept.jsonl')) : '';
  const beside = kept === '' ? '' : `; beside a kept export, or what was published: ${kept}`;
  expect([outcome, `${before}${beside}`]).toEqual(known.get(attack));
});

test.each(liveAttacks)('%s', async (attack, statements, then) => {
  const url = await databases.fresh(base);
  const store = await databases.start(url);
  await store.auditLog.check();
  await runAs(url, [...asOwner, ...statements(), ...asBefore]);
  const fault = await faultOf(
    then === 'approve' ? store.append(waiting, 'click', approve()) : store.requests.events(rejected),
  );
  expect([fault === null ? 'goes on' : 'ends', await found(url)]).toEqual(known.get(attack));
  // It stays so.
  expect(await startsOn(await databases.start(url))).toMatch(/^does not start: /);
});
