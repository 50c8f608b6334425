/** What vaults and keys do. */
import type { UpdateKeyPropertiesOptions } from '@azure/keyvault-keys';
import { bot } from '../../contract/azure-setup.ts';
import {
  agentIn,
  type Change,
  deleteKey,
  givePolicy,
  newestIn,
  onAgent,
  onKey,
  onVault,
  putUnder,
  withActions,
  withoutActions,
} from '../azure/azure-state.ts';
import { vaultId } from '../azure/local-azure-names.ts';
import type { AzureUnderRun } from './azure-under-run.ts';
import { asks, type FailureGroup, goesOn, lookUnder, type RunRow, refused, run, runUnder } from './failure-row.ts';
import { reviewOf } from './looks.ts';
import { changing, keysOf, open, recover } from './mends.ts';
import { rotated, seeded } from './names.ts';

const makeFit =
  (fit: UpdateKeyPropertiesOptions) =>
  async (azure: AzureUnderRun): Promise<void> => {
    const keys = await keysOf(azure);
    const { properties } = await keys.getKey(seeded.key);
    await keys.updateKeyProperties(seeded.key, String(properties.version), fit);
  };
const ofKey = (change: object) => onKey(seeded.vault, seeded.key, (one) => Object.assign(one, change));
const seconds = (day: string): number => Date.parse(day) / 1000;

const deletedUnder = async (azure: AzureUnderRun): Promise<void> => {
  const keys = await keysOf(azure);
  await keys.createRsaKey(seeded.made);
  await (await keys.beginDeleteKey(seeded.made, { intervalInMs: 20 })).pollUntilDone();
};

const botMay = ['get', 'list', 'create', 'wrapKey', 'unwrapKey'];
/** The vault grants by access policies, to the bot and to the agent that is under its key. */
const byPolicy: Change = (state) => {
  onVault(rotated.vault, (vault) => Object.assign(vault, { enableRbacAuthorization: false }))(state);
  givePolicy(rotated.vault, bot.id, ...botMay)(state);
  const { identity } = agentIn(state, rotated.agent).content;
  givePolicy(rotated.vault, String(identity?.principalId), 'get', 'wrapKey', 'unwrapKey')(state);
};
const withoutPolicy = onVault(rotated.vault, (vault) => {
  vault.accessPolicies = vault.accessPolicies.filter(({ objectId }) => objectId !== bot.id);
});

/** Put right by giving back the date that people approved. */
function pastItsDate(): RunRow {
  let approved: Date | undefined;
  const bring = async (azure: AzureUnderRun): Promise<void> => {
    approved = new Date(Number(newestIn(await azure.state(), seeded.vault, seeded.key).exp) * 1000);
    await azure.change(ofKey({ exp: seconds('2024-01-01') }));
  };
  return run(
    'The key is past its date.',
    bring,
    asks('set-cmk', 'KeyExpired', (azure) => makeFit(approved === undefined ? {} : { expiresOn: approved })(azure)),
  );
}

