import type { DatabaseOptions } from '../../src/store/database.ts';
import { forkProgram } from '../support/jest/prepared.ts';
import { onEveryDatabase } from '../support/store/store-databases.ts';

/** The workflow engine runs on the store's pool, PGlite's look-alike included, and goes on after a crash. */

/** What the process sent, and how it ended. */
async function run(database: DatabaseOptions, fate: 'die' | 'live') {
  const child = await forkProgram('store-engine', [JSON.stringify(database), fate]);
  const messages: unknown[] = [];
  child.on('message', (message) => messages.push(message));
  const end = await new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code)));
  return { messages, end };
}

await onEveryDatabase((databases) => {
  it('runs workflows, wakes the waiting, and finishes after SIGKILL what it had begun', async () => {
    const database = await databases.fresh();
    expect(await run(database, 'die')).toEqual({ messages: [], end: 'SIGKILL' });
    const { messages, end } = await run(database, 'live');
    expect(end).toBe(0);
    expect(messages).toEqual([
      { counted: [1, 2, 3, 4, 5, 6], events: 6, greeting: 'hello', greetingMs: expect.any(Number) },
    ]);
  });
});
