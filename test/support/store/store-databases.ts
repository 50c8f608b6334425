/** The databases of a suite, on the server of the run, and the processes opened on them. */
import { afterAll } from '@jest/globals';
import { newDatabase, removeDatabase } from './run-server.ts';
import { type StoreProcess, startStore } from './store-client.ts';

export interface TestDatabases {
  /** The URL of a database that nobody used yet. */
  fresh(): Promise<string>;
  start(url: string): Promise<StoreProcess>;
}

/** After the last test every process ends, and the databases go. */
export function testDatabases(): TestDatabases {
  const started: StoreProcess[] = [];
  const urls: string[] = [];
  afterAll(async () => {
    await Promise.all(started.map((store) => store.close()));
    await Promise.all(urls.map(removeDatabase));
  });
  return {
    async fresh() {
      const url = await newDatabase();
      urls.push(url);
      return url;
    },
    async start(url) {
      const store = await startStore(url);
      started.push(store);
      return store;
    },
  };
}
