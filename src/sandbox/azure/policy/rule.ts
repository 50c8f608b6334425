import { agentId, sameId, vaultId } from '../arm/ids.ts';
import { agentBody } from '../health-bots/agent-body.ts';
import type { Incoming } from '../http/incoming.ts';
import { vaultBody } from '../key-vault/vault-body.ts';
import type { SimulatorState } from '../state/schema.ts';
import type { Condition, FieldTest } from '../state/schema-policy.ts';

/** One comparison, as refusals report it. */
export interface Evaluated {
  readonly result: 'True' | 'False';
  readonly expressionKind: 'Field';
  readonly expression: string;
  readonly path: string;
  readonly expressionValue?: unknown;
  readonly targetValue: unknown;
  readonly operator: string;
}

type Parameters = ReadonlyMap<string, unknown>;

/** Replaces `[parameters('name')]` by the assignment's value, or the definition's default. */
export const resolved = (value: unknown, parameters: Parameters): unknown => {
  const name = typeof value === 'string' ? /^\[parameters\('([^']+)'\)\]$/i.exec(value)?.[1] : undefined;
  return name === undefined ? value : parameters.get(name);
};

const member = (value: unknown, name: string): unknown => {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.entries(value).find(([one]) => sameId(one, name))?.[1];
};

const at = (value: unknown, path: string): unknown => path.split('.').reduce(member, value);

/** Returns the path in the body for a field. An alias is a type and a path, usually below `properties`. */
const pathOf = ({ type, body }: WrittenResource, field: string): string => {
  const tag = /^tags(?:\['([^']+)'\]|\.(.+))$/i.exec(field);
  if (tag !== null) return `tags.${tag[1] ?? tag[2] ?? ''}`;
  if (!field.toLowerCase().startsWith(`${type.toLowerCase()}/`)) return field;
  const tail = field.slice(type.length + 1);
  return at(body, tail) !== undefined && at(body, `properties.${tail}`) === undefined ? tail : `properties.${tail}`;
};

const plainLocation = (value: unknown): unknown =>
  typeof value === 'string' ? value.toLowerCase().replaceAll(' ', '') : value;

const fieldValue = (resource: WrittenResource, field: string): unknown => {
  if (sameId(field, 'type')) return resource.type;
  if (sameId(field, 'name')) return resource.name;
  if (sameId(field, 'id')) return resource.id;
  const value = at(resource.body, pathOf(resource, field));
  return sameId(field, 'location') ? plainLocation(value) : value;
};

const text = (value: unknown): string => (value === undefined ? '' : String(value)).toLowerCase();
const listed = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);
const isLike = (value: unknown, pattern: unknown): boolean => {
  const source = text(pattern)
    .split('*')
    .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
  return new RegExp(`^${source}$`).test(text(value));
};

type Operator = Exclude<keyof FieldTest, 'field'>;

const operators: Readonly<Record<Operator, (value: unknown, target: unknown) => boolean>> = {
  equals: (value, target) => text(value) === text(target),
  notEquals: (value, target) => text(value) !== text(target),
  like: isLike,
  notLike: (value, target) => !isLike(value, target),
  contains: (value, target) => text(value).includes(text(target)),
  notContains: (value, target) => !text(value).includes(text(target)),
  in: (value, target) => listed(target).some((one) => text(one) === text(value)),
  notIn: (value, target) => !listed(target).some((one) => text(one) === text(value)),
  exists: (value, target) => (value !== undefined) === (text(target) === 'true'),
};

const operatorNames = Object.keys(operators).filter((name): name is Operator => name in operators);

/** Evaluates a rule's condition and collects the comparisons. */
export class Evaluation {
  readonly made: Evaluated[] = [];
  private readonly resource: WrittenResource;
  private readonly parameters: Parameters;

  constructor(resource: WrittenResource, parameters: Parameters) {
    this.resource = resource;
    this.parameters = parameters;
  }

  holds(condition: Condition): boolean {
    if ('allOf' in condition) return condition.allOf.every((one) => this.holds(one));
    if ('anyOf' in condition) return condition.anyOf.some((one) => this.holds(one));
    if ('not' in condition) return !this.holds(condition.not);
    return this.compares(condition);
  }

  private compares(test: FieldTest): boolean {
    const value = fieldValue(this.resource, test.field);
    return operatorNames
      .filter((name) => test[name] !== undefined)
      .every((name) => {
        const target = resolved(test[name], this.parameters);
        const holds = operators[name](value, target);
        this.made.push({
          result: holds ? 'True' : 'False',
          expressionKind: 'Field',
          expression: test.field,
          path: pathOf(this.resource, test.field),
          ...(value === undefined ? {} : { expressionValue: value }),
          targetValue: target,
          operator: `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`,
        });
        return holds;
      });
  }
}

type Json = Readonly<Record<string, unknown>>;

/** A resource as a policy sees it after a write. */
export interface WrittenResource {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly body: Json;
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Applies a JSON merge patch: absent members stay, null removes. */
const merged = (before: Json, patch: Json): Json => {
  const entries = Object.entries(patch).map(([name, value]): [string, unknown] => {
    const old = before[name];
    return [name, isObject(value) && isObject(old) ? merged(old, value) : value];
  });
  const after = { ...before, ...Object.fromEntries(entries) };
  return Object.fromEntries(Object.entries(after).filter(([, value]) => value !== null));
};

const currentBody = (state: SimulatorState, path: string): Json => {
  const agent = state.agents.find((one) => sameId(agentId(one), path));
  if (agent !== undefined) return agentBody(state, agent);
  const vault = state.vaults.find((one) => sameId(vaultId(one), path));
  return vault === undefined ? {} : vaultBody(vault);
};

/** Returns the resource that the path names; null if it isn't one. */
const namedBy = (path: string): Pick<WrittenResource, 'id' | 'type' | 'name'> | null => {
  const [, namespace, tail] = /^.*\/providers\/([^/]+)\/(.+)$/i.exec(path) ?? [];
  const parts = tail?.split('/') ?? [];
  if (namespace === undefined || parts.length % 2 !== 0) return null;
  const type = [namespace, ...parts.filter((_, n) => n % 2 === 0)].join('/');
  return { id: path, type, name: parts.at(-1) ?? '' };
};

export const storedResource = (state: SimulatorState, { path }: Incoming): WrittenResource | null => {
  const named = namedBy(path);
  return named === null ? null : { ...named, body: currentBody(state, path) };
};

/** Returns the resource after a PUT or PATCH; null if the path names none. */
export const writtenResource = (state: SimulatorState, { method, path, body }: Incoming): WrittenResource | null => {
  const named = namedBy(path);
  if (named === null || !isObject(body)) return null;
  return { ...named, body: method === 'PATCH' ? merged(currentBody(state, path), body) : merged({}, body) };
};
