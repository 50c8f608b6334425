/**
 * Storage accounts. Sources: Microsoft's overview of customer-managed keys for Azure Storage (regions, way back, new versions),
 * Microsoft.Storage 2026-04-01 (shapes), and Key Vault's list of trusted services.
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
  goesBack: 'A storage account can go back to a Microsoft-managed key at any time.',
  keep: {
    title: 'Keep the key',
    text: 'While the account can’t use its key, reads and writes of its data fail. If the key is permanently deleted, the data can’t be recovered. Data in queues and tables is under the key only if the account was created for that.',
    tick: 'I understand that the account’s data can’t be recovered if the key is permanently deleted.',
  },
  network: 'trusted',
});
