/**
 * What stands in `${…}` of a card's template: the few words of Adaptive Expressions that cards use, read once into a function.
 * Anything else is refused as it is read: a template is the program's own.
 *
 *     or         = and { "||" and }
 *     and        = comparison { "&&" comparison }
 *     comparison = operand [ ("==" | "!=" | ">") operand ]
 *     operand    = "!" operand | 'text' | number | count(or) | if(or, or, or) | field | $root.field
 */

type Fields = Readonly<Record<string, unknown>>;

/** Where it is evaluated: the data of the innermost `$data`, and all of the card's. */
export interface Scope {
  readonly data: Fields;
  readonly root: Fields;
}

/** Throws where a field is missing, or a value is of another kind than the expression takes. */
export type Expression = (scope: Scope) => unknown;

const token = /\s*('[^'\\]*'|\d+|(?:\$root\.)?[A-Za-z]\w*|\|\||&&|==|!=|[!>(),])/y;

function tokensOf(source: string): string[] {
  const tokens: string[] = [];
  token.lastIndex = 0;
  while (token.lastIndex < source.trimEnd().length) {
    const [, found] = token.exec(source) ?? [];
    if (found === undefined) throw new Error(`reading \${${source}}: it is not understood`);
    tokens.push(found);
  }
  return tokens;
}

function booleanOf(value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw new Error(`${JSON.stringify(value)} is neither true nor false`);
}

function lengthOf(value: unknown): number {
  if (Array.isArray(value)) return value.length;
  throw new Error(`${JSON.stringify(value)} cannot be counted`);
}

const inOf = (from: 'data' | 'root', name: string): Expression => {
  return (scope) => {
    const value = scope[from][name];
    if (value === undefined || value === null) throw new Error(`\${${name}} has no value`);
    return value;
  };
};

const field = (name: string): Expression =>
  name.startsWith('$root.') ? inOf('root', name.slice('$root.'.length)) : inOf('data', name);

const comparisons = new Map<string | undefined, (a: unknown, b: unknown) => boolean>([
  ['==', (a, b) => a === b],
  ['!=', (a, b) => a !== b],
  ['>', (a, b) => Number(a) > Number(b)],
]);

class Reader {
  private readonly tokens: string[];

  constructor(tokens: string[]) {
    this.tokens = tokens;
  }

  or(): Expression {
    const [first, ...others] = this.separated('||', () => this.and());
    return others.reduce((a, b) => (scope) => booleanOf(a(scope)) || booleanOf(b(scope)), first);
  }

  /** Nothing may be left. */
  end(): void {
    const [left] = this.tokens;
    if (left !== undefined) throw new Error(`${left} stands where nothing may`);
  }

  private and(): Expression {
    const [first, ...others] = this.separated('&&', () => this.comparison());
    return others.reduce((a, b) => (scope) => booleanOf(a(scope)) && booleanOf(b(scope)), first);
  }

  private comparison(): Expression {
    const a = this.operand();
    const compare = comparisons.get(this.tokens[0]);
    if (compare === undefined) return a;
    this.tokens.shift();
    const b = this.operand();
    return (scope) => compare(a(scope), b(scope));
  }

  private operand(): Expression {
    const next = this.tokens.shift() ?? '';
    if (next === '!') {
      const operand = this.operand();
      return (scope) => !booleanOf(operand(scope));
    }
    if (next.startsWith("'")) return () => next.slice(1, -1);
    if (/^\d/.test(next)) return () => Number(next);
    if (!/^[$A-Za-z]/.test(next)) throw new Error(`${next || 'nothing'} stands where a value should`);
    return this.tokens[0] === '(' ? this.call(next) : field(next);
  }

  private call(name: string): Expression {
    this.take('(');
    const [first, second, third, ...more] = this.separated(',', () => this.or());
    this.take(')');
    if (name === 'count' && second === undefined) return (scope) => lengthOf(first(scope));
    if (name !== 'if' || second === undefined || third === undefined || more.length > 0)
      throw new Error(`${name}() is not known, or not with so many values`);
    return (scope) => (booleanOf(first(scope)) ? second(scope) : third(scope));
  }

  private separated(by: string, read: () => Expression): [Expression, ...Expression[]] {
    const all: [Expression, ...Expression[]] = [read()];
    while (this.tokens[0] === by) {
      this.tokens.shift();
      all.push(read());
    }
    return all;
  }

  private take(wanted: string): void {
    const next = this.tokens.shift();
    if (next !== wanted) throw new Error(`${next ?? 'nothing'} stands where ${wanted} should`);
  }
}

/** Reads what stands between `${` and `}`. Throws on what is not understood. */
export function readExpression(source: string): Expression {
  const reader = new Reader(tokensOf(source));
  const expression = reader.or();
  reader.end();
  return expression;
}
