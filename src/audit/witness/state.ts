/**
 * Stored state of a witness in a folder: its logs, and the last checkpoint that it signed of each. A witness without its state
 * could sign another history, so missing or unreadable state is an error.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { ifMissing, replaceFile } from '../../io/files.ts';
import { keyLine, readKeyLine, type VerifierKey } from '../tlog/keys.ts';
import { emptyRoot, type Tree } from '../tlog/merkle-tree.ts';
import { checkpointText, readCheckpoint } from '../tlog/note.ts';

/** The state of a log is lost. The message names the file and what is wrong with it. */
export class WitnessStateUnusable extends Error {
  override readonly name = 'WitnessStateUnusable';
}

const mode = 0o644;

/** Names of all logs that were ever added, one per line, so that a lost one is detected. */
const namesFile = 'logs.txt';

/** Returns a file name for a log: log names contain slashes. */
const fileOf = (origin: string): string => createHash('sha256').update(origin).digest('hex').slice(0, 32);

const unreadable = (at: string) => (error: Error) => {
  throw new WitnessStateUnusable(`${at} can’t be read: ${error.message}`);
};

const textIn = (file: string): Promise<string | null> =>
  readFile(file, 'utf8').catch(ifMissing(null)).catch(unreadable(file));

/** Parses the keys file of one log, which must contain only that log's keys. */
function keysIn(text: string, file: string): readonly [VerifierKey, ...VerifierKey[]] {
  const lines = text.split('\n').filter((line) => line !== '');
  const keys = lines.map(readKeyLine).filter((key) => typeof key !== 'string');
  const [first, ...more] = keys;
  const isWhole = keys.length === lines.length && text.endsWith('\n');
  if (first === undefined || !isWhole || keys.some(({ name }) => name !== first.name)) {
    throw new WitnessStateUnusable(`${file} doesn’t hold the keys of a log`);
  }
  return [first, ...more];
}

function lastIn(text: string | null, file: string, origin: string): Tree {
  const last = readCheckpoint(text ?? '');
  if (last?.origin === origin) return last;
  const found = text === null ? 'not there' : text === '' ? 'empty' : 'not a checkpoint of it';
  throw new WitnessStateUnusable(`${file}, the last checkpoint of ${origin} that this witness signed, is ${found}`);
}

/** A configured log, and the last checkpoint signed; an empty tree before the first. */
export interface KnownLog {
  readonly keys: readonly VerifierKey[];
  readonly last: Tree;
}

export class WitnessState {
  readonly #folder: string;
  readonly #logs = new Map<string, KnownLog>();

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Opens the state. Throws {@link WitnessStateUnusable}. */
  static async open(folder: string): Promise<WitnessState> {
    const state = new WitnessState(folder);
    const logs = path.join(folder, 'logs');
    const names = await readdir(logs).catch(ifMissing([])).catch(unreadable(logs));
    for (const name of names.filter((one) => one.endsWith('.keys'))) await state.#read(path.join(logs, name));
    const told = (await textIn(path.join(folder, namesFile)))?.split('\n').filter((line) => line !== '') ?? [];
    const lost = told.find((name) => !state.#logs.has(name));
    if (lost !== undefined)
      throw new WitnessStateUnusable(`${logs} doesn’t hold the keys of ${lost}, which this witness knew`);
    for (const name of names.filter((one) => one.endsWith('.last'))) await state.#requireKeys(path.join(logs, name));
    return state;
  }

  async #read(file: string): Promise<void> {
    const [first, ...more] = keysIn((await textIn(file)) ?? '', file);
    if (path.basename(file) !== `${fileOf(first.name)}.keys`)
      throw new WitnessStateUnusable(`${file} is of another log than its name says`);
    const last = this.#file(first.name, 'last');
    this.#logs.set(first.name, { keys: [first, ...more], last: lastIn(await textIn(last), last, first.name) });
  }

  /** Requires the keys of a checkpoint's log. A checkpoint without events can be left from an interrupted `add`. */
  async #requireKeys(file: string): Promise<void> {
    const last = readCheckpoint((await textIn(file)) ?? '');
    if (last?.size === 0 || this.origins.some((origin) => file === this.#file(origin, 'last'))) return;
    throw new WitnessStateUnusable(
      `${file} is a checkpoint that this witness signed, and the keys of its log are not there`,
    );
  }

  log(origin: string): KnownLog | null {
    return this.#logs.get(origin) ?? null;
  }

  get origins(): readonly string[] {
    return [...this.#logs.keys()];
  }

  /**
   * Adds a log or a further key of a known log: signatures with the earlier key stay valid. A new log starts with an empty
   * tree.
   */
  async add(key: VerifierKey): Promise<void> {
    const { name } = key;
    const known = this.#logs.get(name);
    const keys = [...(known?.keys ?? []).filter((one) => !one.publicKey.equals(key.publicKey)), key];
    await mkdir(path.join(this.#folder, 'logs'), { recursive: true });
    const last = known?.last ?? { size: 0, root: emptyRoot };
    // In this order, an interrupted addition can be repeated.
    if (known === undefined) await this.#write('last', name, checkpointText({ origin: name, ...last }));
    await this.#write('keys', name, keys.map((one) => `${keyLine(one)}\n`).join(''));
    this.#logs.set(name, { keys, last });
    await replaceFile(path.join(this.#folder, namesFile), `${this.origins.join('\n')}\n`, mode);
  }

  /** Stores a checkpoint before it's signed: a witness without it could sign another history. */
  async keep(origin: string, text: string): Promise<void> {
    const known = this.#logs.get(origin);
    if (known === undefined) throw new Error(`keeping a checkpoint of ${origin}, which is not known`);
    const last = lastIn(text, 'the checkpoint to be signed', origin);
    await this.#write('last', origin, text);
    this.#logs.set(origin, { ...known, last });
  }

  #write(what: 'keys' | 'last', origin: string, text: string): Promise<void> {
    return replaceFile(this.#file(origin, what), text, mode);
  }

  #file(origin: string, what: 'keys' | 'last'): string {
    return path.join(this.#folder, 'logs', `${fileOf(origin)}.${what}`);
  }
}
