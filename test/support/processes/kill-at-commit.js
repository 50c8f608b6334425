/**
 * Loaded into the bot before everything else (`--import`): counts what it commits, and kills it at one of them. The file that
 * `CMK_TEST_KILL` names says when: `off`, `count`, or `7 before`, `7 after`, the 7th commit since the file last changed, or
 * `stored step-done set-cmk`: once something is committed that holds these words. Beside it, in `….log`, stands a line for each
 * commit that was counted.
 */
import { appendFileSync, readFileSync, statSync } from 'node:fs';
import { Socket } from 'node:net';

const file = process.env.CMK_TEST_KILL ?? '';
let [seen, plan, count] = ['', 'off', 0];

/** Looked at with every commit: tests set it while the bot runs. */
function readPlan() {
  const { mtimeNs } = statSync(file, { bigint: true });
  if (`${mtimeNs}` === seen) return;
  [seen, plan, count] = [`${mtimeNs}`, readFileSync(file, 'utf8').trim(), 0];
}

const begins = /^\s*(begin|start transaction)\b/i;
const commits = /^\s*(commit|end)\b/i;
const rollsBack = /^\s*rollback\b(?!\s+to)/i;
/** Events are stored by a function of the database. */
const writes =
  /^\s*(insert|update|delete)\b|^\s*select cmk\.store\(|^\s*with\b[\s\S]*\b(insert into|update|delete from)\b/i;
/** What a bot says by itself, however idle it is: that it lives, and what is to do. */
const ofNobody = /cmk\.replica\b|pg_notify|\bset\s+application_name/i;

/** One connection's transaction: what it has written since it began. */
class Session {
  #wrote = /** @type {string[] | null} */ (null);

  /** Whether this statement, once it is through, leaves something behind: what, or null. */
  leaves(/** @type {string} */ sql) {
    const short = sql.trim().replaceAll(/\s+/g, ' ').slice(0, 90);
    const isOurs = writes.test(sql) && !ofNobody.test(sql);
    if (begins.test(sql)) this.#wrote = [];
    else if (commits.test(sql) || rollsBack.test(sql)) {
      const wrote = this.#wrote ?? [];
      this.#wrote = null;
      return commits.test(sql) && wrote.length > 0 ? wrote.join('; ') : null;
    } else if (isOurs && this.#wrote === null) return short;
    else if (isOurs) this.#wrote?.push(short);
    return null;
  }
}

const die = () => process.kill(process.pid, 'SIGKILL');

/** Counts it; dies here where that is the plan. Returns whether to die once it is through. */
function commit(/** @type {string} */ what) {
  readPlan();
  if (plan === 'off') return false;
  count += 1;
  appendFileSync(`${file}.log`, `${count} ${what}\n`);
  const [at, side] = plan.split(' ');
  if (Number(at) !== count) return false;
  if (side === 'before') die();
  return side === 'after';
}

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
      readPlan();
      const [at, ...words] = plan.split(' ');
      this.#holdsWords ||= at === 'stored' && words.every((word) => bytes.includes(word));
      this.#bound = this.#named.get(textAt(bytes, textAt(bytes, 5).next).text) ?? '';
    }
    if (kind === 'E') this.#runs(this.#bound);
  }

  #runs(/** @type {string} */ sql) {
    const what = this.#session.leaves(sql);
    if (what !== null && (commit(what) || this.#holdsWords)) this.diesOnAnswer = true;
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
