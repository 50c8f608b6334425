/** What somebody with the rights of the database's owner does to the record, past triggers and constraints. */
import { randomBytes } from 'node:crypto';
import { approver, localTenantId, requester } from '../../../sandbox/people.ts';
import { sealWith } from '../../../src/audit/audit-tools.ts';
import { openSeals } from '../../../src/audit/seals.ts';
import { PersonId } from '../../../src/domain/ids.ts';
import type { ChainLine, Seals } from '../../../src/domain/record/chain.ts';
import { botActor, type NewEvent, newEvent, personActor } from '../../../src/domain/request/events.ts';
import { keysOf } from '../store/seal-keys.ts';

/**
 * The record that is attacked: a request that was rejected (events 1 and 2), one that waits for its approval (3), and one
 * that was rejected last (4 and 5).
 */
export interface Attacked {
  readonly lines: readonly ChainLine[];
  readonly rejected: string;
  readonly waiting: string;
  readonly rejectedLast: string;
}

export interface RecordAttack {
  readonly attack: string;
  readonly statements: (record: Attacked) => readonly string[];
  /** What becomes of the bot. */
  readonly bot: string;
  /** What `audit verify` finds; `nothing` where it cannot. */
  readonly verify: string;
  /** What the bot's log has of it. */
  readonly logs?: object;
  /** What it finds beside an export that was kept, where the store alone shows nothing. */
  readonly against?: string;
}

export const asOwner: readonly string[] = [
  ...['event', 'chain_head', 'free_text'].map((table) => `alter table cmk.${table} disable trigger user`),
  'alter table cmk.event drop constraint event_from_one, drop constraint revision_from_one, alter column seal drop not null, alter column seal_key drop not null',
];

const at = ({ lines }: Attacked, seq: number): ChainLine => {
  const line = lines.find((one) => one.seq === seq);
  if (line === undefined) throw new Error(`the record has no event ${seq}`);
  return line;
};
const last = (record: Attacked): ChainLine => at(record, record.lines.length);
const targetOf = ({ body }: ChainLine): string => (JSON.parse(body) as { target: string }).target.toLowerCase();

const quoted = (text: string | number | null): string => (text === null ? 'null' : `$q$${text}$q$`);
const insert = ({ seq, request, revision, cause, n, body, prev, hash, sealKey, seal }: ChainLine): string =>
  `insert into cmk.event (seq, request_id, revision, cause, n, body, prev, hash, seal_key, seal) values (${[
    ...[seq, request, revision, cause, n, body, prev, hash, sealKey, seal],
  ]
    .map(quoted)
    .join(', ')})`;
const headTo = (seq: number, hash: string): string => `update cmk.chain_head set seq = ${seq}, hash = ${quoted(hash)}`;
const startRun = (request: string): string =>
  `select cmk.add_jobs(array[${quoted(request)}], '{run}', '{1}', array[now()], '{null}', '{1}')`;
const holds = (line: ChainLine): string =>
  `insert into cmk.open_request values (${quoted(targetOf(line))}, ${quoted(line.request)})`;

/** An approval and the order of a run, as the product would write them, from a number on behind a hash. */
function forged(record: Attacked, from: number, behind: string, seals: Seals | null): readonly ChainLine[] {
  const asked = at(record, 3);
  const { planDigest, target } = JSON.parse(asked.body) as { planDigest: string; target: string };
  const rest = { planDigest, target, onBehalfOf: requester.id };
  const counts = { acknowledgedIrreversible: true, counted: 1, required: 1, quick: false, signIn: null };
  const by = personActor(PersonId.parse(approver.id), localTenantId, 'local');
  const events: readonly NewEvent[] = [
    newEvent('approved', by, counts, { ...rest, result: 'approved' }),
    newEvent('run-ordered', botActor, { run: 1 }, rest),
  ];
  const seal = sealWith(randomBytes, seals ?? { keyId: asked.sealKey ?? '', seal: () => '' });
  const unsealed = seals === null ? { seal: null, sealKey: null } : {};
  const { time } = JSON.parse(last(record).body) as { time: string };
  let prev = behind;
  return events.map((event, n) => {
    const place = { seq: from + n, request: record.waiting, revision: 2 + n, cause: 'click:forged', n, prev };
    const { openings: _openings, ...sealed } = seal({ ...place, time }, event);
    prev = sealed.hash;
    return { ...place, ...sealed, ...unsealed };
  });
}

