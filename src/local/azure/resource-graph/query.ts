import { compareValues, type Expression, evaluate, type Row } from './expressions.ts';
import { Reader, readExpression } from './parse.ts';

type Stage = (rows: readonly Row[]) => readonly Row[];

export interface Query {
  readonly table: 'resources' | 'resourcecontainers';
  readonly stages: readonly Stage[];
}

interface Column {
  readonly name: string;
  readonly value: Expression;
}

const lastName = (expression: Expression): string | null =>
  expression.kind === 'path' ? (expression.path.at(-1) ?? null) : null;

/** `name`, `name = expression`, or a path, whose column is called as its parts joined by underscores. */
const readColumn = (reader: Reader): Column => {
  const first = readExpression(reader);
  if (!reader.skip('=')) {
    const name = first.kind === 'path' ? first.path.join('_') : null;
    return name === null ? reader.fail() : { name, value: first };
  }
  const name = lastName(first);
  return name === null ? reader.fail() : { name, value: readExpression(reader) };
};

const readColumns = (reader: Reader): Column[] => {
  const columns = [readColumn(reader)];
  while (reader.skip(',')) columns.push(readColumn(reader));
  return columns;
};

const computed = (columns: readonly Column[], row: Row): Row =>
  Object.fromEntries(columns.map((column) => [column.name, evaluate(column.value, row)]));

const readWhere = (reader: Reader): Stage => {
  const condition = readExpression(reader);
  return (rows) => rows.filter((row) => evaluate(condition, row) === true);
};

const readProject = (reader: Reader): Stage => {
  const columns = readColumns(reader);
  return (rows) => rows.map((row) => computed(columns, row));
};

const readExtend = (reader: Reader): Stage => {
  const columns = readColumns(reader);
  return (rows) => rows.map((row) => ({ ...row, ...computed(columns, row) }));
};

/** Without a direction the order goes down, as the language has it. */
const readOrder = (reader: Reader): Stage => {
  reader.expect('by');
  const keys: { value: Expression; direction: number }[] = [];
  do {
    const value = readExpression(reader);
    const up = reader.skip('asc');
    if (!up) reader.skip('desc');
    keys.push({ value, direction: up ? 1 : -1 });
  } while (reader.skip(','));
  return (rows) =>
    [...rows].sort((a, b) => {
      const differences = keys.map(
        (key) => key.direction * compareValues(evaluate(key.value, a), evaluate(key.value, b)),
      );
      return differences.find((difference) => difference !== 0) ?? 0;
    });
};

const readLimit = (reader: Reader): Stage => {
  const count = Number(reader.take('number').text);
  return (rows) => rows.slice(0, count);
};

const readCount = (): Stage => (rows) => [{ Count: rows.length }];

const readers: Readonly<Record<string, (reader: Reader) => Stage>> = {
  where: readWhere,
  project: readProject,
  extend: readExtend,
  order: readOrder,
  sort: readOrder,
  limit: readLimit,
  take: readLimit,
  count: readCount,
};

/** Reads the part of the language that inventories use; anything else is a 400 that names the word. */
export const parseQuery = (text: string): Query => {
  const reader = new Reader(text);
  const table = reader.peek();
  if (table !== 'resources' && table !== 'resourcecontainers') return reader.unknownOperator();
  reader.take();
  const stages: Stage[] = [];
  while (!reader.done) {
    reader.expect('|');
    const read = Object.hasOwn(readers, reader.peek()) ? readers[reader.peek()] : undefined;
    if (read === undefined) return reader.unknownOperator();
    reader.take();
    stages.push(read(reader));
  }
  return { table, stages };
};

export const runQuery = (query: Query, rows: readonly Row[]): readonly Row[] =>
  query.stages.reduce((left, stage) => stage(left), rows);
