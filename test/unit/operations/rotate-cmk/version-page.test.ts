import { kindAfter } from '../../../../src/operations/rotate-cmk/rotate-cmk.ts';
import { key } from '../../../support/builders/plans.ts';

const now = new Date('2030-03-02T12:00:00Z');
const lasting = (created: string, expires: string | null) => kindAfter(key({ created, expires }), now)?.expires;

describe('a new version of a key', () => {
  it('lasts as long as the one before', () => {
    expect(lasting('2028-03-02T00:00:00.000Z', '2030-03-02T00:00:00.000Z')).toBe('2032-03-01T00:00:00.000Z');
    expect(lasting('2028-03-02T00:00:00.000Z', null)).toBeNull();
  });

  it('can expire after 2038', () => {
    expect(lasting('2025-03-02T00:00:00.000Z', '2039-03-02T00:00:00.000Z')).toBe('2044-03-01T00:00:00.000Z');
  });
});
