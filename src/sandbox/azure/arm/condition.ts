/**
 * Evaluates conditions of role assignments.
 * Supports the part of Azure's condition language (version 2.0) that delegates role assignments. Other conditions count
 * as not fulfilled: a lenient simulator would prove nothing.
 */

/** What a condition can read. */
export interface ConditionContext {
  readonly action: string;
  readonly attributes: Attributes;
}

/** Values of `@Request[…]` (what is to be written) and `@Resource[…]` (what exists), by attribute name. */
export interface Attributes {
  readonly Request: ReadonlyMap<string, string>;
  readonly Resource: ReadonlyMap<string, string>;
}

export const noAttributes: Attributes = { Request: new Map(), Resource: new Map() };

class UnsupportedCondition extends Error {}

const shapeOfToken = /\s*('[^']*'|@\w+\[[^\]]+\]|&&|\|\||[A-Za-z0-9_:.-]+|[(){},!])/y;

const tokensOf = (text: string): readonly string[] => {
  const tokens: string[] = [];
  const trimmed = text.trimEnd();
  shapeOfToken.lastIndex = 0;
  while (shapeOfToken.lastIndex < trimmed.length) {
    const token = shapeOfToken.exec(trimmed)?.[1];
    if (token === undefined) throw new UnsupportedCondition();
    tokens.push(token);
  }
  return tokens;
};

const unquoted = (token: string): string => token.replace(/^'(.*)'$/, '$1').toLowerCase();

/** Operator names: `true` if the attribute must be one of the values, `false` if it must not. */
const operators: Readonly<Record<string, boolean>> = {
  GuidEquals: true,
  'ForAnyOfAnyValues:GuidEquals': true,
  StringEqualsIgnoreCase: true,
  'ForAnyOfAnyValues:StringEqualsIgnoreCase': true,
  GuidNotEquals: false,
  'ForAnyOfAllValues:GuidNotEquals': false,
};

class Reader {
  private readonly tokens: readonly string[];
  private readonly context: ConditionContext;
  private at = 0;

  constructor(tokens: readonly string[], context: ConditionContext) {
    this.tokens = tokens;
    this.context = context;
  }

  /** Always parses both operands: the rest of the condition must be found. */
  parse(): boolean {
    const value = this.parseOr();
    if (this.at < this.tokens.length) throw new UnsupportedCondition();
    return value;
  }

  private next(): string {
    const token = this.tokens[this.at];
    if (token === undefined) throw new UnsupportedCondition();
    this.at += 1;
    return token;
  }

  private skip(...words: readonly string[]): boolean {
    const found = words.includes(this.tokens[this.at]?.toUpperCase() ?? '');
    if (found) this.at += 1;
    return found;
  }

  private expect(token: string): void {
    if (this.next() !== token) throw new UnsupportedCondition();
  }

  private parseOr(): boolean {
    let value = this.parseAnd();
    while (this.skip('OR', '||')) {
      const right = this.parseAnd();
      value = value || right;
    }
    return value;
  }

  private parseAnd(): boolean {
    let value = this.parseTerm();
    while (this.skip('AND', '&&')) {
      const right = this.parseTerm();
      value = value && right;
    }
    return value;
  }

  private parseTerm(): boolean {
    if (this.skip('!', 'NOT')) return !this.parseTerm();
    if (this.skip('(')) {
      const value = this.parseOr();
      this.expect(')');
      return value;
    }
    const token = this.next();
    if (token === 'ActionMatches') return this.values().includes(this.context.action.toLowerCase());
    const [, source, attribute] = /^@(Request|Resource)\[(.+)\]$/.exec(token) ?? [];
    const equal = operators[this.next()];
    if (source === undefined || attribute === undefined || equal === undefined) throw new UnsupportedCondition();
    const { Request, Resource } = this.context.attributes;
    const value = (source === 'Request' ? Request : Resource).get(attribute)?.toLowerCase();
    const isOne = this.values().some((one) => one === value);
    return value !== undefined && isOne === equal;
  }

  /** `{a, b}`, or one value without braces. */
  private values(): readonly string[] {
    const first = this.next();
    if (first !== '{') return [unquoted(first)];
    const found = [unquoted(this.next())];
    while (this.skip(',')) found.push(unquoted(this.next()));
    this.expect('}');
    return found;
  }
}

export const conditionHolds = (condition: string, context: ConditionContext): boolean => {
  try {
    return new Reader(tokensOf(condition), context).parse();
  } catch (error) {
    if (error instanceof UnsupportedCondition) return false;
    throw error;
  }
};
