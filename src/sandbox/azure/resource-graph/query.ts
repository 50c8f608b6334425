/**
 * The part of Resource Graph's language that is used here.
 * `resources` or `resourcechanges`, then `where` with `==`, `=~` or `contains` and a text or `in~` and a list, `project`, `order by`
 * and `limit`. Refuses everything else: ignoring a part would change the result.
 */
import { randomUUID } from 'node:crypto';
import { Refusal } from '../../http.ts';

export type Row = Readonly<Record<string, unknown>>;
type Columns = ReadonlySet<string>;
type Value = (row: Row) => unknown;

/** What a part of the query does with rows, and the columns that it leaves. */
interface Stage {
  readonly run: (rows: readonly Row[]) => readonly Row[];
  readonly columns: Columns;
}

export interface Query {
  readonly table: Table;
  readonly stages: readonly Stage[];
}

/**
 * The last result, for its later pages: running the query again for each page would take quadratic time. In memory only,
 * and a page of another query is answered from the current state.
 */
export interface LastQuery {
  /** Caller and query. */
  readonly of: string;
  readonly rows: readonly Row[];
}

const tables = ['resources', 'resourcechanges'] as const;
type Table = (typeof tables)[number];

/** Columns of the table `resources` (Microsoft's reference). */
const tableColumns: Columns = new Set(
  'extendedLocation id identity kind location managedBy name plan properties resourceGroup sku subscriptionId tags tenantId type zones'.split(
    ' ',
  ),
);

export const supportText = (): string =>
  `Please provide below info when asking for support: timestamp = ${new Date().toISOString()}, correlationId = ${randomUUID()}.`;

/** Resource Graph's answer to an invalid query, in the shape of public reports. The last detail holds the cause. */
const invalid = (code: string, message: string, more: Readonly<Record<string, unknown>> = {}): Refusal => {
  const text =
    'Query is invalid. Please refer to the documentation for the Azure Resource Graph service and fix the error before retrying.';
  const details = [
    { code: 'InvalidQuery', message: text },
    { code, message, ...more },
  ];
  return Refusal.of(400, 'BadRequest', supportText(), { details });
};

const parserFailure = (token: string): Refusal => invalid('ParserFailure', 'ParserFailure', { token });

/** An operator or table that doesn't exist or isn't supported. */
const unknownOperator = (token: string): Refusal =>
  invalid('InvalidQueryLanguage', 'InvalidQueryLanguage', { line: -1, characterPositionInLine: -1, token });

const asText = (value: unknown): string => {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
};

const lower = (value: unknown): string => asText(value).toLowerCase();

const functions = new Map<string, (value: unknown) => unknown>([
  ['tostring', asText],
  ['tobool', (value) => (asText(value) === '' ? null : lower(value) === 'true')],
  ['toint', (value) => (asText(value) === '' || Number.isNaN(Number(value)) ? null : Number(value))],
]);

const comparisons = new Map<string, (value: unknown, wanted: string) => boolean>([
  ['==', (value, wanted) => asText(value) === wanted],
  ['=~', (value, wanted) => lower(value) === lower(wanted)],
  ['contains', (value, wanted) => lower(value).includes(lower(wanted))],
]);

const literal = String.raw`(?:'(?:[^'\\\r\n]|\\['"\\])*'|"(?:[^"\\\r\n]|\\['"\\])*")`;
const name = String.raw`[A-Za-z_]\w*`;
const value = String.raw`(?:${name}\s*\(\s*)?${name}(?:\.${name})*(?:\s*\))?`;

const parts = new RegExp(`(?:${literal}|[^|'"])+`, 'g');
const compares = new RegExp(`^(${value})\\s*(==|=~|contains)\\s*(${literal})$`);
const isIn = new RegExp(`^(${value})\\s*in~\\s*\\(\\s*(${literal}(?:\\s*,\\s*${literal})*)\\s*\\)$`);
const projects = new RegExp(`^\\s*(${name})(?:\\s*=\\s*(${value}))?\\s*$`);

const unquoted = (text: string): string => text.slice(1, -1).replace(/\\(.)/g, '$1');

