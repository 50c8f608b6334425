import { readSecret } from '../../src/azure/azure.ts';
import { openCredential } from '../../src/azure/credential.ts';
import { kinds } from '../../src/operations/resources/registry.ts';
import { giveRole, onVault, scopes } from '../support/azure/azure-state.ts';
import { changeState } from '../support/azure/local-azure.ts';
import { clientsOf } from '../support/azure/local-azure-clients.ts';
import { bot, owner, tenantId } from '../support/azure/local-azure-names.ts';
import { simulatedAzure } from '../support/azure/simulated-azure.ts';
import { customCloud, failureOf, got, sentDuring } from './azure-setup.ts';

/** How the bot reads the secret of a vault that it is told of. */

const azure = simulatedAzure({ restores: true });

const vaultUrl = (): string => `https://localhost:${azure.port + 1}`;
const secrets = () => clientsOf(azure, owner).secrets(vaultUrl());
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

const closed = onVault('kv-care-prod', (vault) => {
  vault.networkAcls = { bypass: 'AzureServices', defaultAction: 'Deny', ipRules: [], virtualNetworkRules: [] };
});

describe('the bot', () => {
  const read = (id: string, cloud = customCloud(azure)) => {
    const signIn = { tenantId, clientId: bot.id, clientSecret: bot.secret, federatedTokenFile: null };
    const credential = openCredential(signIn, customCloud(azure));
    return readSecret({ kinds, cloud, credential, subscriptions: [], limits: { firstRetryMs: 20 } }, id);
  };
  const address = (): string => `${vaultUrl()}/secrets/seal-key`;

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
    ['ForbiddenByFirewall', () => changeState(azure, closed)],
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
