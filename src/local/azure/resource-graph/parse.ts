import { type Expression, isBuiltin, isComparison } from './expressions.ts';
import { queryRefusal } from './refusal.ts';
import { type Token, tokenize } from './tokens.ts';

/** Reads expressions from a list of tokens, one after the other. */
export class Reader {
  private readonly tokens: readonly Token[];
  private next = 0;

  constructor(query: string) {
    this.tokens = tokenize(query);
  }

  get done(): boolean {
    return this.next >= this.tokens.length;
  }

  /** The next token's text in lower case, without taking it; empty at the end or for a string. */
  peek(): string {
    const token = this.tokens[this.next];
    return token === undefined || token.kind === 'string' ? '' : token.text.toLowerCase();
  }

  fail(): never {
    const token = this.tokens[this.next];
    throw queryRefusal('ParserFailure', token?.at ?? -1, token?.text ?? '<EOF>');
  }

  take(kind?: Token['kind']): Token {
    const token = this.tokens[this.next];
    if (token === undefined || (kind !== undefined && token.kind !== kind)) return this.fail();
    this.next += 1;
    return token;
  }

  /** Takes the token when it is this one. */
  skip(text: string): boolean {
    if (this.peek() !== text) return false;
    this.next += 1;
    return true;
  }

  expect(text: string): void {
    if (!this.skip(text)) this.fail();
  }

  /** An operator of the language that this server does not read. */
  unknownOperator(): never {
    const token = this.tokens[this.next];
    throw queryRefusal('InvalidQueryLanguage', token?.at ?? -1, token?.text ?? '<EOF>');
  }
}

const listOf = <T>(reader: Reader, item: (reader: Reader) => T): T[] => {
  const items = [item(reader)];
  while (reader.skip(',')) items.push(item(reader));
  return items;
};

/** `a or b`, where `and` binds closer. */
export const readExpression = (reader: Reader): Expression => {
  const left = readAnd(reader);
  return reader.skip('or') ? { kind: 'or', left, right: readExpression(reader) } : left;
};

const readAnd = (reader: Reader): Expression => {
  const left = readComparison(reader);
  return reader.skip('and') ? { kind: 'and', left, right: readAnd(reader) } : left;
};

const readComparison = (reader: Reader): Expression => {
  const left = readOperand(reader);
  const operator = readOperator(reader);
  if (operator === null) return left;
  if (!/^!?in~?$/.test(operator)) {
    return { kind: 'compare', operator, left, right: [readOperand(reader)] };
  }
  reader.expect('(');
  const right = listOf(reader, readOperand);
  reader.expect(')');
  return { kind: 'compare', operator, left, right };
};

const readOperator = (reader: Reader): string | null => {
  const text = reader.peek();
  if (!isComparison(text)) return null;
  reader.take();
  return text;
};

const readOperand = (reader: Reader): Expression => {
  if (reader.skip('(')) {
    const inner = readExpression(reader);
    reader.expect(')');
    return inner;
  }
  const token = reader.take();
  if (token.kind === 'string') return { kind: 'value', value: token.text };
  if (token.kind === 'number') return { kind: 'value', value: Number(token.text) };
  if (token.kind !== 'name') return reader.fail();
  if (/^(true|false)$/i.test(token.text)) return { kind: 'value', value: token.text.toLowerCase() === 'true' };
  return reader.peek() === '(' ? readCall(reader, token) : readPath(reader, token.text);
};

const readCall = (reader: Reader, token: Token): Expression => {
  const name = token.text.toLowerCase();
  if (!isBuiltin(name)) throw queryRefusal('InvalidQueryLanguage', token.at, token.text);
  reader.expect('(');
  const args = listOf(reader, readExpression);
  reader.expect(')');
  return { kind: 'call', name, args };
};

const readPath = (reader: Reader, first: string): Expression => {
  const path = [first];
  for (;;) {
    if (reader.skip('.')) path.push(reader.take('name').text);
    else if (reader.skip('[')) {
      path.push(reader.take('string').text);
      reader.expect(']');
    } else return { kind: 'path', path };
  }
};
