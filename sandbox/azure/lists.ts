/** Filters and pages of lists, as all of Azure's services have them. */

import { Refusal } from '../http.ts';
import type { Call } from './http.ts';

type Test<T> = (one: T) => boolean;

/** A form of one part of a filter. Its groups, unquoted, make the test. */
export type FilterPart<T> = readonly [form: RegExp, test: (...values: string[]) => Test<T>];

const unsupported = (part: string): Refusal =>
  Refusal.of(400, 'UnsupportedQuery', `The filter '${part}' is not supported.`);

/** Splits at a word outside of quotes. */
const split = (filter: string, word: 'and' | 'or'): readonly string[] =>
  filter.split(new RegExp(`\\s+${word}\\s+(?=(?:[^']*'[^']*')*[^']*$)`, 'i'));

/** Reads `$filter`: parts joined with `and` and `or`. Refuses an unknown part: ignoring it would change the result. */
export function readFilter<T>(call: Call, forms: readonly FilterPart<T>[], refuse = unsupported): Test<T> {
  const filter = call.incoming.query.get('$filter')?.trim() ?? '';
  if (filter === '' || filter === "''") return () => true;
  const testOf = (part: string): Test<T> => {
    for (const [form, test] of forms) {
      const found = form.exec(part);
      if (found !== null) return test(...found.slice(1).map((value) => value?.replaceAll("''", "'")));
    }
    throw refuse(part);
  };
  const choices = split(filter, 'or').map((choice) => split(choice, 'and').map((part) => testOf(part.trim())));
  return (one) => choices.some((tests) => tests.every((test) => test(one)));
}

const linkName = '$skiptoken';

/** Returns a query parameter. Names ignore case. */
const asked = ({ incoming }: Call, name: string): string | null =>
  [...incoming.query].find(([one]) => one.toLowerCase() === name)?.[1] ?? null;

/** The rule is from Microsoft's description of lists; code and text are invented. */
const sizeOf = (call: Call): number => {
  const most = call.world.state.settings.pageSize;
  const top = asked(call, '$top');
  if (top === null) return most;
  const size = Number(top);
  if (Number.isInteger(size) && size > 0) return Math.min(size, most);
  throw Refusal.of(400, 'InvalidTopInQueryString', `Invalid $top '${top}' specified in the query string.`);
};

/**
 * Returns where the page starts: after the last entry of the previous one, or at its place if it is gone. So new or
 * deleted entries shift no other. That a wrong link is refused is from memory; code and text are invented.
 */
const startOf = (ids: readonly string[], token: string | null): number => {
  if (token === null) return 0;
  const [, at, last = ''] = /^(\d+) (.+)$/.exec(Buffer.from(token, 'base64url').toString()) ?? [];
  if (at !== undefined) return ids.indexOf(last) + 1 || Number(at);
  throw Refusal.of(400, 'InvalidSkipToken', `The value '${token}' of the query parameter '${linkName}' is invalid.`);
};

/** Returns one page of an ARM list, with the address of the next one if there is more. */
export const pageOf = <T extends { readonly id: string }>(
  call: Call,
  entries: readonly T[],
): { readonly value: readonly T[]; readonly nextLink?: string } => {
  const ids = entries.map(({ id }) => id);
  const start = startOf(ids, asked(call, linkName));
  const end = start + sizeOf(call);
  const value = entries.slice(start, end);
  if (end >= entries.length) return { value };
  const query = new URLSearchParams([...call.incoming.query].filter(([name]) => name.toLowerCase() !== linkName));
  query.set(linkName, Buffer.from(`${end - 1} ${ids[end - 1]}`).toString('base64url'));
  return { value, nextLink: `${call.world.url}${call.incoming.path}?${query}` };
};
