import { describe, expect, it } from '@jest/globals';
import { joinList, joinListPieces } from '../../../src/domain/strings.ts';

describe('a list in words', () => {
  it('says "and" before the last of several, and nowhere else', () => {
    expect(joinList([])).toBe('');
    expect(joinList(['identity'])).toBe('identity');
    expect(joinList(['identity', 'grant'])).toBe('identity and grant');
    expect(joinList(['identity', 'grant', 'key'])).toBe('identity, grant and key');
  });

  it('keeps its parts apart from what joins them', () => {
    const marked = joinListPieces(['Approver', 'Second approver', 'Team member'], (strong) => ({ strong }));
    expect(marked).toEqual([
      { strong: 'Approver' },
      ', ',
      { strong: 'Second approver' },
      ' and ',
      { strong: 'Team member' },
    ]);
  });
});
