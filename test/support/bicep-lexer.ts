/** The words of a Bicep file. Knows what the files here use and throws, with the line, on everything else. */

export type Token = { readonly line: number; readonly isFirst: boolean } & (
  | { readonly kind: 'name' | 'sign'; readonly text: string }
  | { readonly kind: 'number'; readonly value: number }
  /** Texts and, between them, what is put in. */
  | { readonly kind: 'text'; readonly parts: readonly (string | readonly Token[])[] }
  | { readonly kind: 'end' }
);

const signs = ['==', '!=', '&&', '||', '{', '}', '[', ']', '(', ')', ':', ',', '.', '=', '!', '?', '@'];
const escapes: Readonly<Record<string, string>> = { "'": "'", '\\': '\\', n: '\n', $: '$' };

class Lexer {
  private at = 0;
  private line = 1;
  private readonly source: string;

  constructor(source: string) {
    this.source = source;
  }

  fail(what: string): never {
    throw new Error(`line ${this.line}: ${what} is nothing that is read here`);
  }

  /** Up to the closing brace of what is put into a text, or to the end. */
  tokens(within = false): readonly Token[] {
    const found: Token[] = [];
    let isFirst = true;
    let depth = 0;
    while (this.at < this.source.length) {
      if (this.skipped()) continue;
      if (this.source[this.at] === '\n') {
        this.at += 1;
        this.line += 1;
        isFirst = true;
        continue;
      }
      if (within && depth === 0 && this.source[this.at] === '}') break;
      const token = this.next(isFirst);
      isFirst = false;
      if (token.kind === 'sign') depth += { '{': 1, '}': -1 }[token.text] ?? 0;
      found.push(token);
    }
    return [...found, { kind: 'end', line: this.line, isFirst: true }];
  }

  /** Blanks and comments. */
  private skipped(): boolean {
    const blank = /^(?:[ \t]+|\/\/[^\n]*)/.exec(this.source.slice(this.at))?.[0];
    this.at += blank?.length ?? 0;
    return blank !== undefined;
  }

  private next(isFirst: boolean): Token {
    const { line } = this;
    const rest = this.source.slice(this.at);
    if (rest.startsWith("'''")) this.fail("'''");
    if (rest.startsWith("'")) return { kind: 'text', parts: this.text(), line, isFirst };
    const word = /^[A-Za-z_]\w*/.exec(rest)?.[0];
    if (word !== undefined) return { kind: 'name', text: this.take(word), line, isFirst };
    const number = /^\d+/.exec(rest)?.[0];
    if (number !== undefined) return { kind: 'number', value: Number(this.take(number)), line, isFirst };
    const sign = signs.find((one) => rest.startsWith(one));
    return sign === undefined ? this.fail(rest.slice(0, 10)) : { kind: 'sign', text: this.take(sign), line, isFirst };
  }

  private take(text: string): string {
    this.at += text.length;
    return text;
  }

  private text(): readonly (string | readonly Token[])[] {
    const parts: (string | readonly Token[])[] = [''];
    this.at += 1;
    while (this.source[this.at] !== "'") {
      const rest = this.source.slice(this.at, this.at + 2);
      if (rest === '' || rest.startsWith('\n')) this.fail('a text without an end');
      if (rest === '${') {
        this.at += 2;
        parts.push(this.tokens(true), '');
        this.at += 1;
        continue;
      }
      const isEscaped = rest.startsWith('\\');
      const escaped = escapes[rest.charAt(1)];
      if (isEscaped && escaped === undefined) this.fail(rest);
      parts[parts.length - 1] = `${String(parts.at(-1))}${isEscaped ? escaped : rest.charAt(0)}`;
      this.at += isEscaped ? 2 : 1;
    }
    this.at += 1;
    return parts;
  }
}

export const tokensOf = (source: string): readonly Token[] => new Lexer(source).tokens();
