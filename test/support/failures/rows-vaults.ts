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
import { type FailureGroup, lookUnder, type RunRow, run, runUnder } from './failure-row.ts';
import { reviewOf } from './looks.ts';
import { keysOf, open, recover } from './mends.ts';
import { rotated, seeded } from './names.ts';

const asks = 'needs attention';
const goesOn = 'continues';

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
  return run('The key is past its date.', bring, {
    at: 'set-cmk',
    ends: asks,
    code: 'KeyExpired',
    mend: (azure) => makeFit(approved === undefined ? {} : { expiresOn: approved })(azure),
  });
}

export const vaultRows: FailureGroup = {
  title: 'Vaults and keys',
  rows: [
    runUnder('vault-firewalled', { at: 'set-cmk', ends: asks, code: 'KeyVaultNetworkAccessDenied', mend: open }),
    runUnder('vault-firewalled', { at: 'verify', ends: goesOn, code: null }),
    runUnder('vault-firewalled', {
      at: 'make-key-version',
      wish: 'rotate',
      ends: asks,
      code: 'ForbiddenByFirewall',
      mend: open,
    }),
    lookUnder('vault-firewalled', {
      by: 'the review',
      ends: 'is refused',
      code: 'vault-firewalled',
      look: reviewOf('enable'),
    }),
    runUnder('vault-private', { at: 'set-cmk', ends: asks, code: 'KeyVaultNetworkAccessDenied', mend: open }),
    runUnder('vault-private', {
      at: 'make-key-version',
      wish: 'rotate',
      ends: asks,
      code: 'ForbiddenByConnection',
      mend: open,
    }),
    runUnder('vault-refuses-the-bot', { at: 'verify', ends: goesOn, code: null }),
    runUnder('vault-refuses-the-bot', {
      what: 'The bot doesn’t have permission to use keys.',
      at: 'make-key-version',
      wish: 'rotate',
      ends: asks,
      code: 'ForbiddenByRbac',
    }),
    run(
      'The bot’s role no longer permits new versions of keys.',
      (azure) => azure.change(withoutActions('Microsoft.KeyVault/vaults/keys/create/action')),
      {
        at: 'make-key-version',
        wish: 'rotate',
        ends: asks,
        code: 'ForbiddenByRbac',
        mend: (azure) => azure.change(withActions('Microsoft.KeyVault/vaults/keys/create/action')),
      },
    ),
    run('The vault’s access policy for the bot is taken away.', (azure) => azure.change(withoutPolicy), {
      at: 'make-key-version',
      wish: 'rotate',
      before: (azure) => azure.change(byPolicy),
      ends: asks,
      code: 'AccessDenied',
      mend: (azure) => azure.change(givePolicy(rotated.vault, bot.id, ...botMay)),
    }),
    runUnder('vault-throttled', { at: 'verify', ends: goesOn, code: null }),
    lookUnder('agents-notice-lost-keys', {
      by: 'the review',
      ends: goesOn,
      code: null,
      look: async (azure) => {
        await azure.change((state) => {
          state.roleAssignments = state.roleAssignments.filter(({ scope }) => !scope.endsWith(rotated.key));
        });
        return reviewOf('rotate')(azure);
      },
    }),
    run('The key is deleted.', (azure) => azure.change(deleteKey(seeded.vault, seeded.key)), {
      at: 'set-cmk',
      ends: asks,
      code: 'KeyNotFound',
      mend: recover,
    }),
    run('The key is disabled.', (azure) => azure.change(ofKey({ enabled: false })), {
      at: 'set-cmk',
      ends: asks,
      code: 'KeyDisabled',
      mend: makeFit({ enabled: true }),
    }),
    pastItsDate(),
    run('The key is not valid yet.', (azure) => azure.change(ofKey({ nbf: seconds('2099-01-01') })), {
      at: 'set-cmk',
      ends: asks,
      code: 'KeyNotYetValid',
      mend: makeFit({ notBefore: new Date('2024-01-01') }),
    }),
    run('The key doesn’t allow wrapping any more.', (azure) => azure.change(ofKey({ keyOps: ['sign'] })), {
      at: 'set-cmk',
      ends: asks,
      code: 'KeyOperationForbidden',
      mend: makeFit({ keyOps: ['wrapKey', 'unwrapKey'] }),
    }),
    run('A deleted key has the name that is to be given.', deletedUnder, {
      at: 'make-key-version',
      wish: 'make',
      ends: asks,
      code: 'ObjectIsDeletedButRecoverable',
      mend: async (azure) => (await keysOf(azure)).purgeDeletedKey(seeded.made),
    }),
    run(
      'Someone else creates the key that the request is to create.',
      async (azure) => {
        await (await keysOf(azure)).createRsaKey(seeded.made);
      },
      {
        at: 'make-key-version',
        wish: 'make',
        ends: asks,
        code: 'key-of-others',
      },
    ),
    run(
      'Someone sets another key on the agent.',
      (azure) => azure.change(putUnder(seeded.agent, rotated.vault, rotated.key)),
      {
        at: 'set-cmk',
        ends: asks,
        code: 'key-moved',
        mend: (azure) =>
          azure.change(onAgent(seeded.agent, ({ content }) => Object.assign(content, { keyVaultProperties: null }))),
      },
    ),
    run(
      'The vault is deleted.',
      async (azure) => {
        await azure.owner.vaults().vaults.delete('rg-care-prod', seeded.vault);
      },
      {
        at: 'grant-key-access',
        ends: asks,
        code: 'missing',
        mend: (azure) =>
          azure.asOwner('PUT', `${vaultId(seeded.vault)}?api-version=2024-11-01`, {
            location: 'westeurope',
            properties: {
              createMode: 'recover',
              tenantId: '10000000-0000-4000-8000-000000000000',
              sku: { family: 'A', name: 'standard' },
            },
          }),
      },
    ),
    run(
      'The vault is switched to access policies.',
      (azure) =>
        azure.change(onVault(seeded.vault, (vault) => Object.assign(vault, { enableRbacAuthorization: false }))),
      {
        at: 'grant-key-access',
        ends: asks,
        code: 'access-mode-changed',
        mend: async (azure) => {
          const properties = { enableRbacAuthorization: true };
          await azure.owner.vaults().vaults.update('rg-care-prod', seeded.vault, { properties });
        },
      },
    ),
  ],
};
