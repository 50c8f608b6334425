/** What a witness that knows 700 events of a log must not sign, as its protocol has it (C2SP tlog-witness). */

import { cosignRequestText } from '../../../src/audit/anchor/witnesses.ts';
import { signingKey } from '../../../src/audit/tlog/keys.ts';
import { checkpointText, noteOf, signText } from '../../../src/audit/tlog/note.ts';
import { growTree } from './grown-tree.ts';
import { bodiesOf, logKey, logName } from './published-log.ts';

/** The log, and one of the same name and key with another past. */
export const tree = growTree(bodiesOf(1000).map((body) => Buffer.from(body)));
export const other = growTree(bodiesOf(1000, 'rewritten ').map((body) => Buffer.from(body)));

export const note = (of: typeof tree, size: number, key = logKey, origin = logName): string => {
  const text = checkpointText({ origin, ...of.at(size) });
  return noteOf(text, [signText(text, key)]);
};

/** Goes on to `size` from `old`, with the proof of `from`. */
export const ask = async (of: typeof tree, old: number, size: number, from = of): Promise<string> =>
  cosignRequestText({ old, proof: await from.reader(size).consistency(old), note: note(of, size) });

const proof = () => tree.reader(900).consistency(700);
const stranger = signingKey(logName, 'log', Buffer.alloc(32, 8));
const unknown = signingKey('other.example/audit', 'log', Buffer.alloc(32, 1));

export interface RefusedAsk {
  readonly what: string;
  readonly asked: () => Promise<string> | string;
  readonly status: number;
  /** What ours says. */
  readonly text: string;
  /** The status of Debian's litewitness where it is another than the protocol's. */
  readonly debian?: number;
}

/** Goes on to the note from `old`, without a proof. */
const unproved = (old: number, signed: string): string => cosignRequestText({ old, proof: [], note: signed });
const proved = (hashes: readonly Buffer[]): string =>
  cosignRequestText({ old: 700, proof: hashes, note: note(tree, 900) });

const inconsistent = { status: 422, text: 'not-consistent\n' };
const malformed = { status: 400, text: 'not-an-ask\n' };
const knownSize = { status: 409, text: '700\n' };

export const refusedAsks: readonly RefusedAsk[] = [
  {
    what: 'the same size with another root',
    asked: () => unproved(700, note(other, 700)),
    ...{ status: 409, text: 'two-histories\n', debian: 422 },
  },
  { what: 'history rewritten, with its own proof', asked: () => ask(other, 700, 900), ...inconsistent },
  { what: 'history rewritten, with the true one’s proof', asked: () => ask(other, 700, 900, tree), ...inconsistent },
  { what: 'a wrong proof', asked: async () => proved((await proof()).with(0, Buffer.alloc(32))), ...inconsistent },
  { what: 'no proof', asked: () => proved([]), ...inconsistent },
  {
    what: 'a proof that is one line too long',
    asked: async () => proved([...(await proof()), Buffer.alloc(32)]),
    ...inconsistent,
  },
  {
    what: 'a log that shrank, from the size that is known',
    asked: () => unproved(700, note(tree, 500)),
    ...malformed,
  },
  { what: 'a log that shrank', asked: () => unproved(500, note(tree, 500)), ...knownSize },
  { what: 'an older size', asked: () => ask(tree, 300, 900), ...knownSize },
  { what: 'a beginning anew', asked: () => unproved(0, note(other, 900)), ...knownSize },
  {
    what: 'a log that it was not told of',
    asked: () => unproved(0, note(tree, 9, unknown, 'other.example/audit')),
    ...{ status: 404, text: 'log-unknown\n', debian: 403 },
  },
  {
    what: 'another key than the log’s',
    asked: () => unproved(700, note(tree, 900, stranger)),
    ...{ status: 403, text: 'not-signed-by-the-log\n' },
  },
  { what: 'something else', asked: () => 'hello\n', ...malformed },
  {
    what: 'a line too many',
    asked: async () => (await ask(tree, 700, 900)).replace('old 700\n', `old 700\n${'AAAA\n'.repeat(64)}`),
    ...malformed,
  },
];
