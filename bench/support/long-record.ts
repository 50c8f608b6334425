/** A record as long as is wanted, of whole lives of requests, each event sealed and linked as the product does it. */
import { createHash } from 'node:crypto';
import { sealWith } from '../../src/audit/record.ts';
import { openSeals, type SealKeys } from '../../src/audit/seals.ts';
import { genesis } from '../../src/audit/verify.ts';
import type { Link } from '../../src/domain/record/chain.ts';
import type { NewEvent } from '../../src/domain/request/events.ts';
import type { Database } from '../../src/store/database.ts';
import type { Placed } from '../../src/store/event-rows.ts';
import { inTransaction } from '../../src/store/sql.ts';
import { insertEvents } from './insert-events.ts';
import { lifeOf } from './life.ts';

const crockford = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const requestName = (number: number): string => {
  let name = '';
  for (let rest = number, digit = 0; digit < 6; digit += 1) {
    name = (crockford[rest % 32] ?? '') + name;
    rest = Math.floor(rest / 32);
  }
  return `CMK-${name}`;
};

/** As many agents as a large hospital group has: each asks again and again. */
const agents = 500;
/** What the template's agent is called, and what stands for it. */
const templateName = 'agent-template';
const beganAt = Date.parse('2020-01-01T00:00:00Z');
const secondsBetween = 30;

/** Salts need not be secret here, only different. */
const saltsFrom = (seed: number) => {
  let count = 0;
  return (size: number): Uint8Array => {
    count += 1;
    return createHash('sha256').update(`${seed}/${count}`).digest().subarray(0, size);
  };
};

/** Yields the events of one life after the other until there are at least so many; `after`: what the first follows on. */
export function* longRecord(keys: SealKeys, count: number, after: Link = { seq: 0, hash: genesis }) {
  const seal = sealWith(saltsFrom(after.seq), openSeals(keys));
  const template = lifeOf(templateName).map(({ cause, n, event }) => ({ cause, n, text: JSON.stringify(event) }));
  let { seq, hash: prev } = after;
  while (seq - after.seq < count) {
    const request = requestName(seq + 1);
    const agent = `agent-${Math.floor(seq / template.length) % agents}`;
    const life: Placed[] = [];
    for (const [index, { cause, n, text }] of template.entries()) {
      // What was an event stays one under another name.
      const event = JSON.parse(text.replaceAll(templateName, agent)) as NewEvent;
      seq += 1;
      const time = new Date(beganAt + seq * secondsBetween * 1_000).toISOString();
      const position = { seq, request, revision: index + 1, cause, n, prev, time };
      const sealed = seal(position, event);
      prev = sealed.hash;
      life.push({ position, sealed });
    }
    yield life as readonly Placed[];
  }
}

/** So many parameters fit one statement of PostgreSQL's protocol. */
const rowsAtOnce = 2_000;

/** Puts a long record into an empty database that was migrated, through the guards that every event goes through. */
export async function fill({ pool }: Pick<Database, 'pool'>, keys: SealKeys, count: number): Promise<void> {
  let waiting: Placed[] = [];
  const store = async (): Promise<void> => {
    const rows = waiting;
    waiting = [];
    await inTransaction(pool, (sql) => insertEvents(sql, rows));
  };
  for (const life of longRecord(keys, count)) {
    waiting.push(...life);
    if (waiting.length >= rowsAtOnce) await store();
  }
  if (waiting.length > 0) await store();
  await pool.query('analyze');
}
