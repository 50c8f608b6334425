/** The api-versions each resource type answers to here. Real Azure offers more; these are the ones with the shapes served. */
export const healthBotVersions = [
  '2020-12-08',
  '2021-08-24',
  '2022-08-08',
  '2023-05-01',
  '2024-02-01',
  '2025-05-25',
  '2025-11-01',
] as const;

export const vaultVersions = ['2023-02-01', '2023-07-01', '2024-11-01', '2026-02-01'] as const;

export const botServiceVersions = ['2021-03-01', '2022-09-15'] as const;

export const authorizationVersions = [
  '2015-07-01',
  '2018-01-01-preview',
  '2018-07-01',
  '2020-04-01-preview',
  '2022-04-01',
  '2022-05-01-preview',
] as const;

export const policyVersions = [
  '2019-09-01',
  '2020-09-01',
  '2021-06-01',
  '2022-06-01',
  '2023-04-01',
  '2024-04-01',
  '2024-05-01',
  '2025-01-01',
] as const;

export const lockVersions = ['2016-09-01', '2020-05-01'] as const;

export const resourcesVersions = [
  '2019-11-01',
  '2020-01-01',
  '2021-01-01',
  '2021-04-01',
  '2022-09-01',
  '2022-12-01',
  '2024-03-01',
  '2024-07-01',
  '2024-11-01',
  '2025-04-01',
] as const;

/** The list of resources is also asked in the version that lists of vaults of old clients are fixed to (2023-07-01 description). */
export const resourceListVersions = ['2015-11-01', ...resourcesVersions] as const;

export const resourceGraphVersions = ['2021-03-01', '2022-10-01', '2024-04-01'] as const;
