import { describe, expect, it } from '@jest/globals';
import { listed, listedPieces } from '../../../src/domain/listed.ts';

describe('a list in words', () => {
  it('says "and" before the last of several, and nowhere else', () => {
    expect(listed([])).toBe('');
    expect(listed(['identity'])).toBe('identity');
    expect(listed(['identity', 'grant'])).toBe('identity and grant');
    expect(listed(['identity', 'grant', 'key'])).toBe('identity, grant and key');
  });

  it('keeps its parts apart from what joins them', () => {
    const marked = listedPieces(['Approver', 'Second approver', 'Team member'], (strong) => ({ strong }));
    expect(marked).toEqual([
      { strong: 'Approver' },
      ', ',
      { strong: 'Second approver' },
      ' and ',
      { strong: 'Team member' },
    ]);
  });
});
