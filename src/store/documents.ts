/**
 * The port `Documents`: compare-and-set on small JSON documents, all changes of a call or none. Each has a seal over its key, time of
 * writing and text, so that write access to the table isn't enough to forge one. A document without a valid seal is deleted and counts
 * as absent (docs/explain/security.md).
 */
import type { Pool } from 'pg';
import { z } from 'zod';
import { type Documents, StaleDocument } from '../domain/ports/store.ts';
import type { DocumentFault, DocumentSeals } from '../domain/record/seals.ts';
import type { DatabaseClock } from './database-clock.ts';
import { changedRows, inTransaction, type Sql, select } from './sql.ts';

type Document = Record<string, unknown>;

const Row = z.object({
  key: z.string(),
  value: z.string(),
  etag: z.coerce.string(),
  /** Null: a time that the bot never writes, such as infinity. */
  changed_at: z.date().nullable().catch(null),
  seal_key: z.string(),
  seal: z.string(),
});
type Row = z.infer<typeof Row>;
const Value = z.record(z.string(), z.unknown());

const those = 'select key, value, etag, changed_at, seal_key, seal from cmk.document where key = any($1)';
const insert = `insert into cmk.document (key, value, changed_at, seal_key, seal) values ($1, $2, $3, $4, $5)`;
const overwrite = `${insert} on conflict (key) do update set value = excluded.value, etag = excluded.etag,
  changed_at = excluded.changed_at, seal_key = excluded.seal_key, seal = excluded.seal`;
const replace = `update cmk.document set value = $2, changed_at = $3, seal_key = $4, seal = $5,
  etag = nextval('cmk.document_etag') where key = $1 and etag::text = $6`;
const takeOut = 'delete from cmk.document where key = $1 and etag::text = $2';

/** Longer than the sweeper leaves a document, so an older one was restored by someone else. In milliseconds. */
const longestLifeMs = 8 * 24 * 3_600_000;
const Key = z.object({ key: z.string() });
const left = `select key from cmk.document where starts_with(key, $1) and changed_at < $2 order by changed_at limit $3`;
const atOnce = 100;
/** Keeps records of welcomes: each person is welcomed once. */
const sweep = `delete from cmk.document where changed_at < $1 and not starts_with(key, 'welcome/')`;

export interface UnsoundDocument {
  /** The kind that its key claims: the first part of the key. */
  readonly kind: string;
  readonly fault: DocumentFault;
}

export interface DocumentTools {
  readonly clock: Pick<DatabaseClock, 'now'>;
  readonly seals: DocumentSeals;
  readonly onUnsound?: (document: UnsoundDocument) => void;
}

async function writeOne(sql: Sql, key: string, document: Document, tools: DocumentTools): Promise<void> {
  const { eTag, ...value } = document;
  const text = JSON.stringify(value);
  const writtenAt = tools.clock.now();
  const { sealKey, seal } = tools.seals.seal({ key, writtenAt, text });
  const values = [key, text, writtenAt.toISOString(), sealKey, seal];
  if (eTag === undefined || eTag === null || eTag === '*') {
    await changedRows(sql, overwrite, values);
    return;
  }
  const written =
    eTag === ''
      ? await changedRows(sql, `${insert} on conflict do nothing`, values)
      : await changedRows(sql, replace, [...values, String(eTag)]);
  if (written === 0) throw new StaleDocument(`writing document ${key}: it is no longer at version '${String(eTag)}'`);
}

const withTexts = `delete from cmk.document where (starts_with(key, 'form/') or starts_with(key, 'sign-in/'))
  and position($1 in key || value) > 0`;
/**
 * Deletes documents that hold texts of a request: forms that edit, repeat or made it, and sign-ins to approve it, with the comment. The
 * next click says that it has ended.
 */
export const deleteTextsOf = (sql: Sql, id: string): Promise<number> => changedRows(sql, withTexts, [id]);

export interface SweptDocuments extends Documents {
  /** Keys with the prefix, returned without it, not written for `ms`. Oldest first, at most 100. */
  leftFor(prefix: string, ms: number): Promise<readonly string[]>;
  deleteLeftFor(ms: number): Promise<number>;
}

/** Deletes documents without a valid seal, but not those with an unknown key: a newer version can have written them. */
async function soundOnly(pool: Pool, rows: readonly Row[], tools: DocumentTools): Promise<readonly Row[]> {
  const sound: Row[] = [];
  for (const row of rows) {
    const { key, value: text, changed_at: writtenAt, seal_key: sealKey, seal } = row;
    const fault =
      writtenAt === null ? 'seal-differs' : tools.seals.faultOf({ key, writtenAt, text }, { sealKey, seal });
    if (fault !== null) tools.onUnsound?.({ kind: key.split('/')[0] ?? '', fault });
    if (fault === 'seal-differs') await changedRows(pool, takeOut, [key, row.etag]);
    const ageMs = tools.clock.now().getTime() - (writtenAt?.getTime() ?? 0);
    if (fault === null && ageMs < longestLifeMs) sound.push(row);
  }
  return sound;
}

export function openDocuments(pool: Pool, tools: DocumentTools): SweptDocuments {
  const ago = (ms: number): string => new Date(tools.clock.now().getTime() - ms).toISOString();
  return {
    read: async (keys) => {
      if (keys.length === 0) return {};
      const rows = await soundOnly(pool, await select(pool, Row, those, [[...keys]]), tools);
      return Object.fromEntries(
        rows.map(({ key, value, etag }) => [key, { ...Value.parse(JSON.parse(value)), eTag: etag }]),
      );
    },
    write: async (changes) => {
      // Always in the same order, so that two writers of the same documents can't deadlock.
      const inOrder = Object.entries(changes).sort(([a], [b]) => (a < b ? -1 : 1));
      const [only] = inOrder;
      // One statement is atomic by itself.
      if (only !== undefined && inOrder.length === 1) await writeOne(pool, ...only, tools);
      else
        await inTransaction(pool, async (sql) => {
          for (const [key, value] of inOrder) await writeOne(sql, key, value, tools);
        });
    },
    delete: async (keys) => {
      if (keys.length > 0) await changedRows(pool, 'delete from cmk.document where key = any($1)', [[...keys]]);
    },
    leftFor: async (prefix, ms) => {
      const rows = await select(pool, Key, left, [prefix, ago(ms), atOnce]);
      return rows.map(({ key }) => key.slice(prefix.length));
    },
    deleteLeftFor: (ms) => changedRows(pool, sweep, [ago(ms)]),
  };
}
