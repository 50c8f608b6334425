import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { faults, root, suiteFile } from './faults.ts';

test.each(faults)('$name can be put in, and its suites are there', ({ file, from, suites }) => {
  // Code that moved takes its fault along. A fault whose feature went is named in README.md.
  expect(readFileSync(path.join(root, file), 'utf8').split(from)).toHaveLength(2);
  expect(suites.filter((suite) => !existsSync(path.join(root, suiteFile(suite))))).toEqual([]);
});

test('each fault has a name of its own', () => {
  expect(new Set(faults.map(({ name }) => name)).size).toBe(faults.length);
});
