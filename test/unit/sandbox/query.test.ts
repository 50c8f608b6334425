import { expect, test } from '@jest/globals';
import { parseQuery, type Row, runQuery } from '../../../sandbox/azure/resource-graph.ts';
import { Refusal } from '../../../sandbox/http.ts';

const rows: readonly Row[] = [
  { name: "b'|", kind: 'HSM', properties: { enabled: 'true', size: '3' } },
  { name: 'a', kind: 'RSA', properties: { size: 2 } },
];

test.each([
  [String.raw`resources | where name =~ 'B\'|' | project name`, [{ name: "b'|" }]],
  ["resources | where kind in~ ('rsa', 'ec') | project name", [{ name: 'a' }]],
  ["resources | where kind contains 's' | project kind | order by kind asc | limit 1", [{ kind: 'HSM' }]],
  [
    'resourcechanges | project on=tobool(properties.enabled), size=toint(properties.size), other=tostring(properties.no)',
    [
      { on: true, size: 3, other: '' },
      { on: null, size: 2, other: '' },
    ],
  ],
])('a served query: %s', (query, expected) => {
  expect(runQuery(parseQuery(query), rows)).toEqual(expected);
});

test.each([
  ['resourcecontainers', 'resourcecontainers'],
  ['resources | summarize count() by type', 'summarize count() by type'],
  ["resources | where name != 'a'", "where name != 'a'"],
  ["resources | where name =~ 'a' and kind =~ 'b'", "where name =~ 'a' and kind =~ 'b'"],
  ["resources | where name in~ 'a'", "where name in~ 'a'"],
  ["resources | where tolower(name) =~ 'a'", "where tolower(name) =~ 'a'"],
  [String.raw`resources | where name =~ '\x41'`, String.raw`where name =~ '\x41'`],
  ['resources | project a=constructor(name)', 'project a=constructor(name)'],
  ['resources | limit 1.5', 'limit 1.5'],
])('the refusal of an unsupported query names the part: %s', (query, part) => {
  let refused: unknown;
  try {
    parseQuery(query);
  } catch (error) {
    refused = error instanceof Refusal ? error.reply.body : error;
  }
  const message = expect.stringContaining(part);
  expect(refused).toMatchObject({ error: { details: [{ code: 'InvalidQuery', message }] } });
});
