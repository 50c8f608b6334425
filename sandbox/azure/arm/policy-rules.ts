/** The rules of Azure Policy: how a condition reads a resource. */

import type { Row as Json } from '../resources.ts';
import type { Condition, FieldTest } from '../state/policies.ts';
import { plainLocation, sameId } from './ids.ts';

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

const fieldValue = (resource: WrittenResource, field: string): unknown => {
  if (sameId(field, 'type')) return resource.type;
  if (sameId(field, 'name')) return resource.name;
  if (sameId(field, 'id')) return resource.id;
  const value = at(resource.body, pathOf(resource, field));
  return sameId(field, 'location') && typeof value === 'string' ? plainLocation(value) : value;
};

const text = (value: unknown): string => (value === undefined ? '' : String(value)).toLowerCase();
const listed = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

type Operator = Exclude<keyof FieldTest, 'field'>;

const isOneOf = (value: unknown, target: unknown): boolean => listed(target).some((one) => text(one) === text(value));

const operators: Readonly<Record<Operator, (value: unknown, target: unknown) => boolean>> = {
  equals: (value, target) => text(value) === text(target),
  notEquals: (value, target) => text(value) !== text(target),
  in: isOneOf,
  notIn: (value, target) => !isOneOf(value, target),
  exists: (value, target) => (value !== undefined) === (text(target) === 'true'),
};

/** Evaluates a rule's condition. */
export function ruleHolds(condition: Condition, resource: WrittenResource, parameters: Parameters): boolean {
  const holds = (one: Condition): boolean => ruleHolds(one, resource, parameters);
  if ('allOf' in condition) return condition.allOf.every(holds);
  if ('anyOf' in condition) return condition.anyOf.some(holds);
  if ('not' in condition) return !holds(condition.not);
  const { field, ...tests } = condition;
  const value = fieldValue(resource, field);
  return Object.entries(tests).every(([name, target]) =>
    operators[name as Operator](value, resolved(target, parameters)),
  );
}

/** A resource as a policy sees it after a write. */
export interface WrittenResource {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly body: Json;
}