const memberOf = (one: unknown, key: string): unknown =>
  typeof one === 'object' && one !== null && Object.hasOwn(one, key) ? Reflect.get(one, key) : null;

/** Reads a path, or a function of one. That Azure refuses unknown columns is from memory; code and text are invented. */
function readerOf(columns: Columns, source: string): Value {
  const [, called, inner] = /^(\w+)\s*\(\s*([\w.]+)\s*\)$/.exec(source) ?? [];
  const convert = called === undefined ? (one: unknown) => one : functions.get(called);
  if (convert === undefined) throw invalid('UnknownFunction', `Unknown function: '${called}'.`);
  const path = (inner ?? source).split('.');
  const [column = ''] = path;
  if (!columns.has(column)) throw invalid('UnknownColumn', `Unknown column: '${column}'.`);
  return (row) => convert(path.reduce<unknown>(memberOf, row));
}

function where(columns: Columns, text: string): Stage {
  const [, left = '', operator = '', wanted] = compares.exec(text) ?? [];
  const holds = comparisons.get(operator);
  if (holds !== undefined && wanted !== undefined) {
    const read = readerOf(columns, left);
    return { columns, run: (rows) => rows.filter((row) => holds(read(row), unquoted(wanted))) };
  }
  const [, member, list] = isIn.exec(text) ?? [];
  if (member === undefined || list === undefined) throw parserFailure(text);
  const read = readerOf(columns, member);
  const all = new Set((list.match(new RegExp(literal, 'g')) ?? []).map((one) => lower(unquoted(one))));
  return { columns, run: (rows) => rows.filter((row) => all.has(lower(read(row)))) };
}

function project(columns: Columns, text: string): Stage {
  const wanted = text.split(',').map((item): readonly [string, Value] => {
    const [, column, source = column] = projects.exec(item) ?? [];
    if (column === undefined || source === undefined) throw parserFailure(item);
    return [column, readerOf(columns, source)];
  });
  return {
    columns: new Set(wanted.map(([column]) => column)),
    run: (rows) => rows.map((row) => Object.fromEntries(wanted.map(([column, read]) => [column, read(row)]))),
  };
}

/** Text comparison ignores case. */
const inOrder = (a: unknown, b: unknown): number => {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return lower(a) < lower(b) ? -1 : lower(a) > lower(b) ? 1 : 0;
};

/** Descending by default, as in Kusto. */
function order(columns: Columns, text: string): Stage {
  const [, column, direction = 'desc'] = /^by\s+(\w+)(?:\s+(asc|desc))?$/.exec(text) ?? [];
  if (column === undefined) throw parserFailure(text);
  const read = readerOf(columns, column);
  const sign = direction === 'asc' ? 1 : -1;
  return { columns, run: (rows) => [...rows].sort((a, b) => sign * inOrder(read(a), read(b))) };
}

function limit(columns: Columns, text: string): Stage {
  if (!/^\d+$/.test(text)) throw parserFailure(text);
  return { columns, run: (rows) => rows.slice(0, Number(text)) };
}

const operators = new Map([
  ['where', where],
  ['project', project],
  ['order', order],
  ['limit', limit],
]);

/** Each `project` changes the available columns. */
export function parseQuery(query: string): Query {
  const [source = '', ...rest] = query.match(parts) ?? [];
  if ([source, ...rest].join('|') !== query) throw parserFailure(query);
  const table = tables.find((one) => one === source.trim().toLowerCase());
  if (table === undefined) throw unknownOperator(source.trim());
  let columns = tableColumns;
  const stages = rest.map((part) => {
    const [, operator = '', text = ''] = /^\s*(\S+)\s*(.*?)\s*$/s.exec(part) ?? [];
    const parse = operators.get(operator);
    if (parse === undefined) throw unknownOperator(operator);
    const stage = parse(columns, text);
    columns = stage.columns;
    return stage;
  });
  return { table, stages };
}

export const runQuery = (query: Query, rows: readonly Row[]): readonly Row[] =>
  query.stages.reduce((left, { run }) => run(left), rows);
