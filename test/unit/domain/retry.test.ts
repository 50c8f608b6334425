import { decideRetry } from '../../../src/domain/retry.ts';
import { failure } from '../../support/builders/commands.ts';

const limits = { firstWaitMs: 1_000, longestWaitMs: 8_000, waitAttempts: 6, spreadWithinMs: 60_000 };
const waits = (ms: number) => ({ kind: 'wait', ms });
const asks = { kind: 'ask' };
const spent = (spentMs: number, waited = 0, tryMs = 0) => ({ waited, spentMs, tryMs });

it('a failure that only a person can mend asks at once, even when Azure says when to come back', () => {
  expect(decideRetry(failure({ next: 'ask', retryAfterMs: 5 }), 1, spent(0), limits)).toEqual(asks);
});

describe('a failure that passes', () => {
  const busy = failure({ next: 'wait', status: 429 });

  it('is tried again after waits that double up to a limit', () => {
    const decisions = [1, 2, 3, 4, 5].map((attempt) => decideRetry(busy, attempt, spent(0, attempt - 1), limits));
    expect(decisions).toEqual([1_000, 2_000, 4_000, 8_000, 8_000].map(waits));
  });

  it('is given to a person after the last attempt', () => {
    expect(decideRetry(busy, 6, spent(0, 5), limits)).toEqual(asks);
    expect(decideRetry(busy, 7, spent(0, 6), limits)).toEqual(asks);
  });

  it('waits at least as long as Azure asked, and never shorter than the back-off', () => {
    expect(decideRetry({ ...busy, retryAfterMs: 30_000 }, 1, spent(0), limits)).toEqual(waits(30_000));
    expect(decideRetry({ ...busy, retryAfterMs: 10 }, 3, spent(0, 2), limits)).toEqual(waits(4_000));
  });

  it('has all its patience left after any number of tries that waited for a change to spread', () => {
    expect(decideRetry(busy, 30, spent(50_000), limits)).toEqual(waits(8_000));
  });

  it('counts attempts, not time', () => {
    expect(decideRetry(busy, 2, spent(10 * limits.spreadWithinMs, 1), limits)).toEqual(waits(2_000));
  });
});

describe('a change that has not spread yet', () => {
  const spreading = failure({ next: 'retry-until' });

  it('is looked for until its time is over, however often', () => {
    expect(decideRetry(spreading, 50, spent(52_000), limits)).toEqual(waits(8_000));
    expect(decideRetry(spreading, 50, spent(52_001), limits)).toEqual(asks);
  });

  it('is noticed soon after it has spread, measured by how long it took', () => {
    const decisions = [0, 4_000, 6_000, 40_000].map((ms) => decideRetry(spreading, 9, spent(ms), limits));
    expect(decisions).toEqual([1_000, 1_000, 1_500, 8_000].map(waits));
  });

  it('is looked for almost at once after a try that took as long as the wait would', () => {
    expect(decideRetry(spreading, 2, spent(8_000, 0, 1_200), limits)).toEqual(waits(800));
    expect(decideRetry(spreading, 2, spent(8_000, 0, 5_000), limits)).toEqual(waits(250));
  });

  it('is not waited for beyond its time because Azure asked for a long wait', () => {
    expect(decideRetry({ ...spreading, retryAfterMs: 61_000 }, 1, spent(0), limits)).toEqual(asks);
  });
});
