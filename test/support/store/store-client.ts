/** Starts store processes and talks to them. */
import type { ChildProcess } from 'node:child_process';
import type { OpenStore } from '../../../src/store/store.ts';
import { forkProgram } from '../jest/prepared.ts';
import type { Answer, Ask, Setup, StoreMethods } from './store-process.ts';

type Method<P extends keyof OpenStore> = Extract<keyof OpenStore[P], string>;
type Call<P extends keyof OpenStore, M extends Method<P>> = OpenStore[P][M] extends (
  ...args: infer A
) => Promise<infer R>
  ? { readonly args: A; readonly result: R }
  : never;

export interface StoreProcess extends Omit<StoreMethods, 'call'> {
  call<P extends keyof OpenStore, M extends Method<P>>(
    port: P,
    method: M,
    ...args: Call<P, M>['args']
  ): Promise<Call<P, M>['result']>;
  kill(): Promise<void>;
}

/** Opens and migrates the database in a new process; throws what opening threw there. */
export async function startStore(url: string, options: Omit<Setup, 'database'> = {}): Promise<StoreProcess> {
  const child = await forkProgram('store');
  const channel = openChannel(child);
  const opened = channel.expect(0);
  const setup: Setup = { database: { url }, ...options };
  child.send(setup);
  await opened;
  // Answers are what the store's own types say: both ends are compiled from the same source.
  const remote =
    (method: keyof StoreMethods) =>
    (...args: readonly unknown[]): Promise<never> =>
      channel.ask(method, args) as Promise<never>;
  return {
    append: remote('append'),
    appendAndDie: async (...given) => {
      const outcome = await remote('appendAndDie')(...given).catch((error: Error) => error);
      if (!(outcome instanceof ProcessEnded)) throw new Error('the store was to die before its answer');
    },
    erase: remote('erase'),
    call: remote('call'),
    sql: remote('sql'),
    session: remote('session'),
    setClock: remote('setClock'),
    written: remote('written'),
    kill: async () => {
      child.kill('SIGKILL');
      await channel.ended;
    },
    close: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      await channel.ask('close', []);
      await channel.ended;
    },
  };
}

/** The process is gone, and with it every answer it owed. */
class ProcessEnded extends Error {
  override readonly name = 'ProcessEnded';
}

function openChannel(child: ChildProcess) {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let last = 0;
  child.on('message', (answer: Answer) => {
    const asker = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (answer.error === undefined) asker?.resolve(answer.value);
    else asker?.reject(Object.assign(new Error(answer.error.message), { name: answer.error.name }));
  });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      for (const asker of waiting.values()) asker.reject(new ProcessEnded(`the store ended: ${signal ?? code}`));
      resolve();
    });
  });
  const expect = (id: number): Promise<unknown> =>
    new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
  return {
    ended,
    expect,
    ask: (method: Ask['method'], args: readonly unknown[]): Promise<unknown> => {
      last += 1;
      const answer = expect(last);
      const ask: Ask = { id: last, method, args };
      child.send(ask);
      return answer;
    },
  };
}
