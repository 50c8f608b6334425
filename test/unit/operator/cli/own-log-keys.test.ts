import { expect, test } from '@jest/globals';
import { signingKey } from '../../../../src/audit/tlog/keys.ts';
import { parseVerifierKeys } from '../../../../src/operator/cli/verifier-keys.ts';
import { keysFileOf } from '../../../../src/operator/published-log.ts';

/** The bot's own keys of its published log, as a verifier is given keys. */

const log = signingKey('bot.example/audit', 'log', Buffer.alloc(32, 1)).verifier;
const witnessed = ['w1', 'w2'].map((name, n) => signingKey(name, 'witness', Buffer.alloc(32, n + 2)).verifier);
const witnesses = witnessed.map(({ name }) => ({ url: `https://${name}.example`, key: '' }));

test.each([
  [2, null],
  [1, 1],
])('%i of 2 witnesses are needed: quorum %s', (witnessesNeeded, quorum) => {
  const keys = [log, ...witnessed];
  const text = keysFileOf(keys, { witnesses, witnessesNeeded });
  expect(parseVerifierKeys(text, 'own keys')).toEqual({ keys, quorum });
});
