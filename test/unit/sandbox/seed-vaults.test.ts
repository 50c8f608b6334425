import { seedVaults } from '../../../src/sandbox/azure/state/seed-vaults.ts';

it('a seeded key that expires does so two years after the seeding, on a leap day too', async () => {
  const [careVault] = await seedVaults(new Date('2028-02-29T12:00:00Z'));
  const [version] = careVault?.keys.find(({ name }) => name === 'cmk-triage-agent')?.versions ?? [];
  expect(new Date((version?.exp ?? 0) * 1_000).toISOString()).toBe('2030-03-01T00:00:00.000Z');
});
