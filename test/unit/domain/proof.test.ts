import { highestProof, type Proof, ProofLevel } from '../../../src/domain/proof.ts';

const proved = (...levels: ProofLevel[]): Proof[] => levels.map((level) => ({ level, outcome: 'proved' }));

describe('the highest proof', () => {
  it('is none without the read-back, whatever else is proved', () => {
    expect(highestProof([])).toBeNull();
    expect(highestProof(proved('permission-held', 'key-usable', 'use-seen'))).toBeNull();
  });

  it('ends at the first gap', () => {
    expect(highestProof(proved('read-back', 'key-usable'))).toBe('read-back');
    expect(highestProof([...proved('read-back'), { level: 'permission-held', outcome: 'not-checked' }])).toBe(
      'read-back',
    );
  });

  it('is the use of a key, also where the bot may not try it', () => {
    expect(highestProof(proved('read-back', 'permission-held', 'use-seen'))).toBe('use-seen');
  });

  it.each(ProofLevel.options.map((level, index) => [level, index] as const))(
    'is %s when everything up to it is proved, in whatever order',
    (level, index) => {
      expect(highestProof(proved(...ProofLevel.options.slice(0, index + 1)).reverse())).toBe(level);
    },
  );
});