const atTheEnd = (record: Attacked, seals: Seals | null): readonly string[] => {
  const lines = forged(record, record.lines.length + 1, last(record).hash, seals);
  const end = lines.at(-1);
  return [...lines.map(insert), headTo(end?.seq ?? 0, end?.hash ?? ''), startRun(record.waiting)];
};

const edited = `replace(body, 'awaiting-approval', 'awaiting approval')`;
const cutLast = (record: Attacked): readonly string[] => [
  'delete from cmk.event where seq = 5',
  headTo(4, at(record, 4).hash),
  `delete from cmk.free_text where request_id = ${quoted(record.rejectedLast)} and revision = 2`,
  holds(at(record, 4)),
];

export const starts = 'starts, does nothing of it';
const refuses = (code: string): string => `does not start: ${code}`;

export const recordAttacks: readonly RecordAttack[] = [
  {
    attack: 'approval and run put in at negative numbers, and a row that starts the run',
    statements: (record) => [...forged(record, -2, 'x', null).map(insert), startRun(record.waiting)],
    bot: refuses('not-contiguous'),
    verify: 'not-contiguous, prev-differs, seal-missing, revision-differs, rows-differ',
  },
  {
    attack: 'the same in a gap that was made for them',
    statements: (record) => [
      'delete from cmk.event where seq in (1, 2)',
      ...forged(record, 1, '0'.repeat(64), null).map(insert),
      startRun(record.waiting),
    ],
    bot: refuses('seal-missing'),
    verify: 'seal-missing, revision-differs, prev-differs, job-unknown, text-unknown',
  },
  {
    attack: 'the same at the end, correctly chained, unsealed',
    statements: (record) => atTheEnd(record, null),
    bot: refuses('seal-missing'),
    verify: 'seal-missing',
  },
  {
    attack: 'the same, sealed with a key of their own',
    statements: (record) => atTheEnd(record, openSeals(keysOf([randomBytes(32)]))),
    bot: refuses('seal-key-unknown'),
    verify: 'seal-key-unknown',
  },
  {
    attack: 'the same, naming the right key, with the seal of another event',
    statements: (record) => {
      const { sealKey, seal } = at(record, 2);
      return atTheEnd(record, {
        ...openSeals(keysOf([randomBytes(32)])),
        keyId: sealKey ?? '',
        seal: () => seal ?? '',
      });
    },
    bot: refuses('seal-differs'),
    verify: 'seal-differs',
  },
  {
    attack: 'a row that starts a run nobody ordered',
    statements: ({ waiting }) => [startRun(waiting)],
    bot: starts,
    verify: 'job-unknown',
    logs: { level: 40, kind: 'run', key: '1', msg: 'a job without an event was deleted' },
  },
  {
    attack: 'rows that are due for requests that are not there',
    statements: () => [
      `select cmk.add_jobs('{x}', array[kind], '{""}', array[now()], '{null}', '{0}')
        from unnest(array['show', 'audit', 'run', 'expire', 'remind']) as kind`,
    ],
    bot: starts,
    verify: 'job-unknown',
    logs: { level: 40, requestId: 'x', kind: 'expire', msg: 'a job without an event was deleted' },
  },
  {
    attack: 'an open request that no event knows',
    statements: () => [`insert into cmk.open_request values ('/subscriptions/x', 'CMK-00000X')`],
    bot: refuses('open-request-differs'),
    verify: 'open-request-differs',
  },
  {
    attack: 'the row of an open request taken away',
    statements: ({ waiting }) => [`delete from cmk.open_request where request_id = ${quoted(waiting)}`],
    bot: refuses('open-request-differs'),
    verify: 'open-request-differs',
  },
  {
    attack: 'a body edited',
    statements: () => [`update cmk.event set body = ${edited} where seq = 3`],
    bot: refuses('hash-differs'),
    verify: 'hash-differs, seal-differs',
  },
  {
    attack: 'a body edited, and its hash',
    statements: () => [
      `update cmk.event set body = ${edited}, hash = encode(sha256(convert_to(${edited}, 'UTF8')), 'hex') where seq = 3`,
    ],
    bot: refuses('seal-differs'),
    verify: 'seal-differs, prev-differs',
  },
  {
    attack: 'an event given to another request by its columns',
    statements: ({ waiting }) => [`update cmk.event set request_id = ${quoted(waiting)}, revision = 2 where seq = 2`],
    bot: refuses('column-differs'),
    verify: 'column-differs, revision-differs, open-request-differs, text-unknown, text-missing',
  },
  {
    attack: 'two events swapped',
    statements: () => [
      'update cmk.event set seq = 100 where seq = 3',
      'update cmk.event set seq = 3 where seq = 4',
      'update cmk.event set seq = 4 where seq = 100',
    ],
    bot: refuses('prev-differs'),
    verify: 'prev-differs, column-differs',
  },
  {
    attack: 'a rejection deleted from the middle',
    statements: (record) => [
      'delete from cmk.event where seq = 2',
      `delete from cmk.free_text where request_id = ${quoted(record.rejected)} and revision = 2`,
      holds(at(record, 1)),
    ],
    bot: refuses('not-contiguous'),
    verify: 'not-contiguous, prev-differs, rows-differ',
  },
  {
    attack: 'a text edited',
    statements: ({ waiting }) => [`update cmk.free_text set text = 'x' where request_id = ${quoted(waiting)}`],
    bot: 'starts, ends when it reads it: text-differs',
    verify: 'text-differs',
  },
  {
    attack: 'a text taken away',
    statements: ({ waiting }) => [`delete from cmk.free_text where request_id = ${quoted(waiting)}`],
    bot: 'starts, ends when it reads it: text-missing',
    verify: 'text-missing',
  },
  {
    attack: 'a text of no event put in',
    statements: () => [`insert into cmk.free_text values ('CMK-00000X', 1, 'comment', '00', 'x')`],
    bot: starts,
    verify: 'text-unknown',
  },
  {
    attack: 'all seals taken away',
    statements: () => ['update cmk.event set seal = null, seal_key = null'],
    bot: refuses('seal-missing'),
    verify: 'seal-missing',
  },
  {
    attack: 'the end cut off, a rejection, and the head moved back',
    statements: cutLast,
    bot: 'does not start: record-shorter',
    verify: 'nothing',
    against: 'export-differs',
  },
  {
    attack: 'everything deleted, and the head reset',
    statements: () => [
      ...['cmk.event', 'cmk.free_text', 'cmk.open_request', 'pgboss.job'].map((table) => `delete from ${table}`),
      headTo(0, '0'.repeat(64)),
    ],
    bot: 'does not start: record-shorter',
    verify: 'nothing',
    against: 'export-differs',
  },
];

