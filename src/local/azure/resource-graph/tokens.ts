import { queryRefusal } from './refusal.ts';

/** One piece of a query, with its place in the line for error messages. */
export interface Token {
  readonly kind: 'name' | 'string' | 'number' | 'symbol';
  readonly text: string;
  readonly at: number;
}

const shapes: readonly (readonly [Token['kind'] | 'space', RegExp])[] = [
  ['space', /^(\s+|\/\/[^\n]*)/],
  ['string', /^(@?'(?:[^'\\]|\\.)*'|@?"(?:[^"\\]|\\.)*")/],
  ['number', /^\d+(\.\d+)?/],
  ['symbol', /^(=~|!~|==|!=|<=|>=|in~|!in~|\|)/i],
  ['name', /^(!?[A-Za-z_$][A-Za-z0-9_-]*)/],
  ['symbol', /^[()[\],.=<>]/],
];

const unquote = (text: string): string => {
  const verbatim = text.startsWith('@');
  const inner = verbatim ? text.slice(2, -1) : text.slice(1, -1);
  return verbatim ? inner : inner.replace(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));
};

/** Cuts a query into tokens; a character outside the language is a refusal. */
export const tokenize = (query: string): Token[] => {
  const tokens: Token[] = [];
  let at = 0;
  while (at < query.length) {
    const rest = query.slice(at);
    const found = shapes
      .map(([kind, shape]) => ({ kind, text: shape.exec(rest)?.[0] }))
      .find((one) => one.text !== undefined);
    const text = found?.text;
    if (found === undefined || text === undefined) throw queryRefusal('ParserFailure', at, rest.slice(0, 1));
    if (found.kind !== 'space')
      tokens.push({ kind: found.kind, text: found.kind === 'string' ? unquote(text) : text, at });
    at += text.length;
  }
  return tokens;
};
