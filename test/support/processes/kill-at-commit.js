/**
 * Loaded into the bot before everything else (`--import`): kills it once the transaction is committed that stores what the file of
 * `CMK_TEST_KILL` describes: `stored step-done set-cmk` is the first that holds these words; `off` is none.
 */
import { readFileSync } from 'node:fs';
import { Socket } from 'node:net';

const file = process.env.CMK_TEST_KILL ?? '';
/** Connections to PostgreSQL whose open transaction holds the words. */
const marked = /** @type {WeakSet<Socket>} */ (new WeakSet());

/** Reads the file with every statement: tests write it while the bot runs. */
function holdsWords(/** @type {Buffer} */ bytes) {
  const [at, ...words] = readFileSync(file, 'utf8').trim().split(' ');
  return at === 'stored' && words.every((word) => bytes.includes(word));
}

const write = Socket.prototype.write;
/** The driver sends a message a write: `B` with the values of a statement, `Q` with a statement that has none. */
Socket.prototype.write = function (/** @type {any} */ bytes, /** @type {any[]} */ ...rest) {
  const kind = Buffer.isBuffer(bytes) ? String.fromCharCode(bytes[0] ?? 0) : '';
  if (kind === 'B' && holdsWords(bytes)) marked.add(this);
  const [, end] = (kind === 'Q' && /^\s*(commit|rollback)\b(?!\s+to)/i.exec(bytes.toString('utf8', 5))) || [];
  // The server has answered: what was asked is through, and the bot does not know it yet.
  if (end?.toLowerCase() === 'commit' && marked.has(this))
    this.prependListener('data', () => process.kill(process.pid, 'SIGKILL'));
  if (end !== undefined) marked.delete(this);
  return write.call(this, bytes, ...rest);
};
