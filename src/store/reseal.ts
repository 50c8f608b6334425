/**
 * Seals documents and rows again at the first start with a new seal key. Afterwards, the key before proves nothing more about
 * them: someone who has read it can't write them.
 */
import { z } from 'zod';
import type { DocumentSeals, RowSeals } from '../domain/record/seals.ts';
import { changedRows, type Sql, select } from './sql.ts';
import { asText, witnessColumns } from './witnesses.ts';

export interface SealPair {
  readonly documentSeals: DocumentSeals;
  readonly rowSeals: RowSeals;
}

/** Of each kind of sealed row: its table, what its seal covers, and where the seal stands. */
const sealedRows = [
  { kind: 'person', table: 'person', columns: ['id', 'member_id', 'name'], seal: 'seal' },
  { kind: 'person address', table: 'person', columns: ['id', 'address'], seal: 'address_seal' },
  {
    kind: 'conversation',
    table: 'conversation',
    columns: ['conversation_id', 'service_url', 'tenant_id', 'person_id'],
    seal: 'seal',
  },
  {
    kind: 'shown',
    table: 'shown',
    columns: ['request_id', 'audience', 'conversation_id', 'activity_id', 'fingerprint'],
    seal: 'seal',
  },
  { kind: 'witness', table: 'witness', columns: witnessColumns, seal: 'seal' },
] as const;

const Row = z.record(z.string(), z.unknown());
const Document = z.object({
  key: z.string(),
  value: z.string(),
  changed_at: z.date(),
  seal_key: z.string(),
  seal: z.string(),
});

const documents = `update cmk.document d set seal_key = $2, seal = new.seal
  from unnest($1::text[], $3::text[]) as new (old, seal) where d.seal = new.old`;

/** Rows that neither key has sealed stay as they are, and count as absent. Repeatable. */
export async function reseal(sql: Sql, before: SealPair, now: SealPair): Promise<void> {
  for (const { kind, table, columns, seal } of sealedRows) {
    const rows = await select(sql, Row, `select * from cmk.${table} where ${seal} is not null`);
    const pairs = rows.flatMap((row) => {
      const values = columns.map((column) => asText(row[column]));
      const old = asText(row[seal]);
      return before.rowSeals.isGood(kind, values, old) ? [[old, now.rowSeals.seal(kind, values)]] : [];
    });
    const update = `update cmk.${table} t set ${seal} = new.seal from unnest($1::text[], $2::text[]) as new (old, seal)
      where t.${seal} = new.old`;
    await changedRows(sql, update, [pairs.map(([old]) => old), pairs.map(([, made]) => made)]);
  }
  const stored = (await select(sql, Document, 'select * from cmk.document')).flatMap((row) => {
    const document = { key: row.key, writtenAt: row.changed_at, text: row.value };
    const isGood = before.documentSeals.faultOf(document, { sealKey: row.seal_key, seal: row.seal }) === null;
    return isGood ? [{ old: row.seal, made: now.documentSeals.seal(document) }] : [];
  });
  const [key] = stored.map(({ made }) => made.sealKey);
  await changedRows(sql, documents, [stored.map(({ old }) => old), key, stored.map(({ made }) => made.seal)]);
}
