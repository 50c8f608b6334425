/** The database of a bot that runs, in the hands of somebody who can write every row of it and has no key. */
import { Client } from 'pg';
import type { World } from '../world/world.ts';

// biome-ignore lint/suspicious/noExplicitAny: a stored document is whatever lies there.
type Stored = any;

export interface OpenDatabase {
  sql(text: string, values?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>;
  document(key: string): Promise<Stored>;
  /** Writes it as it is given, past everything that the bot does. */
  overwrite(key: string, value: unknown): Promise<void>;
  /** What the record has, in short: who, what, of which request. */
  events(): Promise<readonly string[]>;
  close(): Promise<void>;
}

export async function openWritten({ database }: Pick<World, 'database'>): Promise<OpenDatabase> {
  if (database.kind !== 'postgres') throw new Error('nobody else writes into a folder that a bot has open');
  const client = new Client({ connectionString: database.url });
  await client.connect();
  const sql = async (text: string, values: readonly unknown[] = []) => (await client.query(text, [...values])).rows;
  return {
    sql,
    async document(key) {
      const [row] = await sql('select value from cmk.document where key = $1', [key]);
      return JSON.parse(String(row?.value));
    },
    async overwrite(key, value) {
      await sql(
        `insert into cmk.document (key, value, changed_at) values ($1, $2, now())
         on conflict (key) do update set value = excluded.value`,
        [key, JSON.stringify(value)],
      );
    },
    async events() {
      const rows = await sql('select body from cmk.event order by seq');
      return rows.map(({ body }) => {
        const { actor, type, request } = JSON.parse(String(body));
        return `${request}: ${type} by ${actor.kind} ${actor.id}`;
      });
    },
    close: () => client.end(),
  };
}
