/**
 * Decorators for appends that fail because the last event is dated in the future: people get a refusal, runs wait for an
 * operator.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { ClockNotBelieved } from '../domain/clock-apart.ts';
import type { Requests } from '../domain/ports/store.ts';
import { refuse } from '../domain/request/refusal.ts';

/** Turns the error into a refusal, for actions of people. They can try again. */
export const refusingWrongClock = (requests: Requests): Requests => ({
  ...requests,
  async append(id, cause, decide) {
    try {
      return await requests.append(id, cause, decide);
    } catch (error) {
      if (error instanceof ClockNotBelieved) return refuse('clock-not-believed', id);
      throw error;
    }
  },
});

const everyMs = 1_000;

/**
 * Retries until an operator has resolved it, for runs. Results of changes in Azure are stored as soon as possible, and no
 * further change is made before.
 */
export const waitingForClock = (requests: Requests): Requests => ({
  ...requests,
  async append(id, cause, decide) {
    for (;;) {
      try {
        return await requests.append(id, cause, decide);
      } catch (error) {
        if (!(error instanceof ClockNotBelieved)) throw error;
        await sleep(everyMs);
      }
    }
  },
});
