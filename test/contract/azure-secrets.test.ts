import { openCredential } from '../../src/azure/credential.ts';
import { vaultSecrets } from '../../src/azure/vault-clients.ts';
import { kinds } from '../../src/operations/resources/registry.ts';
import { giveRole, onVault, scopes } from '../support/azure/azure-state.ts';
import { changeState } from '../support/azure/local-azure.ts';
import { clientsOf, codeOf, innerCodeOf, messageOf } from '../support/azure/local-azure-clients.ts';
import { bot, owner, tenantId } from '../support/azure/local-azure-names.ts';
import { simulatedAzure } from '../support/azure/simulated-azure.ts';
import { customCloud, failureOf, got, sentDuring } from './azure-setup.ts';

/** Secrets of a vault: how the local Azure serves them, and how the bot reads the one it is told of. */

const azure = simulatedAzure({ restores: true });

const byRole = 1;
const byPolicy = 4;
const vaultAt = (n: number): string => `https://localhost:${azure.port + n}`;
const secrets = (n = byRole, who = owner) => clientsOf(azure, who).secrets(vaultAt(n));
const secretsUser = '4633458b-17de-408a-b874-0445c86b69e6';

const letBotRead = () =>
  changeState(
    azure,
    giveRole(
      bot.id,
      secretsUser,
      (state) => `${scopes.vault(state, 'kv-care-prod')}/secrets/seal-key`,
      'ServicePrincipal',
    ),
  );

describe('the local Azure', () => {
  test('keeps every version of a secret, and gives the newest where none is named', async () => {
    const first = await secrets().setSecret('seal-key', 'one', { contentType: 'text/plain', tags: { of: 'record' } });
    await secrets().setSecret('seal-key', 'two');
    expect((await secrets().getSecret('seal-key')).value).toBe('two');
    const old = await secrets().getSecret('seal-key', { version: first.properties.version ?? '' });
    expect(old).toMatchObject({ value: 'one', properties: { contentType: 'text/plain', tags: { of: 'record' } } });
    expect(old.properties.id).toBe(`${vaultAt(byRole)}/secrets/seal-key/${first.properties.version}`);
  });

  test('says that there is none, and refuses one that is disabled', async () => {
    expect(await codeOf(secrets().getSecret('nothing'))).toBe('SecretNotFound');
    expect(await messageOf(secrets().getSecret('nothing'))).toContain('A secret with (name/id) nothing was not found');
    await secrets().setSecret('off', 'x', { enabled: false });
    expect(await innerCodeOf(secrets().getSecret('off'))).toBe('SecretDisabled');
  });

  test('gives one outside of its dates all the same', async () => {
    await secrets().setSecret('ended', 'x', { expiresOn: new Date('2020-01-01') });
    expect((await secrets().getSecret('ended')).value).toBe('x');
  });

  test('asks for the role on the very secret, and which role gives what', async () => {
    await secrets().setSecret('seal-key', 'one');
    await secrets().setSecret('other', 'one');
    expect(await innerCodeOf(secrets(byRole, bot).getSecret('seal-key'))).toBe('ForbiddenByRbac');
    expect(await messageOf(secrets(byRole, bot).getSecret('seal-key'))).toContain(
      "Action: 'Microsoft.KeyVault/vaults/secrets/getSecret/action'",
    );
    await letBotRead();
    expect((await secrets(byRole, bot).getSecret('seal-key')).value).toBe('one');
    expect(await innerCodeOf(secrets(byRole, bot).getSecret('other'))).toBe('ForbiddenByRbac');
    expect(await innerCodeOf(secrets(byRole, bot).setSecret('seal-key', 'two'))).toBe('ForbiddenByRbac');
  });

  test('asks for the permission on secrets where the vault has access policies', async () => {
    expect(await innerCodeOf(secrets(byPolicy).setSecret('seal-key', 'one'))).toBe('AccessDenied');
    expect(await messageOf(secrets(byPolicy).getSecret('seal-key'))).toContain('does not have secrets get permission');
    await changeState(
      azure,
      onVault('kv-policy-keys', ({ accessPolicies }) => {
        for (const policy of accessPolicies) policy.permissions.secrets = ['Get', 'Set'];
      }),
    );
    await secrets(byPolicy).setSecret('seal-key', 'one');
    expect((await secrets(byPolicy).getSecret('seal-key')).value).toBe('one');
  });
});

describe('the bot', () => {
  const read = (id: string, cloud = customCloud(azure)) => {
    const signIn = { tenantId, clientId: bot.id, clientSecret: bot.secret, federatedTokenFile: null };
    const credential = openCredential(signIn, customCloud(azure));
    return vaultSecrets({ kinds, cloud, credential, subscriptions: [], limits: { firstRetryMs: 20 } }).get(id);
  };
  const address = (): string => `${vaultAt(byRole)}/secrets/seal-key`;

  test('reads the newest version, or the one that is named, and says which it was', async () => {
    const first = await secrets().setSecret('seal-key', 'one');
    const second = await secrets().setSecret('seal-key', 'two');
    await letBotRead();
    expect(got(await read(address()))).toEqual({ id: second.properties.id, value: 'two' });
    const named = `${address()}/${first.properties.version}`;
    expect(got(await read(named))).toEqual({ id: named, value: 'one' });
  });

  test.each([
    ['ForbiddenByRbac', async () => void (await secrets().setSecret('seal-key', 'one'))],
    ['SecretNotFound', letBotRead],
    [
      'SecretDisabled',
      async () => {
        await secrets().setSecret('seal-key', 'one', { enabled: false });
        await letBotRead();
      },
    ],
    [
      'ForbiddenByFirewall',
      () =>
        changeState(
          azure,
          onVault('kv-care-prod', (vault) => {
            vault.networkAcls = {
              bypass: 'AzureServices',
              defaultAction: 'Deny',
              ipRules: [],
              virtualNetworkRules: [],
            };
          }),
        ),
    ],
  ])('asks a person after %s, which is told by the vault’s own code', async (code, prepare) => {
    await prepare();
    expect(failureOf(await read(address()))).toMatchObject({ source: 'azure', code, next: 'ask' });
  });

  test('sends no token to what is not a vault of its cloud', async () => {
    const cloud = { ...customCloud(azure), vaultSuffix: '.vault.azure.net' };
    const sent = await sentDuring(azure, async () => {
      expect(failureOf(await read(address(), cloud))).toMatchObject({ found: { code: 'not-a-vault-address' } });
    });
    expect(sent).toEqual([]);
  });
});
