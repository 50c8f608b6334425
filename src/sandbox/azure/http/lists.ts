import { Refusal } from '../../http.ts';
import type { Call } from './router.ts';

type Test<T> = (one: T) => boolean;

/** A form of one part of a filter. Its groups, unquoted, make the test. */
export type FilterPart<T> = readonly [form: RegExp, test: (...values: string[]) => Test<T>];

const unsupported = (part: string): Refusal =>
  Refusal.of(400, 'UnsupportedQuery', `The filter '${part}' is not supported.`);

/** Splits at a word outside of quotes. A tag's value belongs to its name. */
const split = (filter: string, word: 'and' | 'or'): readonly string[] =>
  filter.split(new RegExp(`\\s+${word}\\s+(?!tagValue\\b)(?=(?:[^']*'[^']*')*[^']*$)`, 'i'));

/**
 * Reads `$filter`: parts joined with `and` and `or`. Refuses a part that has none of the forms: ignoring it would change
 * the result.
 */
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

/** Returns one page of an ARM list, with the address of the next one if there is more. */
export const pageOf = <T>(
  { incoming, world }: Call,
  entries: readonly T[],
): { readonly value: readonly T[]; readonly nextLink?: string } => {
  const start = Number(incoming.query.get('$skiptoken') ?? 0);
  const end = start + world.state.settings.pageSize;
  const value = entries.slice(start, end);
  if (end >= entries.length) return { value };
  const query = new URLSearchParams(incoming.query);
  query.set('$skiptoken', String(end));
  return { value, nextLink: `${world.url}${incoming.path}?${query}` };
};
