import { randomUUID } from 'node:crypto';
import type { Incoming } from '../http/incoming.ts';
import type { SimulatorState } from '../state/schema.ts';
import type { Fault } from './fault.ts';
import { hasMember, withoutMember } from './members.ts';

const matches = (fault: Fault, { method, sentUrl, body }: Incoming): boolean => {
  const { match, lose } = fault;
  if (match.method !== undefined && match.method.toUpperCase() !== method) return false;
  if (lose !== undefined && !lose.some((member) => hasMember(body, member))) return false;
  if (match.url === undefined) return true;
  const shape = new RegExp(match.url, 'i');
  const path = sentUrl.replace(/^https:\/\/[^/]+/, '');
  return [sentUrl, path].some((text) => shape.test(text));
};

/** Slowness that lasts does not stand in the way of what else goes wrong; a counted delay is a turn of its own. */
const onlySlows = ({ times, respond, drop, deny, lose }: Fault): boolean =>
  [times, respond, drop, deny, lose].every((effect) => effect === undefined);

/**
 * The first fault that fits, on top of the first that only slows; null when neither is there. The remaining count goes down,
 * and a used-up fault goes away.
 */
export const takeFault = (state: SimulatorState, incoming: Incoming): Fault | null => {
  const fitting = state.faults.filter((one) => matches(one, incoming));
  const slow = fitting.find(onlySlows);
  const fault = fitting.find((one) => !onlySlows(one));
  if (fault === undefined) return slow ?? null;
  if (fault.times !== undefined) {
    fault.times -= 1;
    if (fault.times <= 0) state.faults = state.faults.filter((one) => one !== fault);
  }
  return { ...fault, delayMs: (slow?.delayMs ?? 0) + (fault.delayMs ?? 0) };
};

/** The request as Azure gets to see it under a fault. */
export const underFault = (incoming: Incoming, fault: Fault | null): Incoming => ({
  ...incoming,
  denied: fault?.deny === true,
  body: (fault?.lose ?? []).reduce(withoutMember, incoming.body),
});

const named = (fault: Fault): Fault => ({ ...fault, id: fault.id ?? randomUUID() });

/** One with the id of another takes its place; one without an id gets one. */
export const addFaults = (state: SimulatorState, added: readonly Fault[]): void => {
  const replaced = new Set(added.map(({ id }) => id));
  state.faults = [...state.faults.filter(({ id }) => id === undefined || !replaced.has(id)), ...added].map(named);
};

/** Takes one away or, without an id, all; one that is not there is already away. */
export const removeFaults = (state: SimulatorState, id: string | null): void => {
  state.faults = id === null ? [] : state.faults.filter((one) => one.id !== id);
};
