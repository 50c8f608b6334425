/** Sentences of the pages for people, as Markdown has them: for rules about their length. */
import { readdirSync, readFileSync } from 'node:fs';
import MarkdownIt from 'markdown-it';

const root = new URL('../../../', import.meta.url);

/** Every page for people, by its path. */
export const pages: readonly string[] = [
  ...['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md', 'SUPPORT.md'],
  ...readdirSync(new URL('docs', root), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`)
    .sort(),
];

export const textOf = (page: string): string => readFileSync(new URL(page, root), 'utf8');

/** Tables that a command writes. Their words are those of the product, and have rules of their own. */
const generated = [
  /<!-- made: [\s\S]*?<!-- \/made -->/g,
  /<!-- attacks: [\s\S]*?<!-- \/attacks -->/g,
  /<!-- npm run bench [\s\S]*?<!-- end -->/g,
];

export interface Sentence {
  readonly text: string;
  readonly words: number;
  /** In a cell of a table, where many are fragments. */
  readonly isCell: boolean;
}

const wordsOf = (text: string): number => text.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;

const markdown = new MarkdownIt({ html: true });

/** The sentences of a page. What is quoted as code counts as one word. */
export function sentencesOf(page: string): readonly Sentence[] {
  const text = generated.reduce((rest, part) => rest.replaceAll(part, ''), textOf(page));
  const tokens = markdown.parse(text, {});
  return tokens.flatMap((token, at) => {
    const around = tokens[at - 1]?.type ?? '';
    if (token.type !== 'inline' || around === 'heading_open' || around === 'th_open') return [];
    const parts = (token.children ?? []).map(({ type, content }) => {
      if (type === 'code_inline') return 'Code';
      if (type === 'softbreak' || type === 'hardbreak') return ' ';
      return type === 'text' ? content : '';
    });
    return parts
      .join('')
      .split(/(?<=[.!?][”)*]?)\s+(?=[\p{Lu}\p{N}“(✓])/u)
      .map((sentence) => ({ text: sentence.trim(), words: wordsOf(sentence), isCell: around === 'td_open' }))
      .filter(({ words }) => words > 0);
  });
}
