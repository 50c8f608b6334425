import { seedVaults } from '../../../src/sandbox/azure/state/seed-vaults.ts';

test.each([
  ['on a usual day', '2026-11-28T10:00:00Z', '2028-11-28T00:00:00.000Z'],
  ['on the last moment of a year', '2026-12-31T23:59:59Z', '2028-12-31T00:00:00.000Z'],
  ['on a leap day', '2028-02-29T12:00:00Z', '2030-03-01T00:00:00.000Z'],
])('a seeded key that expires does so two years after the seeding, %s', async (_when, now, expires) => {
  const [careVault] = await seedVaults(new Date(now));
  const [version] = careVault?.keys.find(({ name }) => name === 'cmk-triage-agent')?.versions ?? [];
  expect(new Date((version?.exp ?? 0) * 1_000).toISOString()).toBe(expires);
});
