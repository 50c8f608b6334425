/** What each api-version of the provider has, from the official descriptions: shapes are cut to it both ways. */

/** The first version of each member. */
const firstWith = {
  identity: '2021-06-10',
  keyVaultProperties: '2021-08-24',
  propertiesInPatch: '2021-08-24',
  accessControlMethod: '2025-05-25',
} as const;

export const has = (member: keyof typeof firstWith, version: string): boolean => version >= firstWith[member];

/** The tiers that may be named in a write, with the version that each came and went with. */
const tiers: readonly (readonly [name: string, from: string, before: string])[] = [
  ['F0', '', '~'],
  ['S1', '', '2025-11-01'],
  ['C0', '', '~'],
  ['PES', '2023-05-01', '~'],
  ['C1', '2024-02-01', '~'],
];

export const offersTier = (tier: string, version: string): boolean =>
  tiers.some(([name, from, before]) => name === tier && version >= from && version < before);
