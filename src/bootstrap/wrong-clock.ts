/** What happens to an event that isn't stored because the last one is dated ahead: people are told, runs wait for an operator. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ClockNotBelieved } from '../domain/clock-apart.ts';
import type { Requests } from '../domain/ports/store.ts';
import { refuse } from '../domain/request/refusal.ts';

/** For whoever acts for people: it is an answer to them, and they do it again. */
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

/** For runs: what was done to Azure is stored as soon as it can be, and nothing more is done before. */
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
