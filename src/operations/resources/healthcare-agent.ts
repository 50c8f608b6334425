/**
 * The healthcare agent service, formerly Health Bot. Shapes are those of Microsoft.HealthBot 2025-11-01. Sources: Microsoft's
 * how-to for customer-managed keys (creation date), its API description (names), and Key Vault's list of trusted services.
 */
import { z } from 'zod';
import { type Check, judge } from '../../domain/check.ts';
import { ArmId } from '../../domain/ids.ts';
import type { CustomerKey } from '../../domain/observed.ts';
import type { ResourceKind } from '../../domain/ports/inventory.ts';

const type = 'Microsoft.HealthBot/healthBots';
const agentIdPattern = new RegExp(`/providers/${type}/[^/]+$`, 'i');

/** Agents created on or before this day cannot take a customer-managed key. */
export const creationCutoff = '2021-11-11';

const KeyVaultProperties = z.object({
  keyName: z.string().nullish(),
  keyVaultUri: z.string().nullish(),
  keyVersion: z.string().nullish(),
  userIdentity: z.string().nullish(),
});
const Properties = z.object({ keyVaultProperties: KeyVaultProperties.nullish() }).nullish();

/** Returns the customer-managed key; null: Microsoft-managed. A vault address decides, as in Microsoft's built-in policy. */
function customerKeyIn(properties: unknown): CustomerKey | null {
  const key = Properties.parse(properties)?.keyVaultProperties;
  if (key === null || key === undefined || !key.keyVaultUri) return null;
  const named = { vaultUri: key.keyVaultUri, keyName: key.keyName ?? '', keyVersion: key.keyVersion || null };
  return key.userIdentity ? { ...named, userIdentity: key.userIdentity } : named;
}

const Ref = z.strictObject({
  kind: z.literal('healthcare-agent'),
  id: ArmId.refine((id) => agentIdPattern.test(id), 'must be the id of a healthcare agent service'),
});

function judgeCreation(createdAt: string | null): Check {
  const day = createdAt?.slice(0, 10) ?? null;
  if (day === null) return judge('block', 'created-unknown', { cutoff: creationCutoff });
  const fact = { day, cutoff: creationCutoff };
  return day > creationCutoff
    ? judge('pass', 'created-after-cutoff', fact)
    : judge('block', 'created-before-cutoff', fact);
}

export const healthcareAgent = {
  name: 'healthcare-agent',
  noun: 'agent',
  nounInFull: 'healthcare agent service',
  ref: Ref,
  arm: { type, apiVersion: '2025-11-01', names: /^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,63}$/ },
  customerKeyField: 'properties.keyVaultProperties.keyVaultUri',
  customerKeyIn,
  /**
   * Request body with exactly these members. Without `userIdentity`, the service uses its system-assigned identity. Whether a
   * PATCH clears an earlier one is unknown, so a check blocks it.
   */
  customerKeyBody: (key) => ({
    keyVaultProperties: {
      keyName: key.keyName,
      keyVaultUri: key.vaultUri,
      ...(key.keyVersion === null ? {} : { keyVersion: key.keyVersion }),
    },
  }),
  rights: { read: [`${type}/read`], write: [`${type}/write`] },
  checks: ({ createdAt, customerKey }) => {
    const identity = customerKey?.userIdentity;
    return [
      judgeCreation(createdAt),
      ...(identity === undefined ? [] : [judge('block', 'key-user-identity', { identity })]),
    ];
  },
  // Healthcare agent services are not on Key Vault's list of trusted services: the bypass does not let them in.
  reaches: ({ firewall }) => firewall === 'open',
} as const satisfies ResourceKind<typeof Ref>;
