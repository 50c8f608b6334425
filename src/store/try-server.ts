/** Whether a database lets somebody in, and as what: for whoever sets the bot up. Changes nothing. */
import { Client, DatabaseError } from 'pg';
import { connectionFacts } from './server-facts.ts';

export type TriedServer =
  /** Nobody answers, or not over TLS as it should be. */
  | { readonly kind: 'silent'; readonly why: string }
  /** It answers, and does not let this user in. */
  | { readonly kind: 'refuses'; readonly why: string }
  | { readonly kind: 'lets-in'; readonly major: number; readonly tls: string | null; readonly superuser: boolean };

const patienceMs = 10_000;

export async function tryServer(url: string): Promise<TriedServer> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: patienceMs,
    application_name: 'cmk-bot setup',
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query('select rolsuper as superuser from pg_roles where rolname = current_user');
    return { kind: 'lets-in', ...(await connectionFacts(client)), superuser: rows[0]?.superuser === true };
  } catch (error) {
    const why = error instanceof Error ? error.message || String((error as NodeJS.ErrnoException).code) : String(error);
    return { kind: error instanceof DatabaseError ? 'refuses' : 'silent', why };
  } finally {
    await client.end().catch(() => undefined);
  }
}
