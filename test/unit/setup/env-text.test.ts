import { parseEnv } from 'node:util';
import { describe, expect, it, test } from '@jest/globals';
import fc from 'fast-check';
import { environmentExample } from '../../../src/config/variables/variables.ts';
import { withSettings } from '../../../src/setup/env-text.ts';

describe('a file of settings', () => {
  it('keeps what is not set: comments, order and other settings', () => {
    const text = '# who\nA=1\n#B=example\n\nC=3\n';
    expect(withSettings(text, { A: '2', B: 'x', D: '4' })).toBe('# who\nA=2\nB=x\n\nC=3\nD=4\n');
    expect(withSettings(text, { A: null, C: null, E: null })).toBe('# who\n#A=\n#B=example\n\n#C=\n');
  });

  it('has a setting once, where it stood twice', () => {
    expect(withSettings('A=1\nB=2\nA=3\n', { A: '4' })).toBe('A=4\nB=2\n');
  });

  it('is read as it was meant, whatever stands in a value', () => {
    const value = fc.string({ unit: fc.constantFrom('a', ' ', '#', "'", '$', '=', '\\', ':', '/', ',') });
    fc.assert(
      fc.property(value, value, (first, second) => {
        const text = withSettings(withSettings(environmentExample(), { PORT: first }), { CMK_VAULTS: second });
        expect(parseEnv(text)).toMatchObject({ PORT: first, CMK_VAULTS: second });
      }),
    );
  });

  test('that is the example, filled in, holds nothing else', () => {
    const given = parseEnv(withSettings(environmentExample(), { PORT: '1' }));
    expect(Object.entries(given).filter(([, value]) => value !== '')).toEqual([['PORT', '1']]);
  });
});
