/**
 * The workflow engine and the store side by side on one database, as in the product. Runs workflow `counted` to its end and
 * sends what it counted; told to `die`, kills itself in the middle of it. Arguments: the database as JSON, `die` or `live`.
 */
import { randomBytes } from 'node:crypto';
import { DBOS } from '@dbos-inc/dbos-sdk';
import { auditTools } from '../../../src/audit/audit-tools.ts';
import { decide } from '../../../src/domain/request/decide.ts';
import { parseEventBody } from '../../../src/operations/registry.ts';
import { type DatabaseOptions, openDatabase } from '../../../src/store/database.ts';
import { migrate } from '../../../src/store/migrations.ts';
import { openStore } from '../../../src/store/store.ts';
import { plan, requestId, resourceId, submit } from '../builders/fixtures.ts';
import { sealKeysFor } from './seal-keys.ts';

const [, , options = '', fate] = process.argv;
const place: DatabaseOptions = JSON.parse(options);
const database = await openDatabase(place);
await migrate(database, 'the database');
const store = openStore(database, {
  ...auditTools(randomBytes, await sealKeysFor(place)),
  read: parseEventBody,
  onBroken: () => undefined,
});

const count = DBOS.registerWorkflow(
  async () => {
    const numbers: number[] = [];
    for (let step = 1; step <= 6; step++) {
      const append = async (): Promise<number> => {
        const command = submit({ plan: plan(resourceId(`bot-${step}`)) });
        await store.requests.append(requestId(step), 'submit', (request, now) => decide(request, command, now));
        // After the commit, before the engine knows: the step runs again and must find its event.
        if (fate === 'die' && step === 3) process.kill(process.pid, 'SIGKILL');
        return step;
      };
      numbers.push(await DBOS.runStep(append, { name: `append ${step}` }));
      await DBOS.setEvent('at', step);
    }
    return numbers;
  },
  { name: 'count' },
);
const wait = DBOS.registerWorkflow(async () => DBOS.recv<string>('greeting', 20), { name: 'wait' });

DBOS.setConfig({
  name: 'store-contract',
  applicationVersion: 'test',
  executorID: 'local',
  logLevel: 'error',
  // Never dialled: the pool below is used instead.
  systemDatabaseUrl: 'postgresql://postgres@127.0.0.1:1/postgres',
  systemDatabasePool: database.pool,
});
await DBOS.launch();
const handle = await DBOS.startWorkflow(count, { workflowID: 'counted' })();
const waiting = await DBOS.startWorkflow(wait)();
const started = Date.now();
await DBOS.send(waiting.workflowID, 'hello', 'greeting');
const greeting = await waiting.getResult();
const greetingMs = Date.now() - started;
const counted = await handle.getResult();
const events = (await store.trail.head()).seq;
await DBOS.shutdown();
await database.close();
process.send?.({ counted, events, greeting, greetingMs });
process.disconnect?.();
