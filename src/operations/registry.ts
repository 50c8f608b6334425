/** All operations. To add one: its folder, its import, and its entry in this list. */
import { z } from 'zod';
import type { KeyWork } from '../domain/key-change.ts';
import type { ChangeSpec, Plan } from '../domain/plan.ts';
import { eventReader } from '../domain/request/events.ts';
import { enableCmk } from './enable-cmk/enable-cmk.ts';
import type { Operation } from './operation.ts';
import { repairCmk } from './repair-cmk/repair-cmk.ts';
import { retireVersion } from './retire-version/retire-version.ts';
import { rotateCmk } from './rotate-cmk/rotate-cmk.ts';

const all = [enableCmk, rotateCmk, repairCmk, retireVersion] as const;
const [first, ...rest] = all;

/** Closed union of the list's schemas. Unknown operations, kinds and extra fields are refused. */
export const StoredChangeSpec = z.discriminatedUnion('operation', [first.schema, ...rest.map(({ schema }) => schema)]);
export type StoredChangeSpec = z.infer<typeof StoredChangeSpec>;

export const operations: readonly Operation[] = all;

/** Reads a stored event body. Throws if it's invalid. */
export const parseEventBody = eventReader(StoredChangeSpec);

/** Returns the operation with this name. Throws if there is none. */
export function operationNamed(name: string): Operation {
  const operation = operations.find((one) => one.name === name);
  if (operation === undefined) throw new Error(`operation ${name} is not known`);
  return operation;
}

/** Returns the operation for a resource with this kind of key; null: none. */
export const operationFrom = (key: Operation['startsFrom']): Operation | null =>
  operations.find(({ startsFrom }) => startsFrom === key) ?? null;

export const operationOf = (spec: ChangeSpec): Operation => operationNamed(spec.operation);

/** Returns the key work of a plan: input of its steps, and content of cards. */
export const workOf = ({ wish, observation }: Pick<Plan, 'wish' | 'observation'>): KeyWork => ({
  resource: wish.resource,
  observed: observation,
  ...operationOf(wish).change(wish),
});
