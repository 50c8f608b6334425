/** Forms as they are where the process ended after it stored the request and before it stored the form's end. */
import { startStore } from '../store/store-client.ts';
import type { World } from './world.ts';

/** Forms of the request; `changing`: those that change it, else those that asked for it. Their keys. */
export async function takeBackEnd(
  { database }: Pick<World, 'database'>,
  requestId: string,
  changing: boolean,
): Promise<readonly string[]> {
  const store = await startStore(database);
  try {
    const like = `%"requestId":"${requestId}"%`;
    const found = await store.sql(`select key, value from cmk.document where key like 'form/%' and value like $1`, [
      like,
    ]);
    const rows = found.filter(({ value }) => changing !== String(value).includes('"changes":null'));
    for (const { key, value } of rows) {
      const form = JSON.parse(String(value).replaceAll('"ended":"submitted"', '"ended":null'));
      // Through the store's own port: whatever is written past it is not used.
      await store.call('documents', 'write', { [String(key)]: form });
    }
    return rows.map(({ key }) => String(key));
  } finally {
    await store.close();
  }
}
