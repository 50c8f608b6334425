/** The faults that are set: which one a request meets, what it does to the request, and which are used up. */

import { randomUUID } from 'node:crypto';
import { isObject, matchesCall } from '../http.ts';
import { type Fault, onlySlows } from './fault.ts';
import type { Incoming } from './incoming.ts';
import type { SimulatorState } from './state/schema.ts';

const matches = ({ match, lose }: Fault, { method, sentUrl, body }: Incoming): boolean =>
  matchesCall(match, { method, url: sentUrl }) &&
  (match.carries === undefined || hasMember(body, match.carries)) &&
  (lose === undefined || lose.some((member) => hasMember(body, member)));

/** Returns the first fault that matches, combined with the first lasting delay, and counts the use; null if there is none. */
export const takeFault = (state: SimulatorState, incoming: Incoming): Fault | null => {
  const fitting = state.faults.filter((one) => one.operation === undefined && matches(one, incoming));
  const slow = fitting.find(onlySlows);
  const fault = fitting.find((one) => !onlySlows(one));
  if (fault === undefined) return slow ?? null;
  spend(state, fault);
  return { ...fault, delayMs: (slow?.delayMs ?? 0) + (fault.delayMs ?? 0) };
};

/** Counts one use. */
export const spend = (state: SimulatorState, fault: Fault): void => {
  if (fault.times === undefined) return;
  fault.times -= 1;
  if (fault.times <= 0) state.faults = state.faults.filter((one) => one !== fault);
};

/** Returns the first fault that sets how an operation of this request ends. */
const operationFault = (state: SimulatorState, incoming: Incoming): Fault | null =>
  state.faults.find((one) => one.operation !== undefined && matches(one, incoming)) ?? null;

/** Returns the request as Azure sees it with the fault. */
export const underFault = (state: SimulatorState, incoming: Incoming, fault: Fault | null): Incoming => ({
  ...incoming,
  operationFault: operationFault(state, incoming),
  denied: fault?.deny === true,
  expired: fault?.expireToken === true,
  body: (fault?.lose ?? []).reduce(withoutMember, incoming.body),
});

const named = (fault: Fault): Fault => ({ ...fault, id: fault.id ?? randomUUID() });

/** Adds faults. A fault with an existing ID replaces the other; one without ID gets one. */
export const addFaults = (state: SimulatorState, added: readonly Fault[]): void => {
  const replaced = new Set(added.map(({ id }) => id));
  state.faults = [...state.faults.filter(({ id }) => id === undefined || !replaced.has(id)), ...added].map(named);
};

/** Removes one fault or, without an ID, all. Operations that it held forever end now. */
export const removeFaults = (state: SimulatorState, id: string | null, now: Date): void => {
  for (const operation of state.operations) {
    if (operation.heldBy === null || (id !== null && operation.heldBy !== id)) continue;
    operation.dueAt = now.toISOString();
    operation.heldBy = null;
  }
  state.faults = id === null ? [] : state.faults.filter((one) => one.id !== id);
};

/** Returns true if the body has the member at a dotted path. */
const hasMember = (body: unknown, path: string): boolean => {
  const [name = '', ...below] = path.split('.');
  if (!isObject(body) || !(name in body)) return false;
  return below.length === 0 || hasMember(body[name], below.join('.'));
};

/** Returns the body without the member at a dotted path. */
const withoutMember = (body: unknown, path: string): unknown => {
  if (!isObject(body)) return body;
  const [name = '', ...below] = path.split('.');
  const { [name]: member, ...rest } = body;
  if (below.length === 0 || !(name in body)) return rest;
  return { ...rest, [name]: withoutMember(member, below.join('.')) };
};
