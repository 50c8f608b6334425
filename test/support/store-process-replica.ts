/**
 * A replica that does nothing but live. Arguments: the database as JSON, the name, the heartbeat. Tells how long it took to take the
 * name, and who is alive when asked.
 */
import { randomUUID } from 'node:crypto';
import { openDatabase } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrations.ts';
import { openReplicas } from '../../src/store/replicas.ts';

const [, , options = '', name = '', beatMs = ''] = process.argv;
const database = await openDatabase(JSON.parse(options));
await migrate(database, 'the database');
const replicas = openReplicas(database, { beatMs: Number(beatMs), clock: () => new Date() });
const tell = async (): Promise<void> => {
  process.send?.({ alive: (await replicas.alive()).map((one) => one.name).sort() });
};
const began = performance.now();
try {
  const registration = await replicas.observe(name);
  process.send?.({ looked: true });
  const deregister = await registration.register(
    { instance: randomUUID(), workflowVersion: '1' },
    {
      onTrouble: () => process.send?.({ trouble: true }),
      onGone: (gone) => process.send?.({ gone }),
      onNameTaken: ({ message }) => process.send?.({ taken: message }, () => process.exit(1)),
    },
  );
  process.once('SIGTERM', async () => {
    await deregister();
    process.exit(0);
  });
  process.on('message', () => void tell());
  process.send?.({ tookMs: performance.now() - began });
  await tell();
} catch (error) {
  process.send?.({ error: error instanceof Error ? error.message : String(error) });
}
