/** Very many open requests at once: the events, the holds and the rows of what follows that the store would write one by one. */
import { randomBytes } from 'node:crypto';
import { recordTools } from '../../src/audit/record.ts';
import type { Link } from '../../src/domain/record/chain.ts';
import { consequencesOf, holdsResource } from '../../src/domain/request/consequences.ts';
import type { NewEvent } from '../../src/domain/request/events.ts';
import { fold } from '../../src/domain/request/evolve.ts';
import { parseEventBody } from '../../src/operations/registry.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { asStored, type Placed } from '../../src/store/event-rows.ts';
import { migrate } from '../../src/store/migrations.ts';
import { inTransaction, type Sql } from '../../src/store/sql.ts';
import { openStore } from '../../src/store/store.ts';
import { plan, requestId, resourceId, submitted } from '../../test/support/fixtures.ts';
import { sealKeysFor } from '../../test/support/seal-keys.ts';
import { insertEvents, placeholders } from './insert-events.ts';

const atOnce = 150;
const template = 'agent-template';

type Tools = ReturnType<typeof recordTools>;

/** The nth, behind what is there. */
function asked(tools: Tools, text: string, n: number, after: Link): Placed {
  const event = JSON.parse(text.replaceAll(template, `agent-${n}`)) as NewEvent;
  const time = new Date().toISOString();
  const position = {
    seq: after.seq + 1,
    request: requestId(n),
    revision: 1,
    cause: 'submit',
    n: 0,
    prev: after.hash,
    time,
  };
  return { position, sealed: tools.seal(position, event) };
}

async function store(sql: Sql, placed: readonly Placed[]): Promise<void> {
  await insertEvents(sql, placed);
  const requests = placed.flatMap(({ position, sealed }) => {
    const events = [asStored(parseEventBody, position, sealed)];
    const request = fold(requestId(Number(position.request.slice(4))), events);
    return request === null ? [] : [{ request, events }];
  });
  const holds = requests.flatMap(({ request }) => [holdsResource(request), request.id]);
  await sql.query(`insert into cmk.open_request values ${placeholders(requests.length, 2)}`, holds);
  // Nobody is to be shown them; what comes due later lies there as it would.
  const later = requests.flatMap(({ request, events }) =>
    consequencesOf(request, events)
      .filter(({ kind }) => kind === 'expire' || kind === 'remind')
      .map(({ kind, key, dueAt }) => [request.id, kind, key, dueAt]),
  );
  const outbox = `insert into cmk.outbox (request_id, kind, key, due_at) values ${placeholders(later.length, 4)}`;
  await sql.query(outbox, later.flat());
}

async function fill(database: Database, tools: Tools, last: Link, from: number, to: number): Promise<void> {
  const text = JSON.stringify(submitted({ plan: plan(resourceId(template)), resourceName: template }));
  let end = last;
  for (let first = from + 1; first <= to; first += atOnce) {
    const placed: Placed[] = [];
    for (let n = first; n < first + atOnce && n <= to; n += 1) {
      const one = asked(tools, text, n, end);
      end = { seq: one.position.seq, hash: one.sealed.hash };
      placed.push(one);
    }
    await inTransaction(database.pool, (sql) => store(sql, placed));
  }
  await database.pool.query('analyze');
}

/** Puts requests number `from + 1` to `to` on the record, one an agent. */
export async function fillOpen(url: string, from: number, to: number): Promise<void> {
  const at = { kind: 'postgres', url, maxConnections: 2 } as const;
  const database = await openDatabase(at);
  try {
    await migrate(database, 'the database');
    const tools = recordTools(randomBytes, await sealKeysFor(at));
    const given = { ...tools, clock: () => new Date(), read: parseEventBody, onBroken: () => undefined };
    const { seq, hash } = await openStore(database, given).trail.head();
    await fill(database, tools, { seq, hash }, from, to);
  } finally {
    await database.close();
  }
}
