import { armRefusal } from './reply.ts';
import type { Call } from './router.ts';

/** A link's content: the last entry of the page, and its index. */
interface Place {
  readonly after: string;
  readonly at: number;
}

const linkName = '$skiptoken';

/** Returns a query parameter. Names ignore case. */
const asked = ({ incoming }: Call, name: string): string | null =>
  [...incoming.query].find(([one]) => one.toLowerCase() === name)?.[1] ?? null;

const write = ({ after, at }: Place): string => Buffer.from(`${at} ${after}`).toString('base64url');

/** That a wrong link is refused is from memory; code and text are invented. */
const read = (token: string): Place => {
  const [, at, after] = /^(\d+) (.+)$/.exec(Buffer.from(token, 'base64url').toString('utf8')) ?? [];
  if (at === undefined || after === undefined) {
    throw armRefusal(400, 'InvalidSkipToken', `The value '${token}' of the query parameter '${linkName}' is invalid.`);
  }
  return { after, at: Number(at) };
};

/** The rule is from Microsoft's description of lists; code and text are invented. */
const sizeOf = (call: Call): number => {
  const most = call.world.state.settings.pageSize;
  const top = asked(call, '$top');
  if (top === null) return most;
  const size = Number(top);
  if (Number.isInteger(size) && size > 0) return Math.min(size, most);
  throw armRefusal(400, 'InvalidTopInQueryString', `Invalid $top '${top}' specified in the query string.`);
};

/** Returns where the next page starts. New or deleted entries shift it only by themselves. */
const startOf = (ids: readonly string[], token: string | null): number => {
  if (token === null) return 0;
  const place = read(token);
  const found = ids.indexOf(place.after);
  return found === -1 ? place.at : found + 1;
};

const linkTo = (call: Call, place: Place): string => {
  const query = new URLSearchParams([...call.incoming.query].filter(([name]) => name.toLowerCase() !== linkName));
  query.set(linkName, write(place));
  return `${call.world.url}${call.incoming.path}?${query.toString()}`;
};

/** Returns one page of an ARM list, with the address of the next one if there is more. */
export const pageOf = <T>(
  call: Call,
  entries: readonly T[],
  idOf: (entry: T) => string,
): { readonly value: readonly T[]; readonly nextLink?: string } => {
  const ids = entries.map(idOf);
  const start = startOf(ids, asked(call, linkName));
  const end = start + sizeOf(call);
  const last = ids[end - 1];
  const value = entries.slice(start, end);
  if (end >= entries.length || last === undefined) return { value };
  return { value, nextLink: linkTo(call, { after: last, at: end - 1 }) };
};

/** The same for entries that carry their IDs. */
export const pageOfBodies = <T extends { readonly id: string }>(call: Call, bodies: readonly T[]) =>
  pageOf(call, bodies, ({ id }) => id);
