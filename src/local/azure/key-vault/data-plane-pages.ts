import { type Reply, reply } from '../http/reply.ts';
import type { VaultCall } from './data-plane-access.ts';
import { badParameter } from './data-plane-errors.ts';

/** The most a page may hold, and what it holds when nothing is said (Microsoft's description of the lists). */
const largestPage = 25;

/** The rule is Microsoft's, the words are ours. */
const pageSize = (asked: string | null): number => {
  const size = Number(asked ?? largestPage);
  if (Number.isInteger(size) && size >= 1 && size <= largestPage) return size;
  throw badParameter(`maxresults must be a number from 1 to ${largestPage}.`);
};

const readMarker = (token: string | null): string => Buffer.from(token ?? '', 'base64url').toString('utf8');

/** The address of the next page, as the caller came here, with the place to go on at. */
const linkTo = (call: VaultCall, marker: string): string => {
  const query = new URLSearchParams(call.incoming.query);
  query.set('$skiptoken', Buffer.from(marker).toString('base64url'));
  return `${call.base}${call.incoming.path}?${query.toString()}`;
};

/** The page asked for, in the order of the entries' ids. An entry that comes or goes in between moves no other. */
export const onePage = <T>(
  call: VaultCall,
  entries: readonly T[],
  idOf: (entry: T) => string,
  body: (entry: T) => object,
): Reply => {
  const { query } = call.incoming;
  const size = pageSize(query.get('maxresults'));
  const from = readMarker(query.get('$skiptoken'));
  const left = entries.filter((one) => idOf(one) >= from).sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
  const next = left[size];
  const nextLink = next === undefined ? null : linkTo(call, idOf(next));
  return reply(200, { value: left.slice(0, size).map(body), nextLink });
};
