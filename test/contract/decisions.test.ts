import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = path.join(root, 'docs/decisions');
const index = readFileSync(path.join(folder, 'README.md'), 'utf8');
const records = readdirSync(folder)
  .filter((file) => file !== 'README.md')
  .sort()
  .map((file) => {
    const text = readFileSync(path.join(folder, file), 'utf8');
    const number = `${Number(file.slice(0, 4))}`;
    const title = /^# (?:ADR \d+: )?(.+)$/m.exec(text)?.[1] ?? '';
    const status = /^Status: (accepted|superseded|rejected)\b.*\d{4}-\d\d-\d\d/m.exec(text)?.[1] ?? '';
    return { file, text, number, title, status };
  });

/** The files below a folder of the project, with their text. */
const textsIn = (start: string, extension: string) =>
  readdirSync(path.join(root, start), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(extension))
    .map((file) => ({ file: path.join(start, file), text: readFileSync(path.join(root, start, file), 'utf8') }));

describe('the decision records', () => {
  test('have a number, a title, a status and a date, and fit on one page', () => {
    const inForce = records.filter(({ status }) => status !== 'superseded');
    const wrong = inForce.filter(
      ({ text, number, status }) =>
        !text.startsWith(`# ADR ${number}: `) ||
        status === '' ||
        !['## Context', '## Decision', '## Consequences'].every((heading) => text.includes(`\n${heading}\n`)) ||
        text.split(/\s+/).length > 450,
    );
    expect(wrong.map(({ file }) => file)).toEqual([]);
  });

  test('are listed with title, and with any status but accepted', () => {
    const rows = records.map(({ file, number, title, status }) => {
      const row = `| ${number} | [${title}](${file}) |`;
      return status === 'accepted' ? row : `${row} ${status} |`;
    });
    expect(rows.filter((row) => !index.includes(row))).toEqual([]);
  });

  test('leave no number without an explanation', () => {
    const listed = index
      .split('\n')
      .flatMap((line) => /^\| ([\d, ]+) \|/.exec(line)?.[1]?.split(', ') ?? [])
      .map(Number)
      .sort((a, b) => a - b);
    expect(listed).toEqual(listed.map((_, at) => at + 1));
  });

  test('are there wherever a page or a comment points to them', () => {
    const known = new Set(records.map(({ number }) => Number(number)));
    const pages = [
      ...textsIn('docs', '.md'),
      { file: 'README.md', text: readFileSync(path.join(root, 'README.md'), 'utf8') },
    ];
    const links = pages.flatMap(({ file, text }) =>
      [...text.matchAll(/\]\(((?:decisions\/|docs\/decisions\/)?\d{4}-[\w-]+\.md)\)/g)].map(([, link = '']) => ({
        file,
        name: path.basename(link),
      })),
    );
    expect(links.filter(({ name }) => !records.some(({ file }) => file === name))).toEqual([]);
    const comments = [...textsIn('src', '.ts'), ...textsIn('test', '.ts')].flatMap(({ file, text }) =>
      [...text.matchAll(/(?:docs\/decisions\/0*|\bADR )([1-9]\d*)\b/g)].map(([, number]) => ({
        file,
        number: Number(number),
      })),
    );
    expect(comments.length).toBeGreaterThan(10);
    expect(comments.filter(({ file, number }) => !known.has(number) && !file.includes('size.test'))).toEqual([]);
  });
});
