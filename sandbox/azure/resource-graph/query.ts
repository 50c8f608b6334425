/**
 * The queries that Resource Graph serves: `resources` or `resourcechanges`, then `where`, `project`, `order by` and `limit` in the
 * forms that the product sends. Refuses everything else: ignoring a part would change the result.
 */

import { randomUUID } from 'node:crypto';
import { Refusal } from '../../http.ts';
import type { Row } from '../resources.ts';

type Stage = (rows: readonly Row[]) => readonly Row[];

export interface Query {
  readonly table: 'resources' | 'resourcechanges';
  readonly stages: readonly Stage[];
}

const asText = (value: unknown): string => {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
};
const lower = (value: unknown): string => asText(value).toLowerCase();

const functions: Readonly<Record<string, (value: unknown) => unknown>> = {
  '': (value) => value,
  tostring: asText,
  tobool: (value) => (asText(value) === '' ? null : lower(value) === 'true'),
  toint: (value) => (asText(value) === '' || Number.isNaN(Number(value)) ? null : Number(value)),
};

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : null;

/** A path, or a function of one: `tostring(properties.x)`. */
const valueForm = String.raw`(?:(tostring|tobool|toint)\()?([A-Za-z_][\w.]*)\)?`;
const readerOf =
  (convert = '', path = '') =>
  (row: Row): unknown =>
    functions[convert]?.(path.split('.').reduce<unknown>(memberOf, row));

const literal = String.raw`'(?:[^'\\\r\n]|\\['"\\])*'`;
const unquoted = (text: string): string => text.slice(1, -1).replace(/\\(.)/g, '$1');

/** Text comparison ignores case. */
const inOrder = (a: unknown, b: unknown): number => (lower(a) < lower(b) ? -1 : lower(a) > lower(b) ? 1 : 0);

const forms: readonly (readonly [RegExp, (...parts: string[]) => Stage])[] = [
  [
    new RegExp(`^where ${valueForm} (=~|contains) (${literal})$`),
    (convert, path, operator, text = '') => {
      const wanted = lower(unquoted(text));
      const fits = (value: string) => (operator === '=~' ? value === wanted : value.includes(wanted));
      return (rows) => rows.filter((row) => fits(lower(readerOf(convert, path)(row))));
    },
  ],
  [
    new RegExp(`^where ${valueForm} in~ \\((${literal}(?:, ${literal})*)\\)$`),
    (convert, path, list = '') => {
      const wanted = new Set(list.match(new RegExp(literal, 'g'))?.map((text) => lower(unquoted(text))));
      return (rows) => rows.filter((row) => wanted.has(lower(readerOf(convert, path)(row))));
    },
  ],
  [
    new RegExp(`^project (\\w+(?:=${valueForm})?(?:, \\w+(?:=${valueForm})?)*)$`),
    (list = '') => {
      const columns = list.split(', ').map((one) => {
        const [, name = '', convert, path] = new RegExp(`^(\\w+)(?:=${valueForm})?$`).exec(one) ?? [];
        return [name, readerOf(convert, path ?? name)] as const;
      });
      return (rows) => rows.map((row) => Object.fromEntries(columns.map(([name, value]) => [name, value(row)])));
    },
  ],
  [
    /^order by (\w+) (asc|desc)$/,
    (column = '', direction) => {
      const sign = direction === 'asc' ? 1 : -1;
      return (rows) => [...rows].sort((a, b) => sign * inOrder(a[column], b[column]));
    },
  ],
  [/^limit (\d+)$/, (count) => (rows) => rows.slice(0, Number(count))],
];

const supportText = (): string =>
  `Please provide below info when asking for support: timestamp = ${new Date().toISOString()}, correlationId = ${randomUUID()}.`;

/** Resource Graph's refusals, in the shape of public reports. The last detail has the cause. */
export const graphRefusal = (
  [status, code]: readonly [number, string],
  cause: readonly [code: string, message: string],
  headers: Readonly<Record<string, string>> = {},
): Refusal => Refusal.of(status, code, supportText(), { details: [{ code: cause[0], message: cause[1] }] }, headers);

function stageOf(text: string): Stage {
  for (const [form, stage] of forms) {
    const found = form.exec(text);
    if (found !== null) return stage(...found.slice(1));
  }
  throw graphRefusal([400, 'BadRequest'], ['InvalidQuery', `The Azure simulator doesn’t take this part: ${text}`]);
}

/** Splits at a bar outside of literals. */
export function parseQuery(query: string): Query {
  const [table = '', ...parts] = query.split(/ \| (?=(?:[^'\\]|\\.|'(?:[^'\\]|\\.)*')*$)/);
  if (table !== 'resources' && table !== 'resourcechanges')
    throw graphRefusal([400, 'BadRequest'], ['InvalidQuery', `There is no table ${table}.`]);
  return { table, stages: parts.map(stageOf) };
}

export const runQuery = (query: Query, rows: readonly Row[]): readonly Row[] =>
  query.stages.reduce((left, stage) => stage(left), rows);
