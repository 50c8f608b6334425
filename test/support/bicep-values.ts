/** What an expression of Bicep comes to, for the functions that `infra/` uses. Throws on every other. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Expression } from './bicep.ts';

export type Value = string | number | boolean | null | readonly Value[] | { readonly [name: string]: Value };

/** Where names of a file lead. */
export interface Scope {
  readonly folder: string;
  readonly names: ReadonlyMap<string, () => Value>;
  readonly subscription: string;
}

export const tenant = '10000000-0000-4000-8000-000000000000';

const text = (value: Value): string => {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new Error(`${JSON.stringify(value)} is no text`);
};
export const isList = (value: Value | undefined): value is readonly Value[] => Array.isArray(value);
const list = (value: Value | undefined): readonly Value[] => {
  if (isList(value)) return value;
  throw new Error(`${JSON.stringify(value)} is no list`);
};
const fields = (value: Value): Readonly<Record<string, Value>> => {
  if (typeof value === 'object' && value !== null && !isList(value)) return value;
  throw new Error(`${JSON.stringify(value)} has no members`);
};

type Builtin = (scope: Scope, ...args: readonly Value[]) => Value;

/** A text of the right length and letters that is another one for other arguments: not Azure's own hash. */
const hashOf = (args: readonly Value[]): string => createHash('sha256').update(args.map(text).join('-')).digest('hex');

const read = (scope: Scope, file: Value): string => readFileSync(path.join(scope.folder, text(file)), 'utf8');

const builtins: Readonly<Record<string, Builtin>> = {
  subscription: (scope, id = scope.subscription) => ({ id: `/subscriptions/${text(id)}`, subscriptionId: id }),
  resourceGroup: (scope) => ({ id: `/subscriptions/${scope.subscription}/resourceGroups/rg` }),
  tenant: () => ({ tenantId: tenant }),
  // "a string of 13 characters"; a GUID is 36.
  uniqueString: (_scope, ...args) => `z${hashOf(args).slice(0, 12)}`,
  guid: (_scope, ...args) => hashOf(args).replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-4$3-8$4-$5'),
  subscriptionResourceId: (scope, type, name) =>
    `/subscriptions/${scope.subscription}/providers/${text(type ?? '')}/${text(name ?? '')}`,
  split: (_scope, what, by) => text(what ?? '').split(text(by ?? '')),
  replace: (_scope, what, old, by) => text(what ?? '').replaceAll(text(old ?? ''), text(by ?? '')),
  empty: (_scope, what) => what === null || what === '' || (Array.isArray(what) && what.length === 0),
  concat: (_scope, ...args) => args.flatMap(list),
  int: (_scope, what) => {
    const number = Number(what);
    if (!Number.isInteger(number)) throw new Error(`${String(what)} is no whole number`);
    return number;
  },
  string: (_scope, what) => text(what ?? ''),
  json: (_scope, what) => JSON.parse(text(what ?? '')),
  loadTextContent: (scope, file) => read(scope, file ?? ''),
  loadJsonContent: (scope, file) => JSON.parse(read(scope, file ?? '')),
};

function member(of: Value, name: string): Value {
  const found = fields(of)[name];
  if (found === undefined) throw new Error(`there is no ${name} in ${JSON.stringify(of).slice(0, 200)}`);
  return found;
}

function operate(sign: string, of: readonly Expression[], scope: Scope): Value {
  const value = (index: number): Value => {
    const operand = of[index];
    if (operand === undefined) throw new Error(`${sign} has too few operands`);
    return evaluated(operand, scope);
  };
  switch (sign) {
    case '?':
      return value(0) === true ? value(1) : value(2);
    case '!':
      return value(0) !== true;
    case '==':
      return value(0) === value(1);
    case '!=':
      return value(0) !== value(1);
    case '&&':
      return value(0) === true && value(1) === true;
    default:
      return value(0) === true || value(1) === true;
  }
}

function named(name: string, scope: Scope): Value {
  if (name === 'true' || name === 'false') return name === 'true';
  if (name === 'null') return null;
  const found = scope.names.get(name);
  if (found === undefined) throw new Error(`nothing is called ${name}`);
  return found();
}

export const within = (scope: Scope, name: string, value: Value): Scope => ({
  ...scope,
  names: new Map([...scope.names, [name, () => value]]),
});

export function evaluated(read: Expression, scope: Scope): Value {
  switch (read.kind) {
    case 'text':
      return read.parts.map((part) => (typeof part === 'string' ? part : text(evaluated(part, scope)))).join('');
    case 'number':
      return read.value;
    case 'name':
      return named(read.name, scope);
    case 'member':
      return member(evaluated(read.of, scope), read.name);
    case 'index':
      return list(evaluated(read.of, scope))[Number(evaluated(read.at, scope))] ?? null;
    case 'object':
      return Object.fromEntries(
        read.entries.map(({ key, value }) => [text(evaluated(key, scope)), evaluated(value, scope)]),
      );
    case 'array':
      return read.items.map((item) => evaluated(item, scope));
    case 'for':
      return list(evaluated(read.list, scope)).map((item) => evaluated(read.body, within(scope, read.item, item)));
    case 'operation':
      return operate(read.sign, read.of, scope);
    case 'call': {
      const builtin = builtins[read.name];
      if (builtin === undefined) throw new Error(`the function ${read.name} is not known here`);
      return builtin(scope, ...read.args.map((arg) => evaluated(arg, scope)));
    }
    case 'if':
      throw new Error('a condition stands only before a body');
  }
}
