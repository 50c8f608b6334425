import { withoutSecrets } from '../../../sandbox/azure/request-log.ts';

test.each([
  ['an imported key', { key: { kty: 'RSA', n: 'n', d: 'd', p: 'p', q: 'q', dp: 'p', dq: 'q', qi: 'q', k: 'k' } }],
  ['a secret', { value: 'hush', contentType: 'text' }],
  ['a new password', { keyId: '1', secretText: 'hush' }],
])('the request log shows of %s what isn’t secret', (_, body) => {
  const logged = JSON.stringify(withoutSecrets(body));
  expect(logged).toMatch(/"kty":"RSA","n":"n","d":"REDACTED"|"contentType":"text"|"keyId":"1"/);
  expect(logged).not.toMatch(/"(d|p|q|dp|dq|qi|k|value|secretText)":"(?!REDACTED")/);
});

test.each([
  ['a list', { value: [{ id: 'a' }] }],
  ['a key without parts', { key: null }],
  ['text', 'not JSON'],
])('the request log shows %s as it is', (_, body) => {
  expect(withoutSecrets(body)).toEqual(body);
});
