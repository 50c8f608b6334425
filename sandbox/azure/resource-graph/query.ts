/**
 * Parses the part of Resource Graph's language that is used here.
 * `resources` or `resourcechanges`, then `where` with `==`, `=~` or `contains` and a text or `in~` and a list, `project`, `order by` and `limit`. Refuses
 * everything else and names the word: ignoring a part would change the result.
 */
import { Reader, unknownColumn, unknownFunction, unknownOperator } from './reader.ts';

export type Row = Readonly<Record<string, unknown>>;
type Stage = (rows: readonly Row[]) => readonly Row[];
type Value = (row: Row) => unknown;

export interface Query {
  readonly table: Table;
  readonly stages: readonly Stage[];
}

const tables = ['resources', 'resourcechanges'] as const;
type Table = (typeof tables)[number];

/** Columns of the table `resources` (Microsoft's reference). */
const tableColumns =
  'extendedLocation id identity kind location managedBy name plan properties resourceGroup sku subscriptionId tags tenantId type zones'.split(
    ' ',
  );

const asText = (value: unknown): string => {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
};

const lower = (value: unknown): string => asText(value).toLowerCase();

const functions: Readonly<Record<string, (value: unknown) => unknown>> = {
  tostring: asText,
  tobool: (value) => (asText(value) === '' ? null : lower(value) === 'true'),
  toint: (value) => (asText(value) === '' || Number.isNaN(Number(value)) ? null : Number(value)),
};

const comparisons: Readonly<Record<string, (value: unknown, wanted: string) => boolean>> = {
  '==': (value, wanted) => asText(value) === wanted,
  '=~': (value, wanted) => lower(value) === lower(wanted),
  contains: (value, wanted) => lower(value).includes(lower(wanted)),
};

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null
    ? (Object.entries(value).find(([key]) => key === name)?.[1] ?? null)
    : null;

/** Text comparison ignores case. */
const inOrder = (a: unknown, b: unknown): number => {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return lower(a) < lower(b) ? -1 : lower(a) > lower(b) ? 1 : 0;
};

/** Parses one query. Each `project` changes the available columns. */
class QueryReader {
  private readonly reader: Reader;
  private columns: ReadonlySet<string> = new Set(tableColumns);

  constructor(query: string) {
    this.reader = new Reader(query);
  }

  read(): Query {
    const name = this.reader.take('name');
    const table = tables.find((one) => one === name.toLowerCase());
    if (table === undefined) throw unknownOperator(name);
    const stages: Stage[] = [];
    while (!this.reader.done) {
      this.reader.expect('|');
      stages.push(this.stage());
    }
    return { table, stages };
  }

  private stage(): Stage {
    const operator = this.reader.take('name');
    if (operator === 'where') return this.where();
    if (operator === 'project') return this.project();
    if (operator === 'order') return this.order();
    if (operator === 'limit') return this.limit();
    throw unknownOperator(operator);
  }

  private column(name = this.reader.take('name')): string {
    if (!this.columns.has(name)) throw unknownColumn(name);
    return name;
  }

  private path(first?: string): Value {
    const path = [this.column(first)];
    while (this.reader.skip('.')) path.push(this.reader.take('name'));
    return (row) => path.reduce<unknown>(memberOf, row);
  }

  private where(): Stage {
    const value = this.value();
    if (this.reader.skip('in~')) return this.isIn(value);
    const operator = Object.keys(comparisons).find((one) => this.reader.skip(one));
    const holds = operator === undefined ? undefined : comparisons[operator];
    if (holds === undefined) return this.reader.fail();
    const wanted = this.reader.take('string');
    return (rows) => rows.filter((row) => holds(value(row), wanted));
  }

  private isIn(value: Value): Stage {
    const wanted = new Set<string>();
    this.reader.expect('(');
    do wanted.add(lower(this.reader.take('string')));
    while (this.reader.skip(','));
    this.reader.expect(')');
    return (rows) => rows.filter((row) => wanted.has(lower(value(row))));
  }

  /** Parses a path, or a function of one. */
  private value(): Value {
    const name = this.reader.take('name');
    if (!this.reader.skip('(')) return this.path(name);
    const convert = Object.hasOwn(functions, name) ? functions[name] : undefined;
    if (convert === undefined) throw unknownFunction(name);
    const inner = this.path();
    this.reader.expect(')');
    return (row) => convert(inner(row));
  }

  private project(): Stage {
    const columns = new Map<string, Value>();
    do {
      const name = this.reader.take('name');
      const value = this.reader.skip('=') ? this.value() : this.plain(name);
      columns.set(name, value);
    } while (this.reader.skip(','));
    this.columns = new Set(columns.keys());
    return (rows) => rows.map((row) => Object.fromEntries([...columns].map(([name, value]) => [name, value(row)])));
  }

  private plain(name: string): Value {
    const column = this.column(name);
    return (row) => memberOf(row, column);
  }

  /** Descending by default, as in Kusto. */
  private order(): Stage {
    this.reader.expect('by');
    const column = this.column();
    const direction = this.reader.skip('asc') ? 1 : -1;
    if (direction < 0) this.reader.skip('desc');
    return (rows) => [...rows].sort((a, b) => direction * inOrder(a[column], b[column]));
  }

  private limit(): Stage {
    const count = Number(this.reader.take('number'));
    return (rows) => rows.slice(0, count);
  }
}

export const parseQuery = (text: string): Query => new QueryReader(text).read();

export const runQuery = (query: Query, rows: readonly Row[]): readonly Row[] =>
  query.stages.reduce((left, stage) => stage(left), rows);
