/** The vaults of the first state, and their keys: usable ones, and one for each problem. */

import { localTenantId } from '../../people.ts';
import { newKeyVersion, wantedVersion } from '../key-vault/keys.ts';
import { openAcls } from '../key-vault/vault-body.ts';
import { createdBy } from './fields.ts';
import { lookAlikeName, ownerPrincipalId, research, seededAt, subscriptions } from './seed-places.ts';
import { type AccessPolicy, type KeyVersion, Vault, type VaultKey } from './vaults.ts';

interface KeySpec {
  readonly kty?: KeyVersion['kty'];
  readonly keySize?: number;
  readonly keyOps?: readonly string[];
  readonly enabled?: boolean;
  readonly exp?: string;
  readonly createdAt?: string;
}

const wrapOnly = ['wrapKey', 'unwrapKey'];

const version = ({ kty = 'RSA', keySize, keyOps = wrapOnly, enabled, exp, createdAt = seededAt }: KeySpec) => {
  const attributes = { enabled, exp: exp === undefined ? null : Date.parse(exp) / 1000 };
  const asked = { kty, keySize, keyOps: kty.startsWith('EC') ? null : keyOps, attributes };
  return newKeyVersion(wantedVersion(asked), new Date(createdAt));
};

/** One entry for each version, oldest first. */
const key = async (name: string, ...specs: readonly KeySpec[]): Promise<VaultKey> => ({
  name,
  versions: await Promise.all((specs.length === 0 ? [{}] : specs).map(version)),
  deletedAt: null,
});

const vault = async (
  n: number,
  name: string,
  more: Partial<Vault>,
  keys: readonly Promise<VaultKey>[],
): Promise<Vault> =>
  Vault.parse({
    n,
    port: 0,
    subscriptionId: subscriptions.care,
    resourceGroup: 'rg-care-prod',
    name,
    location: 'westeurope',
    tenantId: localTenantId,
    enablePurgeProtection: true,
    systemData: createdBy(ownerPrincipalId, new Date(seededAt)),
    ...more,
    keys: await Promise.all(keys),
  });

const ownerPolicy = (): AccessPolicy => ({
  tenantId: localTenantId,
  objectId: ownerPrincipalId,
  applicationId: null,
  permissions: { keys: ['all'], secrets: [], certificates: [], storage: [] },
  keysBefore: [],
  effectiveAt: seededAt,
});

/** Today in two years, ISO 8601: the key is usable, whenever the state is seeded. */
const inTwoYears = (now: Date): string =>
  new Date(Date.UTC(now.getUTCFullYear() + 2, now.getUTCMonth(), now.getUTCDate())).toISOString();

/** A usable key, and one key for each reason that makes a key unusable. */
const careKeys = (now: Date): Promise<VaultKey>[] => [
  key('cmk-triage-agent', { keySize: 3072, exp: inTwoYears(now) }),
  key('curve-signing', { kty: 'EC' }),
  key('disabled-wrapping', { enabled: false }),
  key('expired-wrapping', { exp: '2023-12-31T00:00:00Z' }),
  key('signing-only', { keyOps: ['sign', 'verify'] }),
];

/** Rotated a year after it was created; its agent stayed on the older version. */
export const keyInUse = { vault: 'kv-hospital-keys', key: 'cmk-virtual-visit' } as const;

/** The first vault lacks only purge protection; each other one has another problem. Ports are set later. */
export const seedVaults = (now: Date): Promise<Vault[]> =>
  Promise.all([
    vault(1, 'kv-care-prod', { enablePurgeProtection: false }, careKeys(now)),
    vault(2, keyInUse.vault, { sku: 'premium' }, [
      key(keyInUse.key, {}, { createdAt: '2025-03-04T08:00:00.000Z' }),
      key('hospital-data', { kty: 'RSA-HSM' }),
    ]),
    vault(3, 'kv-care-north', { resourceGroup: 'rg-care-north', location: 'northeurope' }, [key('cmk-north')]),
    vault(4, 'kv-policy-keys', { enableRbacAuthorization: false, accessPolicies: [ownerPolicy()] }, [
      key('cmk-policy'),
    ]),
    vault(5, 'kv-lab', { ...research, networkAcls: { ...openAcls, defaultAction: 'Deny' } }, [key('cmk-lab')]),
    vault(6, 'kv-legacy', { ...research, enableSoftDelete: false, enablePurgeProtection: false }, [key('cmk-legacy')]),
    // Another owner's vault: one letter different from the hospital's.
    vault(7, lookAlikeName, research, [key(keyInUse.key)]),
  ]);
