import { isDatabaseUnavailable, isDriverError, writeRejectionIn } from '../../../src/domain/database-errors.ts';
import { trackWriteHealth, type WriteRejection } from '../../../src/domain/write-health.ts';

function storingAt() {
  let elapsed = 0;
  const said: (WriteRejection | null)[] = [];
  const storing = trackWriteHealth({ elapsedMs: () => elapsed, onChange: (why) => said.push(why) });
  return {
    storing,
    said,
    pass: (ms: number) => {
      elapsed += ms;
    },
  };
}

describe('what the database answered last', () => {
  it('is believed until something is stored', () => {
    const { storing } = storingAt();
    expect(storing.refusal()).toBeNull();
    storing.refused('disk-full');
    expect(storing.refusal()).toBe('disk-full');
    storing.stored();
    expect(storing.refusal()).toBeNull();
  });

  it('is believed for a minute where nobody stores anything', () => {
    const { storing, pass } = storingAt();
    storing.refused('read-only');
    pass(59_999);
    expect(storing.refusal()).toBe('read-only');
    pass(1);
    expect(storing.refusal()).toBeNull();
  });

  it('is counted each time, and said when it changes', () => {
    const { storing, said, pass } = storingAt();
    storing.refused('read-only');
    storing.refused('read-only');
    storing.refused('not-allowed');
    pass(60_000);
    storing.refused('not-allowed');
    storing.stored();
    storing.stored();
    expect(said).toEqual(['read-only', 'not-allowed', 'not-allowed', null]);
    expect(storing.counts()).toEqual({ 'read-only': 2, 'disk-full': 0, 'not-allowed': 2, 'server-trouble': 0 });
  });
});

describe('what an error says of the database', () => {
  it.each([
    ['25006', 'read-only'],
    ['EROFS', 'read-only'],
    ['53100', 'disk-full'],
    ['ENOSPC', 'disk-full'],
    ['42501', 'not-allowed'],
    ['28P01', 'not-allowed'],
    ['53300', 'server-trouble'],
    ['58030', 'server-trouble'],
    ['EIO', 'server-trouble'],
  ])('%s is a database that takes nothing: %s', (code, why) => {
    const error = Object.assign(new Error('no'), { code });
    expect([writeRejectionIn(error), isDatabaseUnavailable(error)]).toEqual([why, true]);
  });

  it.each(['08006', '57P01', 'ECONNREFUSED'])('%s is one that is away, and gives no reason', (code) => {
    const error = Object.assign(new Error('no'), { code });
    expect([writeRejectionIn(error), isDatabaseUnavailable(error)]).toEqual([null, true]);
  });

  it.each([
    'timeout exceeded when trying to connect',
    'querying the database: no answer within 30000 ms',
    'Connection terminated due to connection timeout',
    'Client has encountered a connection error and is not queryable',
    'Query read timeout',
  ])('“%s” is the driver’s, but not as the outcome that the engine stored', (words) => {
    const judge = (error: Error) => [isDriverError(error), isDatabaseUnavailable(error)];
    expect(judge(new Error(words))).toEqual([true, true]);
    const stored = `Step change has exceeded its maximum of 8 retries. Previous errors: Error 1: ${words}`;
    expect(judge(new Error(stored))).toEqual([false, false]);
    expect(isDriverError(Object.assign(new Error('connect ETIMEDOUT'), { code: 'ETIMEDOUT' }))).toBe(false);
  });

  it.each(['23505', '40001', 'P0001', '42P01'])('%s is neither', (code) => {
    const error = Object.assign(new Error('no'), { code });
    expect([writeRejectionIn(error), isDatabaseUnavailable(error)]).toEqual([null, false]);
  });
});
