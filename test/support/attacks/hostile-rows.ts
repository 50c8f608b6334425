/** What somebody who can write every row of a table puts there: for each column, values of its kind that nobody meant. */
import type { OpenDatabase } from '../store/written-store.ts';

export interface HostileWrite {
  readonly table: string;
  /** In a word or two: `person_id: another’s`. */
  readonly what: string;
  readonly statement: string;
  readonly ofOneRow?: string;
}

interface Column {
  readonly table: string;
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
}

const quoted = (name: string): string => `"${name}"`;

/** By what they are, the values as SQL. */
function valuesFor({ table, name, type }: Column): Readonly<Record<string, string>> {
  const another = `(select o.${quoted(name)} from ${table} o where o.${quoted(name)} is distinct from t.${quoted(name)} order by random() limit 1)`;
  if (type === 'text')
    return {
      'another row’s': another,
      empty: `''`,
      'a person’s id': `'20000000-0000-4000-8000-000000000002'`,
      'another place': `'19:group@thread.v2'`,
      'JSON of another shape': `'{"verb":"form.submit","constructor":{"x":1}}'`,
      'what a form would hold': `'{"json":["CMK-000000",1],"__proto__":{"x":1}}'`,
      'very long': `repeat('x', 20000)`,
      'invisible and reversed': `U&'\\202E\\200B\\FEFF<at>Approver</at>'`,
      'more of it': `t.${quoted(name)} || 'x'`,
    };
  if (type.startsWith('timestamp'))
    return {
      now: 'now()',
      'long ago': `'1970-01-01Z'`,
      'far ahead': `'9999-01-01Z'`,
      'before all time': `'-infinity'`,
      'after all time': `'infinity'`,
    };
  if (type === 'boolean') return { 'the other': `not t.${quoted(name)}` };
  if (type === 'uuid') return { 'another’s': another };
  if (type === 'ARRAY' || type === 'jsonb' || type === 'json' || type === 'bytea') return { default: 'default' };
  return { zero: '0', negative: '-1', huge: '2147483647', 'another row’s': another };
}

/** Every table of the schema and its columns, as the database says. */
export async function columnsOf(store: OpenDatabase, schema: string): Promise<readonly Column[]> {
  const rows = await store.sql(
    `select c.table_name as table, c.column_name as name, c.data_type as type, c.is_nullable = 'YES' as nullable
     from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
     where table_schema = $1 and t.table_type = 'BASE TABLE' and c.is_generated = 'NEVER'
     order by c.table_name, c.ordinal_position`,
    [schema],
  );
  return rows.map(({ table, name, type, nullable }) => ({
    table: `${schema}.${quoted(String(table))}`,
    name: String(name),
    type: String(type),
    nullable: nullable === true,
  }));
}

/** Every column with every value, all rows at once; then all rows gone. */
export function writesTo(table: string, columns: readonly Column[]): readonly HostileWrite[] {
  const own = columns.filter((column) => column.table === table);
  const set = (name: string, what: string, value: string): HostileWrite => ({
    table,
    what: `${name}: ${what}`,
    statement: `update ${table} t set ${quoted(name)} = ${value}`,
    // Where no two rows may be alike.
    ofOneRow: `update ${table} t set ${quoted(name)} = ${value} where ctid = (select min(ctid) from ${table})`,
  });
  return [
    ...own.flatMap((column) => [
      ...Object.entries(valuesFor(column)).map(([what, value]) => set(column.name, what, value)),
      ...(column.nullable ? [set(column.name, 'nothing', 'null')] : []),
    ]),
    { table, what: 'all rows gone', statement: `delete from ${table}` },
  ];
}

/** All that is in a table, to be put back. */
export async function keepTable(store: OpenDatabase, table: string): Promise<() => Promise<void>> {
  const [kept] = await store.sql(`select coalesce(json_agg(t), '[]')::text as rows from ${table} t`);
  return async () => {
    await store.sql(`with gone as (delete from ${table}) select 1`);
    await store.sql(
      `insert into ${table} select * from json_populate_recordset(null::${table}, $1) on conflict do nothing`,
      [kept?.rows],
    );
  };
}
