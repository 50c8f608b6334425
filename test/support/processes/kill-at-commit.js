/**
 * Loaded into the bot before everything else (`--import`): kills it once a commit is through that the file of `CMK_TEST_KILL`
 * describes: `stored step-done set-cmk` is the first that holds these words; `off` is none.
 */
import { readFileSync } from 'node:fs';
import { Socket } from 'node:net';

const file = process.env.CMK_TEST_KILL ?? '';
const begins = /^\s*(begin|start transaction)\b/i;
const commits = /^\s*(commit|end)\b/i;
const rollsBack = /^\s*rollback\b(?!\s+to)/i;
/** Events are stored by a function of the database. */
const writes =
  /^\s*(insert|update|delete)\b|^\s*select cmk\.store\(|^\s*with\b[\s\S]*\b(insert into|update|delete from)\b/i;
/** One connection's transaction. */
class Session {
  #isOpen = false;
  #wrote = false;

  /** Whether this statement, once it is through, leaves something behind. */
  leaves(/** @type {string} */ sql) {
    if (begins.test(sql)) [this.#isOpen, this.#wrote] = [true, false];
    else if (commits.test(sql) || rollsBack.test(sql)) {
      this.#isOpen = false;
      return commits.test(sql) && this.#wrote;
    } else if (writes.test(sql)) {
      this.#wrote = true;
      return !this.#isOpen;
    }
    return false;
  }
}

const die = () => process.kill(process.pid, 'SIGKILL');

/** A connection to PostgreSQL is known by its first message, which names a user and a database. */
const startsUp = (/** @type {Buffer} */ bytes) => bytes.length > 8 && bytes.readInt32BE(4) === 196_608;
const textAt = (/** @type {Buffer} */ bytes, /** @type {number} */ from) => {
  const to = bytes.indexOf(0, from);
  return { text: bytes.toString('utf8', from, to), next: to + 1 };
};

/** What the driver sends: a message a write. */
class Wire {
  #session = new Session();
  #named = /** @type {Map<string, string>} */ (new Map());
  #bound = '';
  #holdsWords = false;
  diesOnAnswer = false;

  sends(/** @type {Buffer} */ bytes) {
    const kind = String.fromCharCode(bytes[0] ?? 0);
    if (kind === 'Q') this.#runs(textAt(bytes, 5).text);
    if (kind === 'P') {
      const { text: name, next } = textAt(bytes, 5);
      this.#named.set(name, textAt(bytes, next).text);
    }
    if (kind === 'B') {
      // Read with every write: tests set it while the bot runs.
      const [at, ...words] = readFileSync(file, 'utf8').trim().split(' ');
      this.#holdsWords ||= at === 'stored' && words.every((word) => bytes.includes(word));
      this.#bound = this.#named.get(textAt(bytes, textAt(bytes, 5).next).text) ?? '';
    }
    if (kind === 'E') this.#runs(this.#bound);
  }

  #runs(/** @type {string} */ sql) {
    if (this.#session.leaves(sql) && this.#holdsWords) this.diesOnAnswer = true;
  }
}

const wires = /** @type {WeakMap<Socket, Wire>} */ (new WeakMap());
const write = Socket.prototype.write;
Socket.prototype.write = function (/** @type {any} */ bytes, /** @type {any[]} */ ...rest) {
  if (Buffer.isBuffer(bytes)) {
    if (!wires.has(this) && startsUp(bytes)) {
      const wire = new Wire();
      wires.set(this, wire);
      // The server has answered: what was asked is through, and the bot does not know it yet.
      this.prependListener('data', () => wire.diesOnAnswer && die());
    } else wires.get(this)?.sends(bytes);
  }
  return write.call(this, bytes, ...rest);
};
