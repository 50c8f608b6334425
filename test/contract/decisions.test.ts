import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';

const root = new URL('../../', import.meta.url);
const textOf = (file: string): string => readFileSync(new URL(file, root), 'utf8');
const filesIn = (folder: string, extension: string): readonly string[] =>
  readdirSync(new URL(`${folder}/`, root), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(extension))
    .map((file) => `${folder}/${file}`);

const records = filesIn('docs/decisions', '.md').filter((file) => !file.endsWith('README.md'));
const numberOf = (file: string): number => Number(/(\d{4})-[^/]+$/.exec(file)?.[1]);

describe('the decision records', () => {
  test('have a title, a status and a date, and the list shows the title, and any status but accepted', () => {
    const index = textOf('docs/decisions/README.md');
    const wrong = records.filter((file) => {
      const text = textOf(file);
      const title = /^# (?:ADR \d+: )?(.+)$/m.exec(text)?.[1];
      const status = /^Status: (accepted|superseded|rejected)\b.*\d{4}-\d\d-\d\d/m.exec(text)?.[1];
      const row = `| ${numberOf(file)} | [${title}](${file.replace('docs/decisions/', '')}) |`;
      return status === undefined || !index.includes(status === 'accepted' ? row : `${row} ${status} |`);
    });
    expect(wrong).toEqual([]);
  });

  test('are there wherever a comment names one', () => {
    const known = new Set(records.map(numberOf));
    const comments = [...filesIn('src', '.ts'), ...filesIn('test', '.ts')].flatMap((file) =>
      [...textOf(file).matchAll(/(?:docs\/decisions\/0*|\bADR )([1-9]\d*)\b/g)].map(([, number]) => ({
        file,
        number: Number(number),
      })),
    );
    expect(comments.length).toBeGreaterThan(10);
    expect(comments.filter(({ file, number }) => !known.has(number) && !file.includes('size.test'))).toEqual([]);
  });
});
