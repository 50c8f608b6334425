/**
 * Storage accounts. Sources: Microsoft's overview of customer-managed keys for Azure Storage (regions, way back, new versions),
 * Microsoft.Storage 2026-04-01 (shapes), its page on deleted accounts, and Key Vault's list of trusted services.
 */
import { declareKind } from '../../domain/resource-kind.ts';

export const storageAccount = declareKind({
  name: 'storage-account',
  noun: 'storage account',
  short: 'account',
  type: 'Microsoft.Storage/storageAccounts',
  apiVersion: '2026-04-01',
  names: /^[a-z0-9]{3,24}$/,
  keyAt: ['encryption.keyvaultproperties'],
  keyMembers: { vault: 'keyvaulturi', name: 'keyname', version: 'keyversion' },
  with: { 'encryption.keySource': 'Microsoft.Keyvault' },
  identityAt: 'encryption.identity.userAssignedIdentity',
  follows: true,
  // Microsoft says "at any time". Leaving a key whose vault was deleted failed: azure-cli#27644.
  goesBack: 'A storage account can go back to a Microsoft-managed key while its current key can be used.',
  role: 'CMK bot storage accounts',
  // Microsoft's page "Recover a deleted storage account". That it comes back without its identity: azure-docs#80830, #97724.
  deleted: {
    means:
      'Microsoft can recover some deleted storage accounts for 14 days, if no new account has that name and its key can be used.',
    next: 'A storage administrator restores it in the portal now, after its vault and key, if these are deleted. Keep both. The account comes back without its identity: then a requester asks for /repair-cmk.',
  },
  keep: {
    title: 'Keep the key',
    text: 'While the account can’t use its key, reads and writes of its data fail. If the key is permanently deleted, the data can’t be recovered. Data in queues and tables is under the key only if the account was created for that.',
    tick: 'I understand that the account’s data can’t be recovered if the key is permanently deleted.',
  },
  network: 'trusted',
});
