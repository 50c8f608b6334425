import { expect, test } from '@jest/globals';
import { inWords } from '../../../src/sandbox/children.ts';

const line = (fields: object): string =>
  JSON.stringify({ time: Date.UTC(2026, 2, 2, 12, 27, 1), replica: 'local', ...fields });

test('a line of the log says when, how bad, what, and with what', () => {
  expect(inWords(line({ level: 30, url: 'http://127.0.0.1:3978', msg: 'listening' }))).toBe(
    '12:27:01 info  listening  url=http://127.0.0.1:3978',
  );
  expect(inWords(line({ level: 40, of: { steps: 2 }, words: 'two words', msg: 'slow' }))).toBe(
    '12:27:01 warn  slow  of={"steps":2} words="two words"',
  );
});

test('an error is told by its message first, and where in the code below', () => {
  const err = { type: 'RestError', message: 'Not found.', code: 404, stack: '    at update (chat.ts:1:1)' };
  expect(inWords(line({ level: 50, err, errorId: '1a2b', msg: 'turn ended' }))).toBe(
    '12:27:01 error turn ended  RestError: Not found.  errorId=1a2b\n    at update (chat.ts:1:1)',
  );
});

test.each(['ready', '', '[1]', '{"level":"x"}', '{'])('%j is no line of the log and stays as it is', (text) => {
  expect(inWords(text)).toBe(text);
});
