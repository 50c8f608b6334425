/** What the seeded Azure has, by name: whoever only names it loads no client. */

export const tenantId = '10000000-0000-4000-8000-000000000000';
export const careId = '40000000-0000-4000-8000-000000000001';
export const researchId = '40000000-0000-4000-8000-000000000002';
export const financeId = '40000000-0000-4000-8000-000000000003';

/** The role Key Vault Crypto Service Encryption User. */
export const encryptionUser = 'e147488a-f6f5-4113-8e2d-b22465e65bf6';

export const owner = { id: '50000000-0000-4000-8000-000000000001', secret: 'local' };
export const bot = { id: '50000000-0000-4000-8000-000000000002', secret: 'local-bot' };

export const agentId = (name: string, group = 'rg-care-prod', subscriptionId = careId): string =>
  `/subscriptions/${subscriptionId}/resourceGroups/${group}/providers/Microsoft.HealthBot/healthBots/${name}`;

export const vaultId = (name: string, group = 'rg-care-prod', subscriptionId = careId): string =>
  `/subscriptions/${subscriptionId}/resourceGroups/${group}/providers/Microsoft.KeyVault/vaults/${name}`;
