import { createHttpHeaders, createPipelineRequest, RestError } from '@azure/core-rest-pipeline';
import { errorInLog, withoutSecrets } from '../../../src/observability/log.ts';
import { LogWatch } from '../../support/world/log-leaks.ts';

const token = `eyJ${'a'.repeat(20)}.${'b'.repeat(20)}.${'c'.repeat(20)}`;
const words = 'Because Nurse Adams asked for it';

function restError(): RestError {
  const headers = createHttpHeaders({ authorization: `Bearer ${token}`, 'x-ms-client-request-id': 'r-1' });
  const request = createPipelineRequest({ url: 'https://management.azure.com/x', headers, body: words });
  const response = {
    request,
    status: 403,
    headers: createHttpHeaders({ 'x-ms-request-id': 'r-2' }),
    bodyAsText: JSON.stringify({ error: { code: 'Forbidden', words } }),
  };
  const error = new RestError('not allowed', { code: 'Forbidden', statusCode: 403, request, response });
  error.details = { words };
  return error;
}

const everything = (logged: unknown): string => JSON.stringify(logged);

describe('an error in the log', () => {
  it('of an Azure client keeps status, code and the ids of the call, and nothing that was sent or answered', () => {
    const logged = errorInLog(restError());
    expect(logged).toMatchObject({
      type: 'RestError',
      message: 'not allowed',
      code: 'Forbidden',
      status: 403,
      requestIds: ['r-1', 'r-2'],
    });
    expect(everything(logged)).not.toMatch(new RegExp(`${words}|${token.slice(0, 12)}|Bearer`));
  });

  it('of a database keeps the constraint and none of the values', () => {
    const error = Object.assign(new Error('duplicate key value violates unique constraint "one_open"'), {
      code: '23505',
      constraint: 'one_open',
      detail: `Failing row contains (${words})`,
      query: 'insert into free_text values ($1)',
      params: [words],
    });
    expect(errorInLog(error)).toMatchObject({ code: '23505', constraint: 'one_open' });
    expect(everything(errorInLog(error))).not.toContain(words);
  });

  it('goes down to its causes, and not for ever', () => {
    const first: Error & { cause?: unknown } = new Error('outer', { cause: restError() });
    expect(errorInLog(first).cause).toMatchObject({ type: 'RestError', status: 403 });
    const own: { message: string; cause?: unknown } = { message: 'round' };
    own.cause = own;
    expect(everything(errorInLog(own)).match(/round/g)).toHaveLength(4);
  });

  it.each([
    ['a text', 'string'],
    [null, 'object'],
    [undefined, 'undefined'],
    [7, 'number'],
  ])('can be %p', (thrown, type) => expect(errorInLog(thrown)).toEqual({ type, message: String(thrown) }));

  it('does not repeat its message in the stack', () => {
    const { message, stack } = errorInLog(new Error(`asked with Bearer ${token}`));
    expect(message).toBe('asked with Bearer …');
    expect(stack).toMatch(/^\s+at /);
    expect(stack).not.toContain('asked');
  });
});

describe('a text in the log', () => {
  it.each([
    [`Authorization: Bearer ${token}`, 'Authorization: Bearer …'],
    [`got ${token} back`, 'got token … back'],
    ['client_id=a&client_secret=s3cret&x=1', 'client_id=a&client_secret=…&x=1'],
    ['postgresql://bot:pa55word@db:5432/cmk', 'postgresql://bot:…@db:5432/cmk'],
    ['https://login.example/x?sig=abc%2F&se=1', 'https://login.example/x?sig=…&se=1'],
    ['nothing secret: eyJ, Bearer of news', 'nothing secret: eyJ, Bearer …news'],
  ])('%s', (text, clean) => expect(withoutSecrets(text)).toBe(clean.replace('…news', '… news')));

  it('ends after a thousand characters', () => expect(withoutSecrets('x'.repeat(5000))).toHaveLength(1001));
});

describe('the look through what a bot printed', () => {
  const watch = new LogWatch();
  watch.keepOutSettings({
    AZURE_CLIENT_SECRET: 'local-bot',
    DATABASE_URL: 'postgresql://bot:pa55word@db/cmk',
    PORT: '39780000',
  });
  watch.keepOutInputs({ justification: words, acknowledgeDataLoss: 'true' });
  watch.keepOut('what was said', 'two "lines"\nof text');

  it.each([
    ['a client secret', '{"x":"local-bot"}'],
    ['a database password', 'pa55word'],
    ['a reason', `{"err":"${words}"}`],
    ['a text as JSON writes it', JSON.stringify({ said: 'two "lines"\nof text' })],
    ['a token', `{"a":"Bearer ${token}"}`],
    ['half a token', 'eyJhbGciOiJSUzI1NiIs'],
    ['a header', '{"headers":{"authorization":"Basic Zm9v"}}'],
    ['a form that signs in', 'grant_type=x&client_secret=abc'],
  ])('finds %s', (_what, line) => {
    expect(watch.leaksIn(`first\n${line}\nlast`)).toHaveLength(1 + Number(/Bearer/.test(line)));
  });

  it('finds nothing in an ordinary log', () => {
    expect(watch.leaksIn('{"port":"39780000","acknowledged":"true","err":{"message":"Bearer …"}}')).toEqual([]);
  });
});
