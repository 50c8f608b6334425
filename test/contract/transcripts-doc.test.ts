import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

/** docs/transcripts.md shows what people see, and what it shows of today is what the kept transcripts have. */

const read = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');

const sections = read('docs/transcripts.md')
  .split(/^## /m)
  .slice(1)
  .map((section) => {
    const [title = ''] = section.split('\n');
    const [, name = ''] = /golden\/transcripts\/([a-z-]+)\.md/.exec(section) ?? [];
    const [before = '', after = ''] = [...section.matchAll(/```text\n(.*?)\n```/gs)].map(([, block]) => block ?? '');
    return { title, name, before, after };
  });

test('has the stories that people ask about', () => {
  expect(sections.map(({ title }) => title)).toEqual([
    'Success',
    'Rejection with a comment',
    'Needs attention',
    'Expiry',
    'Ask again',
    'Slow Azure',
    'A typo',
    'Changing a request that waits',
  ]);
});

test.each(sections.map((one) => [one.title, one] as const))(
  '%s: “after” is word for word what is kept',
  (_title, one) => {
    const kept = read(`test/golden/transcripts/${one.name}.md`).replace(/^> /gm, '').replaceAll('**', '').split('\n');
    let at = 0;
    for (const line of one.after.split('\n').filter((text) => text !== '' && text !== '…')) {
      const found = kept.indexOf(line, at);
      expect(found === -1 ? `not there, or not in this order: ${line}` : line).toBe(line);
      at = found + 1;
    }
    expect(one.before).not.toBe(one.after);
  },
);
