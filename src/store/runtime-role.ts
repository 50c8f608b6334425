/** What the bot may do in the database where it does not own the tables: put in events and read them, never change one. */
import { z } from 'zod';
import { type Sql, selectOne } from './sql.ts';

const Role = z.object({ role: z.string() });

/** The user that a connection speaks for. */
export async function roleOf(sql: Sql): Promise<string> {
  const row = await selectOne(sql, Role, 'select current_user::text as role');
  return row?.role ?? '';
}

const RoleRights = z.object({
  role: z.string(),
  superuser: z.boolean(),
  owns: z.boolean(),
  insert: z.boolean(),
  update: z.boolean(),
  delete: z.boolean(),
  truncate: z.boolean(),
});

const may = (right: string): string => `has_table_privilege(current_user, 'cmk.event', '${right}') as "${right}"`;

const rightsQuery = `select current_user::text as role, rolsuper as superuser,
  (select pg_has_role(current_user, relowner, 'usage') from pg_class where oid = 'cmk.event'::regclass) as owns,
  ${['insert', 'update', 'delete', 'truncate'].map(may).join(', ')}
  from pg_roles where rolname = current_user`;

/** What the connection's user may do to the events, beside reading them. */
export interface RoleOnEvents {
  readonly role: string;
  readonly superuser: boolean;
  /** It can switch off what guards the record: it is the owner of the tables, or as good as. */
  readonly owns: boolean;
  /** Without this right nothing can be stored. */
  readonly mayAdd: boolean;
  /** Of `update`, `delete` and `truncate`. */
  readonly mayChange: readonly string[];
}

export async function roleRights(sql: Sql): Promise<RoleOnEvents> {
  const found = await selectOne(sql, RoleRights, rightsQuery);
  if (found === null) throw new Error('asking the database what its user may do: it did not say');
  const { role, superuser, owns, insert: mayAdd, ...rights } = found;
  return {
    role,
    superuser,
    owns,
    mayAdd,
    mayChange: Object.entries(rights).flatMap(([name, has]) => (has ? [name] : [])),
  };
}

/** By table. The head is only locked: it moves by what is put in. A first seal is added by the owner. */
const rights = {
  migration: 'select',
  event: 'select, insert',
  chain_head: 'select, update (one)',
  free_text: 'select, insert, delete',
  open_request: 'select, insert, delete',
  outbox: 'select, insert, update, delete',
  shown: 'select, insert, update, delete',
  conversation: 'select, insert, update, delete',
  person: 'select, insert, update, delete',
  document: 'select, insert, update, delete',
  replica: 'select, insert, update, delete',
  witness: 'select, insert, update, delete',
} as const;

/** Erasing writes the tables anew, so that nothing stays readable in their files. A right of its own since PostgreSQL 17. */
const rewritten = ['free_text', 'document'] as const;

/** Gives the role exactly these rights, whatever it had. With the rights of the owner; safe to repeat. */
export async function grantRuntime(sql: Sql, role: string): Promise<void> {
  const to = `"${role.replaceAll('"', '""')}"`;
  await sql.query(`revoke all on all tables in schema cmk from ${to}`);
  await sql.query(`grant usage on schema cmk to ${to}`);
  await sql.query(`grant usage on all sequences in schema cmk to ${to}`);
  for (const [table, right] of Object.entries(rights)) await sql.query(`grant ${right} on cmk.${table} to ${to}`);
  // It has the rights of whoever calls it, and everybody may; but the owner may have taken that from everybody.
  await sql.query(`grant execute on function cmk.store to ${to}`);
  const version = await selectOne(sql, z.object({ number: z.coerce.number() }), versionText);
  if ((version?.number ?? 0) < 170_000) return;
  for (const table of rewritten) await sql.query(`grant maintain on cmk.${table} to ${to}`);
}

const versionText = "select current_setting('server_version_num') as number";
