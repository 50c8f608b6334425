import { parseEnv } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { emptyEnvironment } from '../../../../src/config/settings/table.ts';
import { ValueNotWritable, withSettings } from '../../../../src/operator/cli/setup.ts';

describe('a file of settings', () => {
  it('keeps what is not set: comments, order and other settings', () => {
    const text = '# who\nA=1\n#B=example\n\nC=3\n';
    expect(withSettings(text, { A: '2', B: 'x', D: '4' })).toBe('# who\nA=2\nB=x\n\nC=3\nD=4\n');
    expect(withSettings(text, { A: null, C: null, E: null })).toBe('# who\n#A=\n#B=example\n\n#C=\n');
  });

  it('has a setting once, where it stood twice', () => {
    expect(withSettings('A=1\nB=2\nA=3\n', { A: '4' })).toBe('A=4\nB=2\n');
  });

  const units = fc.constantFrom(...'a \t#\'"`$=\\n\n\r\0:é\u2028', '\nB=2');
  const value = fc.oneof(fc.string({ unit: units }), fc.string({ unit: 'binary' }));

  it('is read as it was meant whatever stands in a value, or refuses the value, and sets nothing else', () => {
    const before = { A: '1', B: "'", PORT: '7' };
    const file = `${emptyEnvironment()}A=1\nB="'"\nPORT=7\n`;
    fc.assert(
      fc.property(value, value, (first, second) => {
        try {
          const text = withSettings(withSettings(file, { PORT: first }), { CMK_VAULTS: second });
          const given = Object.entries(parseEnv(text)).filter(([, found]) => found !== '');
          const wanted = Object.entries({ ...before, PORT: first, CMK_VAULTS: second }).filter(([, one]) => one !== '');
          expect(Object.fromEntries(given)).toEqual(Object.fromEntries(wanted));
        } catch (error) {
          if (!(error instanceof ValueNotWritable)) throw error;
          // Only what no line can hold is refused.
          const isRefused = (one: string) =>
            /[\n\r\0]/.test(one) || ["'", '"', '`'].every((mark) => one.includes(mark)) || one.includes('\\n');
          expect([first, second, isRefused(first) || isRefused(second)]).toEqual([first, second, true]);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    [
      'a line break',
      'x\nCMK_APPROVERS=me',
      /^PORT: the value has a line break, .* Nothing was written\. Choose another value\.$/,
    ],
    ['a carriage return', 'x\ry', /has a line break/],
    ['every kind of quotation mark', 'a\'b"c`d', /^PORT: the value has every kind of quotation mark/],
  ])('refuses %s in a sentence, without the value', (_, given, words) => {
    expect(() => withSettings('A=1\n', { PORT: given })).toThrow(words);
  });

  it('replaces a value of several lines whole', () => {
    const text = 'A="one\nB=2\nthree"\nexport C=3\n';
    expect(withSettings(text, { A: 'new', C: '4' })).toBe('A=new\nC=4\n');
    expect(withSettings(text, { A: null })).toBe('#A=\nexport C=3\n');
    expect(withSettings(text, { D: '5' })).toBe(`${text}D=5\n`);
  });
});
