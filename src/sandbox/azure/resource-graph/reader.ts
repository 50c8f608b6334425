import { parserFailure } from './refusal.ts';

interface Token {
  readonly kind: 'name' | 'string' | 'number' | 'symbol';
  readonly text: string;
  readonly at: number;
}

const shapes: readonly (readonly [Token['kind'] | 'space', RegExp])[] = [
  ['space', /^\s+/],
  ['string', /^(?:'(?:[^'\\\r\n]|\\['"\\])*'|"(?:[^"\\\r\n]|\\['"\\])*")/],
  ['number', /^\d+/],
  ['name', /^[A-Za-z_]\w*/],
  ['symbol', /^(?:=[~=]|[|,.=()])/],
];

const unquoted = (literal: string): string => literal.slice(1, -1).replace(/\\(.)/g, '$1');

/** Cuts a query into tokens; a character outside the language is a refusal. */
const tokenize = (query: string): readonly Token[] => {
  const tokens: Token[] = [];
  let at = 0;
  while (at < query.length) {
    const rest = query.slice(at);
    const [kind, text] = shapes
      .map(([name, shape]) => [name, shape.exec(rest)?.[0]] as const)
      .find(([, found]) => found !== undefined) ?? [undefined, undefined];
    if (kind === undefined || text === undefined) throw parserFailure(query, at, rest.slice(0, 1));
    if (kind !== 'space') tokens.push({ kind, text: kind === 'string' ? unquoted(text) : text, at });
    at += text.length;
  }
  return tokens;
};

/** Takes a query's tokens one after the other. */
export class Reader {
  private readonly query: string;
  private readonly tokens: readonly Token[];
  private next = 0;

  constructor(query: string) {
    this.query = query;
    this.tokens = tokenize(query);
  }

  get done(): boolean {
    return this.next >= this.tokens.length;
  }

  /** Refuses the query because of the next token. */
  fail(): never {
    const token = this.tokens[this.next];
    throw parserFailure(this.query, token?.at ?? this.query.length, token?.text ?? '<EOF>');
  }

  take(kind: Token['kind']): string {
    const token = this.tokens[this.next];
    if (token?.kind !== kind) return this.fail();
    this.next += 1;
    return token.text;
  }

  /** Takes the next token when it is this symbol or word. */
  skip(text: string): boolean {
    const token = this.tokens[this.next];
    if (token === undefined || token.kind === 'string' || token.text !== text) return false;
    this.next += 1;
    return true;
  }

  expect(text: string): void {
    if (!this.skip(text)) this.fail();
  }
}
