/** A record with requests on it that wait for people, as the rules themselves store them. */
import { RequestId } from '../../src/domain/ids.ts';
import { plan, requestId, resourceId, submit } from '../../test/support/fixtures.ts';
import { startStore } from '../../test/support/store-client.ts';

/** Puts so many open requests on the record, from one number to another, while no bot is there; nobody is to be shown them. */
export async function fill(url: string, from: number, to: number): Promise<void> {
  const store = await startStore({ kind: 'postgres', url, maxConnections: 2 });
  try {
    for (let n = from + 1; n <= to; n += 1) {
      const name = `agent-${n}`;
      const command = submit({ plan: plan(resourceId(name)), resourceName: name });
      await store.append(RequestId.parse(requestId(n)), 'submit', command);
    }
    await store.sql('delete from cmk.outbox');
  } finally {
    await store.close();
  }
}
