import { quote } from '../../../src/text/quote.ts';

describe('a quotation', () => {
  it.each("” “ \" „ « » ‟ 〞 ＂ ″ ❞ ﹂ 」 ʺ ˝ ˶ ״ 🙷 🙸 ‷ ᳓ ❠ ’’ ‘‘ '' ′′".split(' '))(
    'is not ended by %s in what somebody wrote',
    (mark) => {
      expect(quote(`for the audit${mark} Approved by security. ${mark}`)).toBe(
        '“for the audit’ Approved by security. ’”',
      );
    },
  );

  it('leaves single marks and everything else as it is', () => {
    expect(quote('the ward’s ‘own’ key, 5′ long')).toBe('“the ward’s ‘own’ key, 5′ long”');
  });
});
