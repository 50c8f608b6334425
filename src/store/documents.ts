/** The port `Documents` on the database: compare-and-set over small JSON documents, all changes of a call or none. */
import type { Pool } from 'pg';
import { z } from 'zod';
import { type Documents, StaleDocument } from '../domain/ports/store.ts';
import type { ClockGuard } from './clock-guard.ts';
import { change, inTransaction, type Sql, select } from './sql.ts';

type Document = Record<string, unknown>;

const Row = z.object({ key: z.string(), value: z.string(), etag: z.coerce.string() });
const Value = z.record(z.string(), z.unknown());

const insert = `insert into cmk.document (key, value, changed_at) values ($1, $2, $3)`;
const overwrite = `${insert} on conflict (key) do update set
  value = excluded.value, etag = excluded.etag, changed_at = excluded.changed_at`;
const replace = `update cmk.document set value = $2, changed_at = $3, etag = nextval('cmk.document_etag')
  where key = $1 and etag::text = $4`;

const Key = z.object({ key: z.string() });
const left = `select key from cmk.document where starts_with(key, $1) and changed_at < $2 order by changed_at limit $3`;
const atOnce = 100;

async function writeOne(sql: Sql, key: string, { eTag, ...value }: Document, now: string): Promise<void> {
  const values = [key, JSON.stringify(value), now];
  if (eTag === undefined || eTag === null || eTag === '*') {
    await change(sql, overwrite, values);
    return;
  }
  const written =
    eTag === ''
      ? await change(sql, `${insert} on conflict do nothing`, values)
      : await change(sql, replace, [...values, String(eTag)]);
  if (written === 0) throw new StaleDocument(`writing document ${key}: it is no longer at version '${String(eTag)}'`);
}

export interface SweptDocuments extends Documents {
  /** Keys with that beginning, given without it, that nobody wrote for so long: the oldest first, some at a time. */
  leftFor(prefix: string, ms: number): Promise<readonly string[]>;
  /** Deletes documents that nobody wrote for so long, and says how many. */
  deleteLeftFor(ms: number): Promise<number>;
}

export function openDocuments(pool: Pool, clock: () => Date, guard: Pick<ClockGuard, 'believed'>): SweptDocuments {
  /** By a clock that runs ahead, everything is old: null. */
  const ago = async (ms: number): Promise<string | null> => {
    const now = await guard.believed();
    return now === null ? null : new Date(now.getTime() - ms).toISOString();
  };
  return {
    read: async (keys) => {
      if (keys.length === 0) return {};
      const rows = await select(pool, Row, 'select key, value, etag from cmk.document where key = any($1)', [
        [...keys],
      ]);
      return Object.fromEntries(
        rows.map(({ key, value, etag }) => [key, { ...Value.parse(JSON.parse(value)), eTag: etag }]),
      );
    },
    write: async (changes) => {
      // Always in the same order, so that two writers of the same documents wait for, not block, each other.
      const inOrder = Object.entries(changes).sort(([a], [b]) => (a < b ? -1 : 1));
      const [only] = inOrder;
      // One statement is all or nothing by itself.
      if (only !== undefined && inOrder.length === 1) await writeOne(pool, ...only, clock().toISOString());
      else
        await inTransaction(pool, async (sql) => {
          for (const [key, value] of inOrder) await writeOne(sql, key, value, clock().toISOString());
        });
    },
    delete: async (keys) => {
      if (keys.length > 0) await change(pool, 'delete from cmk.document where key = any($1)', [[...keys]]);
    },
    leftFor: async (prefix, ms) => {
      const time = await ago(ms);
      if (time === null) return [];
      const rows = await select(pool, Key, left, [prefix, time, atOnce]);
      return rows.map(({ key }) => key.slice(prefix.length));
    },
    deleteLeftFor: async (ms) => {
      const time = await ago(ms);
      return time === null ? 0 : change(pool, 'delete from cmk.document where changed_at < $1', [time]);
    },
  };
}
