/** Fills a database with requests, through the store of a checkout. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Pool } from 'pg';
import type { Command } from '../../src/domain/request/request-command.ts';
import { plan, reject, submit } from '../../test/support/builders/commands.ts';
import { requestId, resourceId } from '../../test/support/builders/fixtures.ts';
import { type Bench, running } from './harness.ts';
import type { Append } from './store-process.ts';

/** Commands of a request for an agent, each with its cause. */
export type Commands = (agent: string) => readonly (readonly [cause: string, command: Command])[];

const submission = (agent: string) => submit({ plan: plan(resourceId(agent)), resourceName: agent });
export const waiting: Commands = (agent) => [['submit', submission(agent)]];
export const rejected: Commands = (agent) => [...waiting(agent), ['click:reject', reject()]];
/** Starts a checkout's store as a process. `append` stores the nth request, one command at a time. */
export async function openStore(checkout: string | undefined, url: string, commands: Commands) {
  const execArgv = ['--import', 'tsx'];
  const program = fileURLToPath(new URL('store-process.ts', import.meta.url));
  const store = fork(program, [url], { cwd: checkout, execArgv, serialization: 'advanced' });
  running.add(store);
  const answered = async (): Promise<void> => {
    const [{ refused }] = await once(store, 'message');
    if (refused !== null) throw new Error(refused);
  };
  const send = (message: Append | 'close'): Promise<void> => {
    const answer = answered();
    store.send(message);
    return answer;
  };
  await answered();
  return {
    async append(n: number): Promise<void> {
      for (const [cause, command] of commands(`agent-${n}`)) await send({ id: requestId(n), cause, command });
    },
    close: () => send('close'),
  };
}

export function connect(url: string): Pool {
  // The server ends before its clients.
  return new Pool({ connectionString: url, max: 1 }).on('error', () => undefined);
}

/** Adds requests `from + 1` to `to`, without their cards and notifications. The older checkout's store writes them. */
export async function fill({ checkouts }: Bench, url: string, from: number, to: number, commands: Commands) {
  const pool = connect(url);
  const store = await openStore(checkouts.at(-1), `${url}?options=-c%20synchronous_commit%3Doff`, commands);
  for (let n = from + 1; n <= to; n += 1) await store.append(n);
  await store.close();
  await pool.query("delete from pgboss.job where data->>'kind' in ('show', 'audit', 'call'); analyze");
  await pool.end();
}

/** Waits until the query returns this many rows. */
export async function until(pool: Pool, count: number, rows: string): Promise<void> {
  while ((await pool.query(`select 1 from ${rows}`)).rows.length !== count) await sleep(5);
}

/** Returns a function that commits one row of about an event's size, in a table without constraints. */
export async function bareInsert(url: string): Promise<() => Promise<unknown>> {
  const pool = connect(url);
  await pool.query('create table public.bare (n bigserial primary key, body text)');
  return () => pool.query('insert into public.bare (body) values ($1)', ['x'.repeat(1_500)]);
}
