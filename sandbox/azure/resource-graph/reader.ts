import { randomUUID } from 'node:crypto';
import { Refusal } from '../../http.ts';

interface Token {
  readonly kind: 'name' | 'string' | 'number' | 'symbol';
  readonly text: string;
  readonly at: number;
}

/** A token, with space before it. */
const shape =
  /\s*(?:(?<string>'(?:[^'\\\r\n]|\\['"\\])*'|"(?:[^"\\\r\n]|\\['"\\])*")|(?<number>\d+)|(?<symbol>in~|=[~=]|[|,.=()])|(?<name>[A-Za-z_]\w*))/y;
const kinds = ['string', 'number', 'symbol', 'name'] as const;

const unquoted = (literal: string): string => literal.slice(1, -1).replace(/\\(.)/g, '$1');

/** Splits a query into tokens. Refuses characters outside the language. */
const tokenize = (query: string): readonly Token[] => {
  const tokens: Token[] = [];
  const end = query.trimEnd().length;
  for (let at = 0; at < end; at = shape.lastIndex) {
    shape.lastIndex = at;
    const groups = shape.exec(query)?.groups ?? {};
    const kind = kinds.find((one) => groups[one] !== undefined);
    if (kind === undefined) {
      const wrong = at + query.slice(at).search(/\S/);
      throw parserFailure(query, wrong, query.slice(wrong, wrong + 1));
    }
    const text = groups[kind] ?? '';
    tokens.push({ kind, text: kind === 'string' ? unquoted(text) : text, at: shape.lastIndex - text.length });
  }
  return tokens;
};

/** Reads a query's tokens one after the other. */
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

  /** Refuses the query at the next token. */
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

  /** Consumes the next token if it is this symbol or word. */
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

const supportText = (): string =>
  `Please provide below info when asking for support: timestamp = ${new Date().toISOString()}, correlationId = ${randomUUID()}.`;

/** For a caller without access to a requested subscription; real (public reports). */
export const accessDenied = (): Refusal => {
  const message = 'Access is denied to the requested resource. The user might not have enough permission.';
  return Refusal.of(403, 'AccessDenied', supportText(), { details: [{ code: 'AccessDenied', message }] });
};

/**
 * For too many queries; real (public reports). Only the quota headers say when to try again: there is no `Retry-After`.
 */
export const rateLimiting = (headers: Readonly<Record<string, string>>): Refusal => {
  const message =
    'Client application has been throttled and should not attempt to repeat the request until an amount of time has elapsed. Please see https://aka.ms/resourcegraph-throttling for help.';
  return Refusal.of(429, 'RateLimiting', supportText(), { details: [{ code: 'RateLimiting', message }] }, headers);
};

/** Resource Graph's answer to an invalid query, in the shape of public reports. The last detail holds the cause. */
const queryRefusal = (code: string, message: string, more: Readonly<Record<string, unknown>> = {}): Refusal =>
  Refusal.of(400, 'BadRequest', supportText(), {
    details: [
      {
        code: 'InvalidQuery',
        message:
          'Query is invalid. Please refer to the documentation for the Azure Resource Graph service and fix the error before retrying.',
      },
      { code, message, ...more },
    ],
  });

/** A syntax error, with its position. */
const parserFailure = (query: string, at: number, token: string): Refusal => {
  const lines = query.slice(0, at).split('\n');
  const place = { line: lines.length, characterPositionInLine: lines.at(-1)?.length ?? 0 };
  return queryRefusal('ParserFailure', 'ParserFailure', { ...place, token });
};

/**
 * An operator or table that doesn't exist or isn't supported. Without a position, as the real answers that were seen.
 */
export const unknownOperator = (token: string): Refusal =>
  queryRefusal('InvalidQueryLanguage', 'InvalidQueryLanguage', { line: -1, characterPositionInLine: -1, token });

export const unknownFunction = (name: string): Refusal =>
  queryRefusal('UnknownFunction', `Unknown function: '${name}'.`);

/** That Azure refuses it is from memory; code and text are invented. */
export const unknownColumn = (name: string): Refusal => queryRefusal('UnknownColumn', `Unknown column: '${name}'.`);
