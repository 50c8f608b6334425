/** HTML in pieces: whatever is put into one is escaped, unless it is such a piece itself. */
import { showBlanks } from '../../../domain/unseen.ts';

export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Part = string | number | Html | readonly Html[];

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** What turns direction, and what nobody sees, is shown as something that is not a letter. */
const seen = (text: string): string => showBlanks(text).replaceAll(/(?!\n)[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\uFFFD');

const escaped = (text: string): string => seen(text).replaceAll(/[&<>"']/g, (mark) => entities[mark] ?? '');

function piece(part: Part): string {
  if (part instanceof Html) return part.text;
  return typeof part === 'object' ? part.map(({ text }) => text).join('') : escaped(String(part));
}

export const html = (texts: TemplateStringsArray, ...parts: readonly Part[]): Html =>
  new Html(texts.map((text, index) => (index === 0 ? text : `${piece(parts[index - 1] ?? '')}${text}`)).join(''));

export const none = html``;
