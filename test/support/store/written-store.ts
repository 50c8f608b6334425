/** The database of a bot that runs, in the hands of somebody who can write every row of it and has no key. */
import { Client } from 'pg';
import type { World } from '../world/world.ts';

// biome-ignore lint/suspicious/noExplicitAny: a stored document is whatever lies there.
type Stored = any;

export type OpenDatabase = Awaited<ReturnType<typeof openWritten>>;

export async function openWritten({ databaseUrl }: Pick<World, 'databaseUrl'>) {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  const sql = async (text: string, values: readonly unknown[] = []): Promise<readonly Record<string, unknown>[]> =>
    (await client.query(text, [...values])).rows;
  return {
    sql,
    async document(key: string): Promise<Stored> {
      const [row] = await sql('select value from cmk.document where key = $1', [key]);
      return JSON.parse(String(row?.value));
    },
    /** Writes it as it is given, past everything that the bot does. */
    async overwrite(key: string, value: unknown): Promise<void> {
      await sql(
        `insert into cmk.document (key, value, changed_at, seal_key, seal) values ($1, $2, now(), 'x', 'x')
         on conflict (key) do update set value = excluded.value`,
        [key, JSON.stringify(value)],
      );
    },
    /** What the record has, in short: who, what, of which request. */
    async events(): Promise<readonly string[]> {
      const rows = await sql('select body from cmk.event order by seq');
      return rows.map(({ body }) => {
        const { actor, type, request } = JSON.parse(String(body));
        return `${request}: ${type} by ${actor.kind} ${actor.id}`;
      });
    },
    close: () => client.end(),
  };
}
