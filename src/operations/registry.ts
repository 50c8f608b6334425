/** What can be asked for. A new operation: its folder, its import, its place in this list. */
import { z } from 'zod';
import type { KeyWork } from '../domain/key-change.ts';
import type { Plan } from '../domain/plan.ts';
import { eventReader } from '../domain/request/events.ts';
import type { ChangeSpec as AnyWish } from '../domain/wish.ts';
import { enableCmk } from './enable-cmk/enable-cmk.ts';
import type { Operation } from './operation.ts';
import { rotateCmk } from './rotate-cmk/rotate-cmk.ts';

const all = [enableCmk, rotateCmk] as const;
const [first, ...rest] = all;

/** The closed union, made by the list: an unknown operation or kind, or one field too many, is not read. */
export const StoredChangeSpec = z.discriminatedUnion('operation', [first.wish, ...rest.map(({ wish }) => wish)]);
export type StoredChangeSpec = z.infer<typeof StoredChangeSpec>;

export const operations: readonly Operation[] = all;

/** Reads a stored event body; throws on what is not one. */
export const parseEventBody = eventReader(StoredChangeSpec);

/** Throws where there is none of this name. */
export function operationNamed(name: string): Operation {
  const operation = operations.find((one) => one.name === name);
  if (operation === undefined) throw new Error(`operation ${name} is not known`);
  return operation;
}

/** The one to ask for where a resource is under such a key; null where there is none. */
export const operationFrom = (key: Operation['startsFrom']): Operation | null =>
  operations.find(({ startsFrom }) => startsFrom === key) ?? null;

export const operationOf = (wish: AnyWish): Operation => operationNamed(wish.operation);

/** What a plan comes to: what its steps are told, and what cards show of it. */
export const workOf = ({ wish, observation }: Pick<Plan, 'wish' | 'observation'>): KeyWork => ({
  resource: wish.resource,
  observed: observation,
  ...operationOf(wish).change(wish),
});