export const vaultRows: FailureGroup = {
  title: 'Vaults and keys',
  rows: [
    runUnder('vault-firewalled', asks('set-cmk', 'KeyVaultNetworkAccessDenied', open)),
    runUnder('vault-firewalled', goesOn('verify')),
    runUnder('vault-firewalled', asks('make-key-version', 'ForbiddenByFirewall', { wish: 'rotate', mend: open })),
    lookUnder('vault-firewalled', refused('the review', 'vault-firewalled', reviewOf('enable'))),
    runUnder('vault-private', asks('set-cmk', 'KeyVaultNetworkAccessDenied', open)),
    runUnder('vault-private', asks('make-key-version', 'ForbiddenByConnection', { wish: 'rotate', mend: open })),
    runUnder('vault-refuses-the-bot', goesOn('verify')),
    runUnder(
      'vault-refuses-the-bot',
      asks('make-key-version', 'ForbiddenByRbac', {
        what: 'The bot doesn’t have permission to use keys.',
        wish: 'rotate',
      }),
    ),
    run(
      'The bot’s role no longer permits new versions of keys.',
      changing(withoutActions('Microsoft.KeyVault/vaults/keys/create/action')),
      asks('make-key-version', 'ForbiddenByRbac', {
        wish: 'rotate',
        mend: changing(withActions('Microsoft.KeyVault/vaults/keys/create/action')),
      }),
    ),
    run(
      'The vault’s access policy for the bot is taken away.',
      changing(withoutPolicy),
      asks('make-key-version', 'AccessDenied', {
        wish: 'rotate',
        before: changing(byPolicy),
        mend: changing(givePolicy(rotated.vault, bot.id, ...botMay)),
      }),
    ),
    runUnder('vault-throttled', goesOn('verify')),
    lookUnder('agents-notice-lost-keys', {
      by: 'the review',
      ends: 'continues',
      code: null,
      look: async (azure) => {
        await azure.change((state) => {
          state.roleAssignments = state.roleAssignments.filter(({ scope }) => !scope.endsWith(rotated.key));
        });
        return reviewOf('rotate')(azure);
      },
    }),
    run('The key is deleted.', changing(deleteKey(seeded.vault, seeded.key)), asks('set-cmk', 'KeyNotFound', recover)),
    run(
      'The key is disabled.',
      changing(ofKey({ enabled: false })),
      asks('set-cmk', 'KeyDisabled', makeFit({ enabled: true })),
    ),
    pastItsDate(),
    run(
      'The key is not valid yet.',
      changing(ofKey({ nbf: seconds('2099-01-01') })),
      asks('set-cmk', 'KeyNotYetValid', makeFit({ notBefore: new Date('2024-01-01') })),
    ),
    run(
      'The key doesn’t allow wrapping any more.',
      changing(ofKey({ keyOps: ['sign'] })),
      asks('set-cmk', 'KeyOperationForbidden', makeFit({ keyOps: ['wrapKey', 'unwrapKey'] })),
    ),
    run(
      'A deleted key has the name that is to be given.',
      deletedUnder,
      asks('make-key-version', 'ObjectIsDeletedButRecoverable', {
        wish: 'make',
        mend: async (azure) => (await keysOf(azure)).purgeDeletedKey(seeded.made),
      }),
    ),
    run(
      'Someone else creates the key that the request is to create.',
      async (azure) => {
        await (await keysOf(azure)).createRsaKey(seeded.made);
      },
      asks('make-key-version', 'key-of-others', { wish: 'make' }),
    ),
    run(
      'Someone sets another key on the agent.',
      changing(putUnder(seeded.agent, rotated.vault, rotated.key)),
      asks(
        'set-cmk',
        'key-moved',
        changing(onAgent(seeded.agent, ({ content }) => Object.assign(content, { keyVaultProperties: null }))),
      ),
    ),
    run(
      'The vault is deleted.',
      async (azure) => {
        await azure.owner.vaults().vaults.delete('rg-care-prod', seeded.vault);
      },
      asks('grant-key-access', 'missing', (azure) =>
        azure.asOwner('PUT', `${vaultId(seeded.vault)}?api-version=2024-11-01`, {
          location: 'westeurope',
          properties: {
            createMode: 'recover',
            tenantId: '10000000-0000-4000-8000-000000000000',
            sku: { family: 'A', name: 'standard' },
          },
        }),
      ),
    ),
    run(
      'The vault is switched to access policies.',
      changing(onVault(seeded.vault, (vault) => Object.assign(vault, { enableRbacAuthorization: false }))),
      asks('grant-key-access', 'access-mode-changed', async (azure) => {
        const properties = { enableRbacAuthorization: true };
        await azure.owner.vaults().vaults.update('rg-care-prod', seeded.vault, { properties });
      }),
    ),
  ],
};
