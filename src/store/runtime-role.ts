/** Permissions of the bot's database user if it doesn't own the tables. It can insert and read events, but never change one. */
import { z } from 'zod';
import { grantsTo } from './pg-boss-tables.ts';
import { type Sql, selectOne } from './sql.ts';

const Role = z.object({ role: z.string() });

export async function roleOf(sql: Sql): Promise<string> {
  const row = await selectOne(sql, Role, 'select current_user::text as role');
  return row?.role ?? '';
}

const RoleRights = z.object({
  role: z.string(),
  superuser: z.boolean(),
  /**
   * True: it could turn off the triggers, because it owns the tables, or can become the role that owns them: as a member, also one
   * that inherits nothing, or before PostgreSQL 16 by `createrole`, which lets it make itself a member.
   */
  owns: z.boolean(),
  insert: z.boolean(),
  update: z.boolean(),
  delete: z.boolean(),
  truncate: z.boolean(),
});

const may = (right: string): string => `has_table_privilege(current_user, 'cmk.event', '${right}') as "${right}"`;

const rightsQuery = `select current_user::text as role, rolsuper as superuser,
  (select pg_has_role(current_user, relowner, 'member') from pg_class where oid = 'cmk.event'::regclass)
    or (rolcreaterole and current_setting('server_version_num')::int < 160000) as owns,
  ${['insert', 'update', 'delete', 'truncate'].map(may).join(', ')}
  from pg_roles where rolname = current_user`;

/** Returns what the connection's user can do to events, except reading them. */
export async function roleRights(sql: Sql) {
  const found = await selectOne(sql, RoleRights, rightsQuery);
  if (found === null) throw new Error('reading the permissions of the database user: no answer');
  const { role, superuser, owns, insert: mayAdd, ...rights } = found;
  const mayChange = Object.entries(rights).flatMap(([name, has]) => (has ? [name] : []));
  return { role, superuser, owns, mayAdd, mayChange };
}

/** Permissions by table. `update (one)` lets the bot lock the head; a trigger updates it. */
const rights = {
  migration: 'select',
  event: 'select, insert',
  chain_head: 'select, update (one)',
  free_text: 'select, insert, delete',
  open_request: 'select, insert, delete',
  shown: 'select, insert, update, delete',
  conversation: 'select, insert, update, delete',
  person: 'select, insert, update, delete',
  document: 'select, insert, update, delete',
  witness: 'select, insert, update, delete',
} as const;

/** Erasing runs `vacuum full` on these, which needs a permission of its own since PostgreSQL 17. */
const vacuumed = ['free_text', 'document'] as const;

/** Gives the role exactly these permissions. Runs as the owner; safe to repeat. */
export async function grantRuntime(sql: Sql, role: string): Promise<void> {
  const to = `"${role.replaceAll('"', '""')}"`;
  await sql.query(`revoke all on all tables in schema cmk from ${to}`);
  await sql.query(`grant usage on schema cmk to ${to}`);
  await sql.query(`grant usage on all sequences in schema cmk to ${to}`);
  for (const [table, right] of Object.entries(rights)) await sql.query(`grant ${right} on cmk.${table} to ${to}`);
  // Everyone has it by default, but the owner might have revoked that. The functions run with the caller's permissions.
  await sql.query(`grant execute on function cmk.store, cmk.add_jobs to ${to}`);
  for (const text of grantsTo(to)) await sql.query(text);
  const versionText = "select current_setting('server_version_num') as number";
  const version = await selectOne(sql, z.object({ number: z.coerce.number() }), versionText);
  if ((version?.number ?? 0) < 170_000) return;
  for (const table of vacuumed) await sql.query(`grant maintain on cmk.${table} to ${to}`);
}
