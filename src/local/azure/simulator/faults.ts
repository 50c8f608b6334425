import type { SimulatorState } from '../state/schema.ts';
import type { Fault } from './fault.ts';

const matches = (fault: Fault, method: string, url: string): boolean => {
  const { match } = fault;
  if (match.method !== undefined && match.method.toUpperCase() !== method) return false;
  if (match.url === undefined) return true;
  const shape = new RegExp(match.url, 'i');
  const path = url.replace(/^https:\/\/[^/]+/, '');
  return [url, path].some((text) => shape.test(text));
};

/** The first fault that fits; its remaining count goes down, and a used-up fault goes away. */
export const takeFault = (state: SimulatorState, method: string, url: string): Fault | null => {
  const fault = state.faults.find((one) => matches(one, method, url));
  if (fault === undefined) return null;
  if (fault.times !== undefined) {
    fault.times -= 1;
    if (fault.times <= 0) state.faults = state.faults.filter((one) => one !== fault);
  }
  return fault;
};
