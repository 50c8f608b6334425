/**
 * Evaluates conditions of role assignments. Supports the part of Azure's condition language (version 2.0) that delegates role
 * assignments. Other conditions count as not fulfilled: a lenient simulator would prove nothing.
 */

/** Values of `@Request[…]` (what is to be written) and `@Resource[…]` (what exists), by attribute name. */
export interface Attributes {
  readonly Request: ReadonlyMap<string, string>;
  readonly Resource: ReadonlyMap<string, string>;
}

export const noAttributes: Attributes = { Request: new Map(), Resource: new Map() };

/** Operator names: `true` if the attribute must be one of the values, `false` if it must not. */
const operators: Readonly<Record<string, boolean>> = {
  GuidEquals: true,
  'ForAnyOfAnyValues:GuidEquals': true,
  StringEqualsIgnoreCase: true,
  'ForAnyOfAnyValues:StringEqualsIgnoreCase': true,
  GuidNotEquals: false,
  'ForAnyOfAllValues:GuidNotEquals': false,
};

const values = String.raw`(\{[^{}]*\}|'[^']*'|[\w-]+)`;
const actionMatches = new RegExp(String.raw`\bActionMatches\s*${values}`, 'g');
const comparison = new RegExp(String.raw`@(Request|Resource)\[([^\]]+)\]\s*([\w:]+)\s*${values}`, 'g');

/** `{a, 'b'}`, or one value without braces. */
const includes = (list: string, wanted: string): boolean =>
  list
    .replace(/^\{|\}$/g, '')
    .split(',')
    .some(
      (one) =>
        one
          .trim()
          .replace(/^'(.*)'$/, '$1')
          .toLowerCase() === wanted.toLowerCase(),
    );

/** The value of a text without parentheses, whose tests are already 0 or 1; `?` if anything else is in it. */
function bitOf(text: string): '0' | '1' | '?' {
  const choices = text
    .split(/\|\||\bOR\b/i)
    .map((choice) => choice.split(/&&|\bAND\b/i).map((term) => /^\s*((?:(?:!|NOT\b)\s*)*)([01])\s*$/i.exec(term)));
  if (choices.flat().includes(null)) return '?';
  const holds = (term: RegExpExecArray | null): boolean =>
    (term?.[2] === '1') === ((term?.[1]?.match(/!|NOT/gi)?.length ?? 0) % 2 === 0);
  return choices.some((terms) => terms.every(holds)) ? '1' : '0';
}

export function conditionHolds(condition: string, action: string, attributes: Attributes): boolean {
  const bit = (isTrue: boolean): string => (isTrue ? ' 1 ' : ' 0 ');
  let text = condition
    .replace(actionMatches, (_, list: string) => bit(includes(list, action)))
    .replace(comparison, (_, source: 'Request' | 'Resource', name: string, operator: string, list: string) => {
      const value = attributes[source].get(name);
      const equal = operators[operator];
      if (equal === undefined) return '?';
      return bit(value !== undefined && includes(list, value) === equal);
    });
  for (let before = ''; before !== text; ) {
    before = text;
    text = text.replace(/\(([^()]*)\)/g, (_, inner: string) => ` ${bitOf(inner)} `);
  }
  return bitOf(text) === '1';
}
