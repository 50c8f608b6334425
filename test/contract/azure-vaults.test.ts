import { onVault } from '../support/azure/azure-state.ts';
import { changeState } from '../support/azure/local-azure.ts';
import { lazily, simulatedAzure } from '../support/azure/simulated-azure.ts';
import {
  connect,
  failureOf,
  financeId,
  got,
  key,
  owner,
  researchId,
  sentDuring,
  tenantId,
  vaultId,
  vaultNow,
} from './azure-setup.ts';

const running = simulatedAzure();
const azure = lazily(() => connect(running));

const care = vaultId('kv-care-prod');
const legacy = vaultId('kv-legacy', 'rg-research', researchId);

describe('reading a vault', () => {
  test('tells what matters about it', async () => {
    expect(await vaultNow(azure, care)).toEqual({
      id: care,
      name: 'kv-care-prod',
      uri: `https://localhost:${running.port + 1}/`,
      location: 'westeurope',
      tenantId,
      softDelete: true,
      retentionDays: 90,
      purgeProtection: false,
      access: 'role-assignments',
      firewall: 'open',
      sku: 'standard',
      createdAt: '2024-03-04T08:00:00.000Z',
    });
  });

  test('a denied default closes the firewall whatever bypass there is', async () => {
    expect(await vaultNow(azure, vaultId('kv-lab', 'rg-research', researchId))).toMatchObject({ firewall: 'closed' });
  });

  test('sees access policies, premium hardware and missing soft delete', async () => {
    expect(await vaultNow(azure, vaultId('kv-policy-keys'))).toMatchObject({ access: 'access-policies' });
    expect(await vaultNow(azure, vaultId('kv-hospital-keys'))).toMatchObject({ sku: 'premium', purgeProtection: true });
    expect(await vaultNow(azure, legacy)).toMatchObject({ softDelete: false, purgeProtection: false });
  });

  test.each(['Disabled', 'SecuredByPerimeter'])('public access %s closes the firewall', async (publicNetworkAccess) => {
    const close = onVault('kv-policy-keys', (one) => Object.assign(one, { publicNetworkAccess }));
    await changeState(running, close);
    expect(await vaultNow(azure, vaultId('kv-policy-keys'))).toMatchObject({ firewall: 'closed' });
  });

  test('a vault that does not exist is null', async () => {
    expect(got(await azure.vaults.get(vaultId('kv-no-such')))).toBeNull();
  });

  test('a vault in another subscription is refused before anything is sent', async () => {
    const elsewhere = vaultId('kv-care-prod', 'rg-finance', financeId);
    const sent = await sentDuring(running, async () => {
      for (const outcome of [
        await azure.vaults.get(elsewhere),
        await azure.vaults.protect(elsewhere, { softDelete: true }),
        await azure.keys.list(elsewhere),
      ]) {
        expect(failureOf(outcome)).toMatchObject({
          source: 'bot',
          found: { code: 'outside-subscriptions', subscriptionId: financeId },
        });
      }
    });
    expect(sent).toEqual([]);
  });
});

describe('protecting a vault', () => {
  test('sends only what is missing', async () => {
    const sent = await sentDuring(running, async () => got(await azure.vaults.protect(care, { softDelete: false })));
    expect(sent.map(({ method, body }) => ({ method, body }))).toEqual([
      { method: 'PATCH', body: { properties: { enablePurgeProtection: true } } },
    ]);
    expect(await vaultNow(azure, care)).toMatchObject({ purgeProtection: true, softDelete: true });
  });

  test('turns on soft delete with it where asked', async () => {
    const sent = await sentDuring(running, async () => got(await azure.vaults.protect(legacy, { softDelete: true })));
    expect(sent[0]?.body).toEqual({ properties: { enablePurgeProtection: true, enableSoftDelete: true } });
    expect(await vaultNow(azure, legacy)).toMatchObject({ purgeProtection: true, softDelete: true });
  });

  test('a repeat changes nothing', async () => {
    const before = await vaultNow(azure, care);
    const receipt = got(await azure.vaults.protect(care, { softDelete: true }));
    expect(receipt.correlationId).not.toBeNull();
    expect(await vaultNow(azure, care)).toEqual(before);
  });

  test('leaves access policies as they are', async () => {
    const vault = await vaultNow(azure, vaultId('kv-policy-keys'));
    got(await azure.vaults.protect(vault.id, { softDelete: true }));
    expect(got(await azure.grants.held(vault, key('cmk-policy'), owner.id))).toBe(true);
  });
});
