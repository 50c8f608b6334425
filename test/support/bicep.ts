/**
 * Reads Bicep, as far as the files in `infra/` use it: Bicep's own compiler is not at hand. What it does not know it throws on,
 * so nothing is overlooked; that it takes a file does not mean that the compiler would.
 */
import { type Token, tokensOf } from './bicep-lexer.ts';

export type Expression =
  | { readonly kind: 'text'; readonly parts: readonly (string | Expression)[] }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  | { readonly kind: 'member'; readonly of: Expression; readonly name: string }
  | { readonly kind: 'index'; readonly of: Expression; readonly at: Expression }
  | { readonly kind: 'object'; readonly entries: readonly Entry[] }
  | { readonly kind: 'array'; readonly items: readonly Expression[] }
  | { readonly kind: 'for'; readonly item: string; readonly list: Expression; readonly body: Expression }
  | { readonly kind: 'if'; readonly condition: Expression; readonly body: Expression }
  | { readonly kind: 'operation'; readonly sign: string; readonly of: readonly Expression[] };

export interface Entry {
  readonly key: Expression;
  readonly value: Expression;
  readonly line: number;
}

export interface Declaration {
  readonly what: 'targetScope' | 'param' | 'var' | 'resource' | 'module' | 'output';
  readonly name: string;
  /** Of a parameter and an output the type, of a resource type and version, of a module the file. */
  readonly of: string;
  readonly isExisting: boolean;
  readonly decorators: readonly Extract<Expression, { readonly kind: 'call' }>[];
  readonly value: Expression | null;
  readonly line: number;
}

const binary = ['==', '!=', '&&', '||'];

class Reader {
  private at = 0;
  private readonly tokens: readonly Token[];

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  declarations(): readonly Declaration[] {
    const found: Declaration[] = [];
    while (this.peek().kind !== 'end') found.push(this.declaration());
    return found;
  }

  /** One expression and nothing behind it. */
  whole(): Expression {
    const read = this.expression();
    if (this.peek().kind !== 'end') this.fail();
    return read;
  }

  private peek(): Token {
    const token = this.tokens[this.at];
    if (token === undefined) throw new Error('it ends too early');
    return token;
  }

  private fail(): never {
    const token = this.peek();
    throw new Error(`line ${token.line}: ${JSON.stringify(token)} is not what could stand here`);
  }

  private is(text: string): boolean {
    const token = this.peek();
    return (token.kind === 'sign' || token.kind === 'name') && token.text === text;
  }

  private took(text: string): boolean {
    if (!this.is(text)) return false;
    this.at += 1;
    return true;
  }

  private must(text: string): void {
    if (!this.took(text)) this.fail();
  }

  private name(): string {
    const token = this.peek();
    if (token.kind !== 'name') return this.fail();
    this.at += 1;
    return token.text;
  }

  private plainText(): string {
    const read = this.primary();
    const [text, ...more] = read.kind === 'text' ? read.parts : [];
    return typeof text === 'string' && more.length === 0 ? text : this.fail();
  }

  private declaration(): Declaration {
    const decorators: Extract<Expression, { readonly kind: 'call' }>[] = [];
    while (this.took('@')) {
      const decorator = this.postfix();
      if (decorator.kind !== 'call') return this.fail();
      decorators.push(decorator);
    }
    const { line } = this.peek();
    const what = this.name();
    const rest = { decorators, line, isExisting: false };
    switch (what) {
      case 'targetScope':
        this.must('=');
        return { ...rest, what, name: what, of: '', value: this.expression() };
      case 'param': {
        const [name, of] = [this.name(), this.name()];
        return { ...rest, what, name, of, value: this.took('=') ? this.expression() : null };
      }
      case 'var': {
        const name = this.name();
        this.must('=');
        return { ...rest, what, name, of: '', value: this.expression() };
      }
      case 'output': {
        const [name, of] = [this.name(), this.name()];
        this.must('=');
        return { ...rest, what, name, of, value: this.expression() };
      }
      case 'resource':
      case 'module': {
        const [name, of, isExisting] = [this.name(), this.plainText(), this.took('existing')];
        this.must('=');
        return { ...rest, what, name, of, isExisting, value: this.guarded() };
      }
      default:
        this.at -= 1;
        return this.fail();
    }
  }

  /** What may stand under a condition. */
  private guarded(): Expression {
    if (!this.took('if')) return this.expression();
    this.must('(');
    const condition = this.expression();
    this.must(')');
    return { kind: 'if', condition, body: this.expression() };
  }

  private expression(): Expression {
    const condition = this.comparison();
    if (!this.took('?')) return condition;
    const yes = this.expression();
    this.must(':');
    return { kind: 'operation', sign: '?', of: [condition, yes, this.expression()] };
  }

  private comparison(): Expression {
    const left = this.postfix();
    const sign = binary.find((one) => this.took(one));
    return sign === undefined ? left : { kind: 'operation', sign, of: [left, this.comparison()] };
  }

  private postfix(): Expression {
    if (this.took('!')) return { kind: 'operation', sign: '!', of: [this.postfix()] };
    let read = this.primary();
    while (!this.peek().isFirst) {
      if (this.took('!')) continue;
      if (this.took('.')) read = { kind: 'member', of: read, name: this.name() };
      else if (this.took('[')) {
        read = { kind: 'index', of: read, at: this.expression() };
        this.must(']');
      } else break;
    }
    return read;
  }

  private primary(): Expression {
    const token = this.peek();
    if (this.took('{')) return this.object();
    if (this.took('[')) return this.array();
    this.at += 1;
    if (token.kind === 'number') return token;
    if (token.kind === 'text') {
      return {
        kind: 'text',
        parts: token.parts.map((part) => (typeof part === 'string' ? part : new Reader(part).whole())),
      };
    }
    if (token.kind !== 'name') {
      this.at -= 1;
      return this.fail();
    }
    if (!this.took('(')) return { kind: 'name', name: token.text };
    const args: Expression[] = [];
    while (!this.took(')')) {
      args.push(this.expression());
      if (!this.is(')')) this.must(',');
    }
    return { kind: 'call', name: token.text, args };
  }

  private object(): Expression {
    const entries: Entry[] = [];
    while (!this.took('}')) {
      const { line, kind } = this.peek();
      const key: Expression = kind === 'text' ? this.primary() : { kind: 'text', parts: [this.name()] };
      this.must(':');
      entries.push({ key, value: this.expression(), line });
      this.took(',');
    }
    return { kind: 'object', entries };
  }

  private array(): Expression {
    if (this.took('for')) {
      const item = this.name();
      this.must('in');
      const list = this.expression();
      this.must(':');
      const body = this.guarded();
      this.must(']');
      return { kind: 'for', item, list, body };
    }
    const items: Expression[] = [];
    while (!this.took(']')) {
      items.push(this.expression());
      this.took(',');
    }
    return { kind: 'array', items };
  }
}

/** Throws, with the line, on what is not known here. */
export const readBicep = (source: string): readonly Declaration[] => new Reader(tokensOf(source)).declarations();
