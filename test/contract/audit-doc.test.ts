import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { digestOf } from '../../src/audit/evidence/make-pack.ts';
import { payloadsWith } from '../../src/domain/request/payloads.ts';

/** docs/audit/files-and-events.md has every field that an event can have, and no other: enough to write a verifier from. */

const folder = new URL('../../docs/audit/', import.meta.url);
const [, doc = ''] = readFileSync(new URL('files-and-events.md', folder), 'utf8').split('## Events');
const rows = [...doc.matchAll(/^(?:\||-) (`[^|:]*?)(?: \||:) (.*?)(?: \|)?$/gm)].map(([, names = '', words = '']) => ({
  names: [...names.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
  words,
}));
const payloads = payloadsWith(z.any());
const types = Object.keys(payloads);

test('every type of event has its row, with every field of its data', () => {
  const found = rows
    .filter(({ names }) => names.every((name) => types.includes(name)))
    .flatMap(({ names, words }) => {
      // A field comes before a colon, with others that share its meaning.
      const groups = [...words.matchAll(/(?:^|\. )((?:`\w+`(?:, )?)+):/g)].map(([, group = '']) => group);
      const fields = groups.flatMap((group) => [...group.matchAll(/`(\w+)`/g)].map(([, name = '']) => name));
      return names.map((name): [string, string[]] => [name, fields.sort()]);
    });
  const expected = Object.entries(payloads).map(([type, payload]): [string, string[]] => [
    type,
    Object.keys(payload.shape).sort(),
  ]);
  expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
});

test('the fields around the data are those of a stored event', () => {
  const golden = readFileSync(new URL('../golden/chain.json', import.meta.url), 'utf8');
  const { vectors } = z.object({ vectors: z.array(z.object({ body: z.string() })).min(1) }).parse(JSON.parse(golden));
  const fields = new Set(vectors.flatMap(({ body }) => Object.keys(JSON.parse(body))));
  const known = new Set(rows.flatMap(({ names }) => names).filter((name) => !types.includes(name)));
  expect([...known].sort()).toEqual([...fields].sort());
});

test('the digest of verify.py is that of the file', () => {
  const digest = digestOf(readFileSync(new URL('../../src/audit/outside/verify.py', import.meta.url)));
  const file = new URL('auditors-guide.md', folder);
  const page = readFileSync(file, 'utf8');
  const written = /SHA-256 of this version: `([0-9a-f]{64})`/;
  if (process.env.UPDATE_GOLDEN === '1')
    writeFileSync(file, page.replace(written, `SHA-256 of this version: \`${digest}\``));
  else expect(written.exec(page)?.[1]).toBe(digest);
});
