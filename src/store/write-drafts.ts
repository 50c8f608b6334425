/** The one statement that stores what was decided, with all that follows from it. */
import { z } from 'zod';
import type { ChainHead } from './chain-head.ts';
import type { Draft } from './draft.ts';
import { type Sql, selectOne } from './sql.ts';

export interface Between {
  readonly from: Date;
  readonly to: Date;
}

/** A list for each column. */
const columnsOf = (rows: readonly (readonly unknown[])[], count: number): readonly (readonly unknown[])[] =>
  Array.from({ length: count }, (_, at) => rows.map((row) => row[at]));

const eventRows = (drafts: readonly Draft[]): readonly (readonly unknown[])[] =>
  drafts.flatMap(({ placed }) =>
    placed.map(({ position: { seq, request, revision, cause, n, prev }, sealed }) => [
      ...[seq, request, revision, cause, n, sealed.body, prev, sealed.hash, sealed.sealKey, sealed.seal],
    ]),
  );

const textRows = (drafts: readonly Draft[]): readonly (readonly unknown[])[] =>
  drafts.flatMap(({ placed }) =>
    placed.flatMap(({ position: { request, revision }, sealed }) =>
      sealed.openings.map(({ field, salt, text }) => [request, revision, field, salt, text]),
    ),
  );

/** One row each, the last that was said of it. */
const outboxRows = (drafts: readonly Draft[]): readonly (readonly unknown[])[] =>
  drafts.flatMap(({ asked: { id, trace }, consequences }) => {
    const rows = consequences.map(({ kind, key, dueAt }) => [`${kind} ${key}`, [id, kind, key, dueAt, trace]] as const);
    return [...new Map(rows).values()];
  });

const holdRows = (drafts: readonly Draft[], of: (draft: Draft) => string | null): readonly (readonly unknown[])[] =>
  drafts.flatMap((draft) => {
    const resource = of(draft);
    return resource === null ? [] : [[resource, draft.asked.id]];
  });

const text = `select cmk.store(${Array.from({ length: 30 }, (_, at) => `$${at + 1}`).join(', ')}) as stored`;
const Stored = z.object({ stored: z.boolean() });

/**
 * Stores drafts of different requests, each behind the one before, the first behind the head, all of them or none. False: the
 * head is another one, who holds what is not as the drafts have it, or the database's clock is not `between` (null: it is not
 * asked): nothing was stored. Outside a transaction it is one.
 */
export async function writeDrafts(
  sql: Sql,
  { seq, hash }: ChainHead,
  drafts: readonly Draft[],
  between: Between | null = null,
): Promise<boolean> {
  const values = [
    ...[seq, hash, between?.from.toISOString() ?? null, between?.to.toISOString() ?? null],
    ...columnsOf(
      holdRows(drafts, ({ from }) => from),
      2,
    ),
    ...columnsOf(eventRows(drafts), 10),
    ...columnsOf(textRows(drafts), 5),
    ...columnsOf(
      holdRows(drafts, ({ from, to }) => (from === to ? null : to)),
      2,
    ),
    ...columnsOf(
      holdRows(drafts, ({ from, to }) => (from === to ? null : from)),
      2,
    ),
    ...columnsOf(outboxRows(drafts), 5),
  ];
  return (await selectOne(sql, Stored, text, values))?.stored ?? false;
}
