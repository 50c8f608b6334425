/** A process that only holds a lease. Arguments: the database as JSON, its start id, the heartbeat. Tells who is alive when asked. */
import { openDatabase } from '../../../src/store/database.ts';
import { openDatabaseClock } from '../../../src/store/database-clock.ts';
import { openLeases } from '../../../src/store/leases.ts';
import { migrate } from '../../../src/store/migrations.ts';

const [, , options = '', instance = '', beatMs = ''] = process.argv;
const place = JSON.parse(options);
const database = openDatabase(place);
await migrate(database, 'the database');
const leases = openLeases(database, Number(beatMs), openDatabaseClock(database, {}));
const tell = async (): Promise<void> => {
  const alive = (await leases.alive()).map((one) => one.instance).sort();
  process.send?.({ alive, state: await leases.state(instance) });
};
const release = await leases.acquire(
  { instance, workflowVersion: '1' },
  {
    onTrouble: () => process.send?.({ trouble: true }),
    onExpired: (gone) => process.send?.({ gone }),
    onLost: () => process.send?.({ lost: true }, () => process.exit(1)),
  },
);
process.once('SIGTERM', async () => {
  await release();
  process.exit(0);
});
process.on('message', () => void tell());
await tell();
