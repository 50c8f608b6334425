/** What is wrong with the line of a verifier key. */
import type { KeyLineFault } from '../../../audit/tlog/keys.ts';

export const keyLineWords: Record<KeyLineFault, string> = {
  'not-a-key-line': 'not a verifier key: it is name, eight letters and the key, with plus signs between',
  'key-cut-off': 'the key is cut off, or too long: copy the whole line',
  'key-kind-unknown': 'a key of a kind that is not known here',
  'key-id-differs': 'the eight letters are not those of this name and key: copy the whole line',
};
