import { localTenantId } from '../../people.ts';
import { newKeyVersion } from '../key-vault/key-material.ts';
import type { AccessPolicy, KeyVersion, Vault, VaultKey } from './schema-vaults.ts';
import { ownerPrincipalId } from './seed-directory.ts';
import { seededAt, subscriptions } from './seed-places.ts';

const seconds = (date: string): number => Date.parse(date) / 1000;

interface KeyWish {
  readonly kty?: KeyVersion['kty'];
  readonly keySize?: number;
  readonly keyOps?: readonly string[];
  readonly enabled?: boolean;
  readonly exp?: string;
}

const wrapOnly = ['wrapKey', 'unwrapKey'];

const key = async (name: string, wish: KeyWish = {}): Promise<VaultKey> => ({
  name,
  tags: null,
  versions: [
    await newKeyVersion(
      {
        kty: wish.kty ?? 'RSA',
        keySize: wish.keySize ?? 2048,
        curve: 'P-256',
        keyOps: wish.kty?.startsWith('EC') ? null : (wish.keyOps ?? wrapOnly),
        enabled: wish.enabled ?? true,
        nbf: null,
        exp: wish.exp === undefined ? null : seconds(wish.exp),
      },
      new Date(seededAt),
    ),
  ],
  deletedAt: null,
});

const vault = (n: number, basePort: number, name: string, more: Partial<Vault>): Vault => ({
  n,
  port: basePort + n,
  subscriptionId: subscriptions.care,
  resourceGroup: 'rg-care-prod',
  name,
  location: 'westeurope',
  tags: {},
  tenantId: localTenantId,
  sku: 'standard',
  enableSoftDelete: true,
  softDeleteRetentionInDays: 90,
  enablePurgeProtection: true,
  enableRbacAuthorization: true,
  accessPolicies: [],
  networkAcls: null,
  publicNetworkAccess: 'Enabled',
  systemData: {
    createdBy: ownerPrincipalId,
    createdByType: 'Application',
    createdAt: seededAt,
    lastModifiedBy: ownerPrincipalId,
    lastModifiedByType: 'Application',
    lastModifiedAt: seededAt,
  },
  keys: [],
  ...more,
});

const ownerPolicy = (): AccessPolicy => ({
  tenantId: localTenantId,
  objectId: ownerPrincipalId,
  applicationId: null,
  permissions: { keys: ['all'], secrets: [], certificates: [], storage: [] },
  keysBefore: [],
  effectiveAt: seededAt,
});

/** One key that fits and, one each, the ways in which a key does not. */
const careKeys = (): Promise<VaultKey[]> =>
  Promise.all([
    key('cmk-triage-agent', { keySize: 3072, exp: '2028-01-12T00:00:00Z' }),
    key('curve-signing', { kty: 'EC' }),
    key('disabled-wrapping', { enabled: false }),
    key('expired-wrapping', { exp: '2023-12-31T00:00:00Z' }),
    key('signing-only', { keyOps: ['sign', 'verify'] }),
  ]);

export const keyInUseName = 'cmk-virtual-visit';

/** The first vault lacks purge protection only; the others each have something else about them. */
export const seedVaults = async (basePort: number): Promise<Vault[]> => [
  vault(1, basePort, 'kv-care-prod', { enablePurgeProtection: false, keys: await careKeys() }),
  vault(2, basePort, 'kv-hospital-keys', {
    sku: 'premium',
    keys: [await key(keyInUseName), await key('hospital-data', { kty: 'RSA-HSM', keySize: 3072 })],
  }),
  vault(3, basePort, 'kv-care-north', {
    resourceGroup: 'rg-care-north',
    location: 'northeurope',
    keys: [await key('cmk-north')],
  }),
  vault(4, basePort, 'kv-policy-keys', {
    enableRbacAuthorization: false,
    accessPolicies: [ownerPolicy()],
    keys: [await key('cmk-policy')],
  }),
  vault(5, basePort, 'kv-lab', {
    subscriptionId: subscriptions.research,
    resourceGroup: 'rg-research',
    networkAcls: { bypass: 'AzureServices', defaultAction: 'Deny', ipRules: [], virtualNetworkRules: [] },
    keys: [await key('cmk-lab')],
  }),
  vault(6, basePort, 'kv-legacy', {
    subscriptionId: subscriptions.research,
    resourceGroup: 'rg-research',
    enableSoftDelete: false,
    enablePurgeProtection: false,
    keys: [await key('cmk-legacy')],
  }),
];