const asBefore = ['event', 'chain_head'].map((table) => `alter table cmk.${table} enable trigger user`);

/** Done while the bot runs; then somebody approves the request that waits, or looks at the history of one that was rejected. */
export const liveAttacks: readonly (Omit<RecordAttack, 'against'> & { readonly asked: 'approve' | 'look' })[] = [
  {
    attack: 'while the bot runs: approval and run put in at negative numbers, and a row that starts the run',
    statements: (record) => [...forged(record, -2, 'x', null).map(insert), startRun(record.waiting), ...asBefore],
    asked: 'approve',
    bot: 'ends',
    verify: 'not-contiguous, prev-differs, seal-missing, revision-differs, rows-differ',
  },
  {
    attack: 'while the bot runs: the end cut off, and the head moved back',
    statements: (record) => [...cutLast(record), ...asBefore],
    asked: 'approve',
    bot: 'ends',
    verify: 'nothing',
  },
  {
    attack: 'while the bot runs: the plan of a request that waits edited',
    statements: () => [
      "update cmk.event set body = replace(body, 'westeurope', 'elsewhere') where seq = 3",
      ...asBefore,
    ],
    asked: 'approve',
    bot: 'ends',
    verify: 'hash-differs, seal-differs',
  },
  {
    attack: 'while the bot runs: a rejection deleted from the middle',
    statements: (record) => ['delete from cmk.event where seq = 2', holds(at(record, 1)), ...asBefore],
    asked: 'look',
    bot: 'ends',
    verify: 'not-contiguous, prev-differs, rows-differ, text-unknown',
  },
];
