/** `URL COUNT start`: starts workflows that wait, and says so. `URL COUNT decide`: finds them waiting, and tells each to end. */
import { DBOS } from '@dbos-inc/dbos-sdk';
import pg from 'pg';

const [url = '', count = '0', what = ''] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString: url, max: 10 });
const wait = DBOS.registerWorkflow(async () => void (await DBOS.recv('decision', { timeoutSeconds: 3_600 })), {
  name: 'wait',
});
DBOS.setConfig({
  name: 'bench',
  systemDatabaseUrl: 'postgresql://pool@localhost/unused',
  systemDatabasePool: pool as never,
  applicationVersion: '1',
  executorID: 'bench',
  logLevel: 'error',
  runAdminServer: false,
});
await DBOS.launch();
const ids = Array.from({ length: Number(count) }, (_, n) => `waits-${n}`);
const atOnce = 8;

async function each(work: (id: string) => Promise<unknown>): Promise<void> {
  const left = [...ids];
  const one = async (): Promise<void> => {
    for (let id = left.pop(); id !== undefined; id = left.pop()) await work(id);
  };
  await Promise.all(Array.from({ length: atOnce }, one));
}

if (what === 'start') {
  await each((workflowID) => DBOS.startWorkflow(wait, { workflowID })());
  process.stdout.write('waiting\n');
} else {
  await each((id) => DBOS.send(id, 'no', 'decision', `${id}:decision`));
  await each((id) => DBOS.retrieveWorkflow(id).getResult());
  process.stdout.write('decided\n');
}
