import { openLeases } from '../../../src/store/leases.ts';

const beatMs = 400;

it('says for how long a renewal is overdue, in seconds and not in failed heartbeats', async () => {
  let isAway = false;
  const pool = {
    query: async () => {
      if (isAway) throw new Error('connect ECONNREFUSED');
      return { rows: [], rowCount: 1 };
    },
  };
  const overdue: number[] = [];
  const leases = openLeases({ pool: pool as never, leasePool: pool as never }, beatMs, {
    heard: (now) => now,
  });
  let release = async (): Promise<void> => undefined;
  await new Promise<void>((resolve, reject) => {
    leases
      .acquire(
        { instance: 'one', workflowVersion: '1' },
        {
          onTrouble(_error, overdueSeconds) {
            overdue.push(overdueSeconds);
            if (overdueSeconds >= 2) resolve();
          },
          onExpired: () => undefined,
          onLost: () => reject(new Error('lost')),
        },
      )
      .then((stop) => {
        release = stop;
        isAway = true;
      }, reject);
  });
  isAway = false;
  await release();
  expect(overdue[0]).toBe(0);
  expect(overdue).toContain(1);
  expect(overdue.length).toBeGreaterThan(3);
});
