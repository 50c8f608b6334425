/** What a witness keeps, in a folder: the logs it was told of, and the last checkpoint it signed of each. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { writeSafely } from '../anchor/folder.ts';
import { readCheckpoint } from '../tlog/checkpoint.ts';
import { emptyRoot } from '../tlog/hashes.ts';
import type { Tree } from '../tlog/proofs.ts';
import { keyLine, readKeyLine, type VerifierKey } from '../tlog/verifier-key.ts';
import type { KnownLog } from './judge.ts';

const keysOf = (text: string): readonly VerifierKey[] =>
  text.split('\n').flatMap((line) => {
    const key = readKeyLine(line);
    return typeof key === 'string' ? [] : [key];
  });

/** Names of logs hold slashes. */
const fileOf = (origin: string): string => createHash('sha256').update(origin).digest('hex').slice(0, 32);

const lastIn = (text: string): Tree => readCheckpoint(text) ?? { size: 0, root: emptyRoot };

export class WitnessState {
  readonly #folder: string;
  readonly #logs = new Map<string, KnownLog>();

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async open(folder: string): Promise<WitnessState> {
    const state = new WitnessState(folder);
    const names = await readdir(path.join(folder, 'logs')).catch(() => []);
    for (const name of names.filter((one) => one.endsWith('.keys'))) {
      const keys = keysOf(await readFile(path.join(folder, 'logs', name), 'utf8'));
      const [first] = keys;
      if (first === undefined) continue;
      const signed = await readFile(path.join(folder, 'logs', name.replace(/\.keys$/, '.last')), 'utf8').catch(
        () => '',
      );
      state.#logs.set(first.name, { keys, last: lastIn(signed) });
    }
    return state;
  }

  log(origin: string): KnownLog | null {
    return this.#logs.get(origin) ?? null;
  }

  get origins(): readonly string[] {
    return [...this.#logs.keys()];
  }

  /** Another key of a log that is known is added to it: what the log signed with the older one stays good. */
  async add(key: VerifierKey): Promise<void> {
    const known = this.#logs.get(key.name);
    const keys = [...(known?.keys ?? []).filter((one) => !one.publicKey.equals(key.publicKey)), key];
    await writeSafely(this.#file(key.name, 'keys'), Buffer.from(keys.map((one) => `${keyLine(one)}\n`).join('')));
    this.#logs.set(key.name, { keys, last: known?.last ?? { size: 0, root: emptyRoot } });
  }

  /** Before it is signed: a witness that forgets what it signed could sign another history. */
  async keep(origin: string, text: string): Promise<void> {
    const known = this.#logs.get(origin);
    if (known === undefined) throw new Error(`keeping a checkpoint of ${origin}, which is not known`);
    await writeSafely(this.#file(origin, 'last'), Buffer.from(text));
    this.#logs.set(origin, { ...known, last: lastIn(text) });
  }

  #file(origin: string, what: 'keys' | 'last'): string {
    return path.join(this.#folder, 'logs', `${fileOf(origin)}.${what}`);
  }
}
