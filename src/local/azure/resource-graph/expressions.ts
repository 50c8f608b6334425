/** Values and expressions of the query language, as far as inventories need them. */
export type Expression =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'path'; readonly path: readonly string[] }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  | {
      readonly kind: 'compare';
      readonly operator: string;
      readonly left: Expression;
      readonly right: readonly Expression[];
    }
  | { readonly kind: 'and' | 'or'; readonly left: Expression; readonly right: Expression };

export type Row = Readonly<Record<string, unknown>>;

const memberOf = (value: unknown, name: string): unknown => {
  if (typeof value !== 'object' || value === null) return null;
  const entries = Object.entries(value);
  return (
    (entries.find(([key]) => key === name) ?? entries.find(([key]) => key.toLowerCase() === name.toLowerCase()))?.[1] ??
    null
  );
};

const asText = (value: unknown): string => {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
};

const asBoolean = (value: unknown): boolean | null => {
  const text = asText(value).toLowerCase();
  return text === '' ? null : text === 'true' || text === '1';
};

const asNumber = (value: unknown): number | null => {
  const text = asText(value);
  return text === '' || Number.isNaN(Number(text)) ? null : Number(text);
};

type Builtin = (args: readonly unknown[]) => unknown;

const builtins: Readonly<Record<string, Builtin>> = {
  tostring: ([value]) => asText(value),
  tobool: ([value]) => asBoolean(value),
  toboolean: ([value]) => asBoolean(value),
  toint: ([value]) => asNumber(value),
  tolong: ([value]) => asNumber(value),
  tolower: ([value]) => asText(value).toLowerCase(),
  toupper: ([value]) => asText(value).toUpperCase(),
  isempty: ([value]) => asText(value) === '',
  isnotempty: ([value]) => asText(value) !== '',
  isnull: ([value]) => value === null || value === undefined,
  isnotnull: ([value]) => value !== null && value !== undefined,
  coalesce: (values) => values.find((value) => asText(value) !== '') ?? null,
  strcat: (values) => values.map(asText).join(''),
  not: ([value]) => value !== true,
};

export const isBuiltin = (name: string): boolean => Object.hasOwn(builtins, name);

const lower = (value: unknown): string => asText(value).toLowerCase();

const ordered = (left: unknown, right: unknown): number => {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  const [a, b] = [asText(left), asText(right)];
  return a < b ? -1 : a > b ? 1 : 0;
};

type Comparison = (left: unknown, right: readonly unknown[]) => boolean;

const only =
  (test: (left: unknown, right: unknown) => boolean): Comparison =>
  (left, right) =>
    test(left, right[0]);
const not =
  (test: Comparison): Comparison =>
  (left, right) =>
    !test(left, right);

const equals = only((left, right) => asText(left) === asText(right));
const equalsAnyCase = only((left, right) => lower(left) === lower(right));
const contains = only((left, right) => lower(left).includes(lower(right)));
const oneOf: Comparison = (left, right) => right.some((value) => asText(left) === asText(value));
const oneOfAnyCase: Comparison = (left, right) => right.some((value) => lower(left) === lower(value));

const comparisons: Readonly<Record<string, Comparison>> = {
  '==': equals,
  '!=': not(equals),
  '=~': equalsAnyCase,
  '!~': not(equalsAnyCase),
  contains,
  '!contains': not(contains),
  contains_cs: only((left, right) => asText(left).includes(asText(right))),
  startswith: only((left, right) => lower(left).startsWith(lower(right))),
  endswith: only((left, right) => lower(left).endsWith(lower(right))),
  in: oneOf,
  '!in': not(oneOf),
  'in~': oneOfAnyCase,
  '!in~': not(oneOfAnyCase),
  '<': only((left, right) => ordered(left, right) < 0),
  '<=': only((left, right) => ordered(left, right) <= 0),
  '>': only((left, right) => ordered(left, right) > 0),
  '>=': only((left, right) => ordered(left, right) >= 0),
};

export const isComparison = (operator: string): boolean => Object.hasOwn(comparisons, operator);

export const evaluate = (expression: Expression, row: Row): unknown => {
  switch (expression.kind) {
    case 'value':
      return expression.value;
    case 'path':
      return expression.path.reduce<unknown>(memberOf, row);
    case 'call':
      return builtins[expression.name]?.(expression.args.map((one) => evaluate(one, row))) ?? null;
    case 'compare': {
      const values = expression.right.map((one) => evaluate(one, row));
      return comparisons[expression.operator]?.(evaluate(expression.left, row), values) ?? false;
    }
    case 'and':
      return evaluate(expression.left, row) === true && evaluate(expression.right, row) === true;
    case 'or':
      return evaluate(expression.left, row) === true || evaluate(expression.right, row) === true;
  }
};

/** Order for sorting; text is compared as Resource Graph does, without case. */
export const compareValues = (a: unknown, b: unknown): number =>
  typeof a === 'string' && typeof b === 'string' ? ordered(a.toLowerCase(), b.toLowerCase()) : ordered(a, b);
