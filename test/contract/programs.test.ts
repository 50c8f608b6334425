import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { sources } from '../support/jest/programs.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Every file of test/support that these files import, directly or not. */
function supportOf(files: readonly string[]): ReadonlySet<string> {
  const seen = new Set<string>();
  const waiting = [...files];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (seen.has(file) || !existsSync(path.join(root, file))) continue;
    seen.add(file);
    const text = readFileSync(path.join(root, file), 'utf8');
    for (const [, name = ''] of text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g))
      waiting.push(path.join(path.dirname(file), name));
  }
  return new Set([...seen].filter((file) => file.startsWith('test/support/')));
}

test('the programs are made again when a file of test/support changes that they use', () => {
  const setup = readFileSync(path.join(root, 'test/support/jest/global-setup.js'), 'utf8');
  const watched = /const support = \[(.*)\];/.exec(setup)?.[1]?.match(/\w+/g) ?? [];
  const used = supportOf([...Object.values(sources), 'test/support/jest/prepare.ts']);
  expect([...new Set([...used].map((file) => file.split('/')[2]))].sort()).toEqual(watched);
});
