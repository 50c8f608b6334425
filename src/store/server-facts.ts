/** What a PostgreSQL server says of itself and of the connection that is asked over. */
import { z } from 'zod';
import { type Sql, selectOne } from './sql.ts';

const Facts = z.object({
  number: z.coerce.number(),
  ssl: z.boolean().nullable(),
  version: z.string().nullable(),
  cipher: z.string().nullable(),
});

const query = `select current_setting('server_version_num') as number, ssl, version, cipher
  from (select 1) as one left join pg_stat_ssl on pid = pg_backend_pid()`;

export interface ConnectionFacts {
  /** The server's major version. */
  readonly major: number;
  /** `TLSv1.3, TLS_AES_256_GCM_SHA384`; null without TLS. */
  readonly tls: string | null;
}

export async function connectionFacts(sql: Sql): Promise<ConnectionFacts> {
  const facts = await selectOne(sql, Facts, query);
  if (facts === null) throw new Error('asking the database for its version: it did not say');
  const { number, ssl, version, cipher } = facts;
  return { major: Math.floor(number / 10_000), tls: ssl === true ? `${version}, ${cipher}` : null };
}
