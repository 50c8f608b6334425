/** What a witness that knows 700 events of a log must not sign, as its protocol has it (C2SP tlog-witness). */
import { cosignRequestText } from '../../../src/audit/anchor/witnesses.ts';
import { checkpointText } from '../../../src/audit/tlog/checkpoint.ts';
import { signingKey } from '../../../src/audit/tlog/keys.ts';
import { noteOf, signText } from '../../../src/audit/tlog/note.ts';
import { growTree } from './grown-tree.ts';
import { bodiesOf, logKey, logName } from './published-log.ts';

/** The log, and one of the same name and key with another past. */
export const tree = growTree(bodiesOf(1000).map((body) => Buffer.from(body)));
const other = growTree(bodiesOf(1000, 'rewritten ').map((body) => Buffer.from(body)));

const note = (of: typeof tree, size: number, key = logKey): string => {
  const text = checkpointText({ origin: logName, ...of.at(size) });
  return noteOf(text, [signText(text, key)]);
};

/** Goes on to `size` from `old`, with the proof of `from`. */
const ask = async (of: typeof tree, old: number, size: number, from = of): Promise<string> =>
  cosignRequestText({ old, proof: await from.reader(size).consistency(old), note: note(of, size) });

const stranger = signingKey(logName, 'log', Buffer.alloc(32, 8));

/** A checkpoint of the size, and what came before it; `proof` as the protocol has it. */
const asks = (old: number, proof: readonly Buffer[], signed: string): string =>
  cosignRequestText({ old, proof, note: signed });

/** With the status of Debian’s, which is 422 for the first, where the protocol has 409. */
export const refusedAsks: readonly (readonly [what: string, asked: () => Promise<string> | string, status: number])[] =
  [
    ['the same size with another root', () => asks(700, [], note(other, 700)), 422],
    ['history rewritten, with its own proof', () => ask(other, 700, 900), 422],
    ['history rewritten, with the true one’s proof', () => ask(other, 700, 900, tree), 422],
    ['no proof', () => asks(700, [], note(tree, 900)), 422],
    ['a log that shrank', () => asks(500, [], note(tree, 500)), 409],
    ['a beginning anew', () => asks(0, [], note(other, 900)), 409],
    ['another key than the log’s', () => asks(700, [], note(tree, 900, stranger)), 403],
  ];
