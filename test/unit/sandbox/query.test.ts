import { expect, test } from '@jest/globals';
import { parseQuery } from '../../../sandbox/azure/resource-graph/query.ts';
import { Refusal } from '../../../sandbox/http.ts';

test.each([
  ['resources | summarize count() by type', { code: 'InvalidQueryLanguage', token: 'summarize' }],
  ['resourcecontainers', { code: 'InvalidQueryLanguage', token: 'resourcecontainers' }],
  ['resources | where name =~', { code: 'ParserFailure', token: '<EOF>', characterPositionInLine: 25 }],
  ["resources\n| where name != 'a'", { code: 'ParserFailure', token: '!', line: 2, characterPositionInLine: 13 }],
  ["resources | where name =~ 'a' and kind =~ 'b'", { code: 'ParserFailure', token: 'and' }],
  ["resources | where name in~ 'a'", { code: 'ParserFailure', token: 'a' }],
  ["resources | where tolower(name) =~ 'a'", { code: 'UnknownFunction', message: "Unknown function: 'tolower'." }],
  [String.raw`resources | where name =~ '\x41'`, { code: 'ParserFailure', token: "'" }],
  ['resources | project a=constructor(name)', { code: 'UnknownFunction' }],
  ["resources | where nmae =~ 'a'", { code: 'UnknownColumn', message: "Unknown column: 'nmae'." }],
  ['resources | project name | order by location asc', { code: 'UnknownColumn' }],
  ['resources | limit 1.5', { code: 'ParserFailure', token: '.' }],
])('the refusal of an unsupported query names the cause: %s', (query, detail) => {
  let refused: unknown;
  try {
    parseQuery(query);
  } catch (error) {
    refused = error instanceof Refusal ? error.reply.body : error;
  }
  expect(refused).toMatchObject({ error: { details: [{ code: 'InvalidQuery' }, detail] } });
});
