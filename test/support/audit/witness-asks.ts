/** What a witness that knows 700 events of a log must not sign, as its protocol has it (C2SP tlog-witness). */

import { signingKey } from '../../../src/audit/tlog/keys.ts';
import { checkpointText, noteOf, signText } from '../../../src/audit/tlog/note.ts';
import { cosignRequestText } from '../../../src/audit/witness/server.ts';
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

export const refusedAsks: readonly RefusedAsk[] = [
  {
    what: 'the same size with another root',
    asked: () => cosignRequestText({ old: 700, proof: [], note: note(other, 700) }),
    status: 409,
    text: 'two-histories\n',
    debian: 422,
  },
  {
    what: 'history rewritten, with its own proof',
    asked: () => ask(other, 700, 900),
    status: 422,
    text: 'not-consistent\n',
  },
  {
    what: 'history rewritten, with the true one’s proof',
    asked: () => ask(other, 700, 900, tree),
    status: 422,
    text: 'not-consistent\n',
  },
  {
    what: 'a wrong proof',
    asked: async () =>
      cosignRequestText({ old: 700, proof: [...(await proof())].with(0, Buffer.alloc(32)), note: note(tree, 900) }),
    status: 422,
    text: 'not-consistent\n',
  },
  {
    what: 'no proof',
    asked: () => cosignRequestText({ old: 700, proof: [], note: note(tree, 900) }),
    status: 422,
    text: 'not-consistent\n',
  },
  {
    what: 'a proof that is one line too long',
    asked: async () =>
      cosignRequestText({ old: 700, proof: [...(await proof()), Buffer.alloc(32)], note: note(tree, 900) }),
    status: 422,
    text: 'not-consistent\n',
  },
  {
    what: 'a log that shrank, from the size that is known',
    asked: () => cosignRequestText({ old: 700, proof: [], note: note(tree, 500) }),
    status: 400,
    text: 'not-an-ask\n',
  },
  {
    what: 'a log that shrank',
    asked: () => cosignRequestText({ old: 500, proof: [], note: note(tree, 500) }),
    status: 409,
    text: '700\n',
  },
  { what: 'an older size', asked: () => ask(tree, 300, 900), status: 409, text: '700\n' },
  {
    what: 'a beginning anew',
    asked: () => cosignRequestText({ old: 0, proof: [], note: note(other, 900) }),
    status: 409,
    text: '700\n',
  },
  {
    what: 'a log that it was not told of',
    asked: () => cosignRequestText({ old: 0, proof: [], note: note(tree, 9, unknown, 'other.example/audit') }),
    status: 404,
    text: 'log-unknown\n',
    debian: 403,
  },
  {
    what: 'another key than the log’s',
    asked: () => cosignRequestText({ old: 700, proof: [], note: note(tree, 900, stranger) }),
    status: 403,
    text: 'not-signed-by-the-log\n',
  },
  { what: 'something else', asked: () => 'hello\n', status: 400, text: 'not-an-ask\n' },
  {
    what: 'a line too many',
    asked: async () => (await ask(tree, 700, 900)).replace('old 700\n', `old 700\n${'AAAA\n'.repeat(64)}`),
    status: 400,
    text: 'not-an-ask\n',
  },
];
