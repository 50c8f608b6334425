import { generateKeyPairSync, type JsonWebKey as Jwk } from 'node:crypto';
import type { JsonWebKey } from '@azure/keyvault-keys';
import { changeState } from '../support/azure/local-azure.ts';
import { clientsOf, innerCodeOf, messageOf } from '../support/azure/local-azure-clients.ts';
import { owner } from '../support/azure/local-azure-names.ts';
import { simulatedAzure } from '../support/azure/simulated-azure.ts';

/** Keys that somebody brings along: nothing that is read of one says so, which is why nobody may rest on that. */

const azure = simulatedAzure({ restores: true });

const premium = 2;
const keys = () => clientsOf(azure, owner).keys(`https://localhost:${azure.port + premium}/`);
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const parts = privateKey.export({ format: 'jwk' });
const bytes = (part: Jwk[string]) => Buffer.from(String(part), 'base64url');
const brought: JsonWebKey = {
  kty: 'RSA',
  keyOps: ['wrapKey', 'unwrapKey'],
  ...Object.fromEntries(['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi'].map((name) => [name, bytes(parts[name])])),
};

test('an imported key is read like one that was made there, and works', async () => {
  const imported = await keys().importKey('brought', brought, { tags: { ward: '7' } });
  expect(imported.properties).toMatchObject({ enabled: true, tags: { ward: '7' } });
  expect(Buffer.from(imported.key?.n ?? []).toString('base64url')).toBe(parts.n);
  const read = await clientsOf(azure, owner).vaults().keys.get('rg-care-prod', 'kv-hospital-keys', 'brought');
  expect(read).toMatchObject({ kty: 'RSA', keySize: 2048, keyOps: ['wrapKey', 'unwrapKey'], tags: { ward: '7' } });
  const client = clientsOf(azure, owner).cryptography(imported.id ?? '');
  const wrapped = await client.wrapKey('RSA-OAEP-256', Buffer.from('throw-away'));
  expect(Buffer.from((await client.unwrapKey('RSA-OAEP-256', wrapped.result)).result).toString()).toBe('throw-away');
});

test('under a name that is taken it is a further version', async () => {
  const before = await keys().getKey('cmk-virtual-visit');
  const imported = await keys().importKey('cmk-virtual-visit', brought);
  expect(imported.properties.version).not.toBe(before.properties.version);
  expect((await keys().getKey('cmk-virtual-visit')).id).toBe(imported.id);
});

test('half a key is refused', async () => {
  const { p: _, ...half } = brought;
  expect(await messageOf(keys().importKey('half', half))).toContain('not a whole RSA key');
});

test('a deleted key holds its name until it is purged, which purge protection forbids', async () => {
  await keys().beginDeleteKey('cmk-virtual-visit');
  expect(await innerCodeOf(keys().importKey('cmk-virtual-visit', brought))).toBe('ObjectIsDeletedButRecoverable');
  const protect = (on: boolean) =>
    changeState(azure, ({ vaults }) => {
      vaults[premium - 1].enablePurgeProtection = on;
    });
  await protect(true);
  expect(await innerCodeOf(keys().purgeDeletedKey('cmk-virtual-visit'))).toBe('ForbiddenByPolicy');
  await protect(false);
  await keys().purgeDeletedKey('cmk-virtual-visit');
  await keys().importKey('cmk-virtual-visit', brought);
});
