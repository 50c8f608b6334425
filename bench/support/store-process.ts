/** The store of the checkout in whose folder this is started, driven over the parent's message channel. */
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { RequestId } from '../../src/domain/ids.ts';
import type { Command } from '../../src/domain/request/request-command.ts';

export interface Append {
  readonly id: RequestId;
  readonly cause: string;
  readonly command: Command;
}

const own = <T>(file: string): Promise<T> => import(pathToFileURL(path.resolve(file)).href);
const { auditTools } = await own<typeof import('../../src/audit/audit-tools.ts')>('src/audit/audit-tools.ts');
const { decide } = await own<typeof import('../../src/domain/request/decide.ts')>('src/domain/request/decide.ts');
const { parseEventBody } = await own<typeof import('../../src/operations/registry.ts')>('src/operations/registry.ts');
const { openDatabase } = await own<typeof import('../../src/store/database.ts')>('src/store/database.ts');
const { migrate } = await own<typeof import('../../src/store/migrations.ts')>('src/store/migrations.ts');
const { openStore } = await own<typeof import('../../src/store/store.ts')>('src/store/store.ts');
const { sealKeys } = await own<typeof import('../../test/support/store/seal-keys.ts')>(
  'test/support/store/seal-keys.ts',
);

const database = openDatabase({ url: process.argv[2] ?? '', maxConnections: 2 });
await migrate(database, 'the database');
const { requests } = openStore(database, {
  ...auditTools(randomBytes, sealKeys),
  read: parseEventBody,
  onBroken: () => undefined,
});
process.on('message', async (given: Append | 'close') => {
  try {
    if (given === 'close') {
      await database.close();
      process.send?.({ refused: null });
      process.disconnect();
      return;
    }
    const answer = await requests.append(given.id, given.cause, (request, at) => decide(request, given.command, at));
    process.send?.({ refused: answer.kind === 'refused' ? answer.code : null });
  } catch (error) {
    process.send?.({ refused: String(error) });
  }
});
process.send?.({ refused: null });
