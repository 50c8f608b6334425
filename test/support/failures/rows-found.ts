/** What the checks find; what is gone, moved or replaced; how Azure answers, and how the bot signs in; other codes. */
import { bot, customCloud } from '../../contract/azure-setup.ts';
import { agentIn, type Change, deleteKey, givePolicy, onAgent, onKey, onVault } from '../azure/azure-state.ts';
import { agentId } from '../azure/local-azure-names.ts';
import { requester } from '../builders/fixtures.ts';
import {
  type AzureUnderRun,
  changing,
  keysOf,
  removeIdentity,
  rotated,
  seeded,
  vaultInGroup,
} from './azure-under-run.ts';
import {
  asks,
  type FailureGroup,
  type FailureRow,
  goesOn,
  look,
  lookUnder,
  type RunRow,
  refused,
  run,
  runUnder,
} from './failure-row.ts';
import { listOf, membership, reviewOf } from './looks.ts';

const silently =
  (method: string, url: string, ...lose: string[]) =>
  (azure: AzureUnderRun) =>
    azure.fault({ match: { method, url }, lose });

const agentIs = (provisioningState: string) =>
  changing(onAgent(seeded.agent, (one) => Object.assign(one, { provisioningState })));

const members = (azure: AzureUnderRun, change: (ids: readonly string[]) => string[]) =>
  azure.change((state) => {
    for (const group of state.groups)
      if (group.displayName === 'CMK requesters') group.memberIds = change(group.memberIds);
  });

export const ownRows: FailureGroup = {
  title: 'What the checks find',
  rows: [
    run(
      'Azure takes the identity and shows none.',
      silently('PATCH', 'healthBots', 'identity.type', 'identity'),
      asks('enable-identity', 'identity-not-shown'),
    ),
    run(
      'Azure takes the grant and shows none.',
      (azure) =>
        azure.fault({
          match: { method: 'PUT', url: 'roleAssignments' },
          respond: {
            status: 201,
            body: { id: '/a', name: 'a', type: 'Microsoft.Authorization/roleAssignments', properties: {} },
          },
        }),
      asks('grant-key-access', 'grant-not-shown'),
    ),
    run(
      'Azure takes the vault’s protection and shows none.',
      silently('PATCH', 'vaults', 'properties.enablePurgeProtection'),
      asks('protect-vault', 'protection-not-shown'),
    ),
    run('Another operation on the agent doesn’t end.', agentIs('Updating'), asks('set-cmk', 'resource-busy')),
    run(
      'Another operation on the agent is in progress before the first change.',
      agentIs('Updating'),
      asks('check', 'blocked'),
    ),
    run(
      'The agent is deleted.',
      (azure) => azure.asOwner('DELETE', `${agentId(seeded.agent)}?api-version=2025-11-01`),
      asks('set-cmk', 'missing'),
    ),
    run('The agent’s new identity is removed.', changing(removeIdentity), asks('grant-key-access', 'missing')),
    run('The vault is moved to another group.', changing(vaultInGroup('rg-care-test')), asks('check', 'vault-moved')),
    run(
      'The requester loses the requester role.',
      (azure) => members(azure, (ids) => ids.filter((id) => id !== requester)),
      asks('check', 'requester-lost-role'),
    ),
    run(
      'The agent loses a user-assigned identity.',
      changing((state) => {
        const { identity } = agentIn(state, 'visitor-agent').content;
        if (identity !== null) Object.assign(identity, { userAssignedIds: [], type: 'None' });
      }),
      asks('enable-identity', 'identity-lost', { wish: 'shared' }),
    ),
  ],
};

const other = '90000000-0000-4000-8000-0000000000cd';

/** Another deployment takes the agent's identity away and gives it one: it has another object id. */
const exchangeIdentity: Change = (state) => {
  const { identity } = agentIn(state, seeded.agent).content;
  const known = state.principals.find(({ id }) => id === identity?.principalId);
  if (known === undefined || identity == null) throw new Error('the agent has no identity');
  state.principals.push({ ...known, id: other, appId: other });
  identity.principalId = other;
};
const removeRole: Change = (state) => {
  state.roleAssignments = state.roleAssignments.filter(({ scope }) => !scope.endsWith(`/keys/${seeded.key}`));
};
const removePolicy: Change = (state) => {
  const { identity } = agentIn(state, seeded.agent).content;
  onVault(seeded.vault, (vault) => {
    vault.accessPolicies = vault.accessPolicies.filter(({ objectId }) => objectId !== identity?.principalId);
  })(state);
};
const byPolicy: Change = onVault(seeded.vault, (vault) => Object.assign(vault, { enableRbacAuthorization: false }));
const disabled: Change = onKey(seeded.vault, seeded.key, (key) => Object.assign(key, { enabled: false }));

/** While the role assignment doesn't count yet, so that the first attempt is refused. */
const whileWaiting = (what: string, change: Change, code: string): RunRow =>
  run(
    `While a role assignment propagates, ${what}`,
    (azure) => azure.turnOn('grant-takes-10-minutes'),
    asks('set-cmk', code, { from: 'grant-key-access', later: changing(change) }),
  );

const recreate =
  (name: string) =>
  async (azure: AzureUnderRun): Promise<void> => {
    const path = `${agentId(name)}?api-version=2025-11-01`;
    await azure.asOwner('DELETE', path);
    await azure.asOwner('PUT', path, { location: 'westeurope', sku: { name: 'C1' } });
  };

/** Purged and created again, with a key of the same name: it has another version. */
const recreateVault = changing(
  onVault(seeded.vault, (vault) => Object.assign(vault.systemData, { createdAt: '2026-02-03T04:05:06.000Z' })),
  onKey(seeded.vault, seeded.key, (key) => Object.assign(key, { version: '6f'.repeat(16) })),
);

async function recreateKey(azure: AzureUnderRun): Promise<void> {
  const keys = await keysOf(azure);
  await (await keys.beginDeleteKey(seeded.key, { intervalInMs: 20 })).pollUntilDone();
  await keys.purgeDeletedKey(seeded.key);
  await keys.createRsaKey(seeded.key);
}

const inGroup = (resourceGroup: string): Change =>
  onAgent(seeded.agent, (agent) => Object.assign(agent, { resourceGroup }));

const notFound = (url: string, code = 'ResourceNotFound') => ({
  match: { method: 'GET', url },
  times: 1,
  respond: { status: 404, body: { error: { code, message: 'The Resource was not found.' } } },
});
const agentReads = `healthBots/${seeded.agent}\\?`;
const vaultReads = `vaults/${seeded.vault}\\?`;
const keyReads = `vaults/${seeded.vault}/keys/${seeded.key}/versions/`;

/** A replica of Azure that lags answers once that there is no such thing. */
const onceNotFound = (what: string, url: string, at: RunRow['at']): RunRow =>
  run(`Azure doesn’t find ${what} once, though it is there.`, (azure) => azure.fault(notFound(url)), goesOn(at));

const waitingRows: readonly RunRow[] = [
  whileWaiting('the agent gets another identity.', exchangeIdentity, 'identity-changed'),
  whileWaiting('the agent’s identity is removed.', removeIdentity, 'missing'),
  whileWaiting('the role assignment is removed.', removeRole, 'access-gone'),
  whileWaiting('the key is disabled.', disabled, 'blocked'),
  whileWaiting('the key is deleted.', deleteKey(seeded.vault, seeded.key), 'blocked'),
  whileWaiting('the vault is moved to another group.', vaultInGroup('rg-care-test'), 'vault-moved'),
  run(
    'The access policy for the agent is removed.',
    changing(removePolicy),
    asks('set-cmk', 'access-gone', {
      before: changing(byPolicy, givePolicy(seeded.vault, '90000000-0000-4000-8000-000000000000', 'get')),
      retries: true,
    }),
  ),
  run(
    'The agent gets another identity after it got access to the key.',
    changing(exchangeIdentity),
    asks('set-cmk', 'identity-changed', { retries: true }),
  ),
  run(
    'The role assignment is removed after the key was set.',
    changing(removeRole),
    asks('verify', 'access-gone', { retries: true }),
  ),
];

const replacedRows: readonly RunRow[] = [
  run(
    'The agent is deleted and created again before a rotation: it has no key.',
    recreate(rotated.agent),
    asks('check', 'replaced', { wish: 'rotate' }),
  ),
  run('The agent is deleted and created again during the run.', recreate(seeded.agent), asks('set-cmk', 'replaced')),
  run(
    'The vault is purged and created again, with a key of the same name, before the run.',
    recreateVault,
    asks('check', 'replaced'),
  ),
  run('The vault is purged and created again during the run.', recreateVault, asks('grant-key-access', 'replaced')),
];

const movedRows: readonly RunRow[] = [
  run(
    'The agent is moved to another group before the run.',
    changing(inGroup('rg-care-test')),
    asks('check', 'resource-moved'),
  ),
  run(
    'The agent is moved to another group during the run.',
    changing(inGroup('rg-care-test')),
    asks('set-cmk', 'resource-moved'),
  ),
];

export const goneRows: FailureGroup = {
  title: 'Deleted, moved or replaced resources',
  rows: [
    ...waitingRows,
    ...replacedRows,
    ...movedRows,
    run(
      'The key is deleted, and can be recovered, before the run.',
      changing(deleteKey(seeded.vault, seeded.key)),
      asks('check', 'blocked'),
    ),
    run('The key is purged and created again under its name, before the run.', recreateKey, asks('check', 'blocked')),
    onceNotFound('the version of the key', keyReads, 'check'),
    onceNotFound('the agent', agentReads, 'set-cmk'),
    onceNotFound('the vault', vaultReads, 'verify'),
  ],
};

const vaultsListed = listOf(({ inventory }) => inventory.vaults());

export const answerRows: FailureGroup = {
  title: 'Network and answers',
  rows: [
    runUnder('throttled', goesOn('grant-key-access', null, { apart: true })),
    runUnder('reset-after-apply', goesOn('set-cmk', 'ECONNRESET')),
    runUnder('poll-404-once', goesOn('set-cmk', 'OperationNotFound')),
    runUnder('broken-json-once', goesOn('set-cmk', 'UnexpectedAnswer')),
    runUnder('broken-json-once', goesOn('check')),
    runUnder('proxy-page-once', goesOn('set-cmk')),
    runUnder('slow-answers', goesOn('verify', null, { apart: true })),
    lookUnder('resource-graph-lags', { by: 'a list', ends: 'continues', code: null, look: vaultsListed }),
    runUnder('reads-lag', goesOn('set-cmk', 'key-not-shown', { timePasses: true })),
    run(
      'The clock of the bot’s machine is set an hour ahead in the middle of a try.',
      async (azure, approved) => {
        await azure.turnOn('another-change-under-way');
        approved.setClock(3_600_000);
      },
      goesOn('set-cmk', 'ConflictingConcurrentWriteNotAllowed'),
    ),
    run(
      'It is set back by an hour.',
      async (azure, approved) => {
        await azure.turnOn('another-change-under-way');
        approved.setClock(-3_600_000);
      },
      goesOn('set-cmk', 'ConflictingConcurrentWriteNotAllowed'),
    ),
    runUnder('azure-is-down', asks('set-cmk', 'ServiceUnavailable')),
    runUnder('azure-is-down', asks('check', 'ServiceUnavailable')),
    lookUnder('azure-is-down', refused('the review', 'ServiceUnavailable', reviewOf('enable'))),
    look(
      'Resource Graph does not understand the bot’s query (400).',
      refused('a list', 'InvalidQuery', async (azure) => {
        const details = [{ code: 'InvalidQuery', message: 'Query is invalid.' }];
        const error = { code: 'BadRequest', message: 'Please provide below info when asking for support.', details };
        await azure.fault({ match: { url: 'Microsoft.ResourceGraph' }, respond: { status: 400, body: { error } } });
        return vaultsListed(azure);
      }),
    ),
    run(
      'What answers has a certificate that is not trusted.',
      async (azure, approved) => {
        const cloud = { ...customCloud(azure.running), tls: {} };
        approved.reconnect({ cloud, authority: customCloud(azure.running) });
      },
      asks('set-cmk', 'DEPTH_ZERO_SELF_SIGNED_CERT'),
    ),
    run(
      'A vault asks for a token that is meant for another place.',
      // The local Azure's vaults are ports of one host, and name Azure's own.
      async ({ running }, approved) =>
        approved.reconnect({ cloud: { ...customCloud(running), verifyChallenges: true } }),
      asks('verify', 'ForeignChallenge'),
    ),
  ],
};

const expired = (azure: AzureUnderRun) =>
  azure.change((state) => {
    for (const one of state.principals.filter(({ id }) => id === bot.id)) one.secret = 'made anew';
  });

/** As Entra words them; the local one has other answers for these. */
const signInsRefused = [
  ['AADSTS90002', "AADSTS90002: Tenant 'x' not found. Check to make sure you have the correct tenant ID."],
  ['AADSTS53003', 'AADSTS53003: Access has been blocked by Conditional Access policies.'],
  ['AADSTS7000112', "AADSTS7000112: Application 'x'(bot) is disabled."],
  ['AADSTS700213', 'AADSTS700213: No matching federated identity record found for presented assertion subject.'],
] as const;

export const signInRows: FailureGroup = {
  title: 'Sign-in of the bot',
  rows: [
    runUnder('secret-expired', asks('set-cmk', 'AADSTS7000222')),
    lookUnder('secret-expired', refused('a decision', 'AADSTS7000222', membership)),
    run(
      'The secret is replaced in Entra alone.',
      async (azure, approved) => {
        await expired(azure);
        approved.reconnect();
      },
      asks('set-cmk', 'AADSTS7000215'),
    ),
    run(
      'The bot’s app is not in the tenant.',
      async (_, approved) =>
        approved.reconnect({ who: { id: '50000000-0000-4000-8000-0000000000ff', secret: 'local-bot' } }),
      asks('set-cmk', 'AADSTS700016'),
    ),
    run(
      'The tenant doesn’t exist.',
      async (_, approved) => approved.reconnect({ signIn: { tenantId: '10000000-0000-4000-8000-0000000000ff' } }),
      asks('set-cmk', 'endpoints_resolution_error'),
    ),
    run(
      'The machine has no managed identity, and the bot no other way to sign in.',
      async ({ running }, approved) => {
        // The one thing the SDK reads of the environment: the endpoint of this machine.
        process.env.AZURE_POD_IDENTITY_AUTHORITY_HOST = running.url.replace('https', 'http').replace(/\d+$/, '9');
        approved.reconnect({ signIn: { clientId: null, clientSecret: null } });
      },
      asks('set-cmk', 'CredentialUnavailableError'),
    ),
    ...(
      [
        [500, 'server_error', 'AADSTS90033'],
        [429, 'too_many_requests', 'AuthenticationRequiredError'],
      ] as const
    ).map(([status, error, code]) =>
      run(
        `Signing in is answered with ${status} and JSON, for long.`,
        async (azure, approved) => {
          const body = { error, error_description: `${code}: try again later.` };
          await azure.fault({ match: { url: '/oauth2/v2.0/token' }, respond: { status, body } });
          approved.reconnect();
        },
        asks('set-cmk', code),
      ),
    ),
    ...signInsRefused.map(([code, description]) =>
      run(
        `Signing in is refused with ${code}.`,
        async (azure, approved) => {
          const body = { error: 'invalid_request', error_description: description };
          await azure.fault({ match: { url: '/oauth2/v2.0/token' }, respond: { status: 400, body } });
          approved.reconnect();
        },
        asks('set-cmk', code),
      ),
    ),
    runUnder('token-expired-once', goesOn('set-cmk')),
    runUnder('directory-is-down', asks('check', 'membership-unknown', { what: 'Microsoft Graph answers 503.' })),
    lookUnder('directory-is-down', refused('a decision', 'serviceNotAvailable', membership)),
    look(
      'The consent to Microsoft Graph is withdrawn.',
      refused('a decision', 'Authorization_RequestDenied', async (azure) => {
        await answers('POST', 'checkMember', 403, 'Authorization_RequestDenied')(azure);
        return membership(azure);
      }),
    ),
  ],
};

/** Stands for every code without a remedy of its own. */
export const unknownCode = 'CodeThatNobodyKnows';
const message = 'In a tester’s words.';

const answers =
  (method: string, url: string, status: number, code: string, more = message) =>
  (azure: AzureUnderRun) =>
    azure.fault({ match: { method, url }, respond: { status, body: { error: { code, message: more } } } });

const ends = (code: string) => (azure: AzureUnderRun) => {
  const match = { method: 'PATCH', url: 'healthBots', carries: 'properties.keyVaultProperties' };
  return azure.fault({ match, operation: { status: 'Failed', error: { code, message } } });
};

/** Of the write that gives the agent its identity: the first of a run. */
const ofWrite = (status: number, code: string, more?: string): FailureRow =>
  run(
    `A change of an agent is refused: ${status} ${code}.`,
    answers('PATCH', 'healthBots', status, code, more),
    asks('enable-identity', code),
  );
const ofGrant = (status: number, code: string): FailureRow =>
  run(
    `A grant is refused: ${status} ${code}.`,
    answers('PUT', 'roleAssignments', status, code),
    asks('grant-key-access', code),
  );
const ofReading = (status: number, code: string): FailureRow =>
  run(
    `Reading the agent is refused: ${status} ${code}.`,
    answers('GET', 'healthBots/triage', status, code),
    asks('check', code),
  );
const ofOperation = (code: string, more: Partial<FailureRow> = {}): FailureRow => ({
  ...run(`The change of a key fails with ${code}.`, ends(code), asks('set-cmk', code)),
  ...(more as object),
});

const linked =
  "The client has permission to perform action 'Microsoft.HealthBot/healthBots/write' on scope '/x'; however, it does not have permission to perform action(s) 'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action' on the linked scope(s) '/subscriptions/40000000-0000-4000-8000-000000000001/resourceGroups/rg-care-prod/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-shared' (respectively).";

export const codeRows: FailureGroup = {
  title: 'Other codes',
  rows: [
    ofWrite(403, 'LinkedAuthorizationFailed', linked),
    ofWrite(404, 'NotFound'),
    ofWrite(404, 'ResourceNotFound'),
    ofWrite(404, 'ResourceGroupNotFound'),
    ofGrant(404, 'ParentResourceNotFound'),
    ofGrant(403, 'DenyAssignmentAuthorizationFailed'),
    ofGrant(409, 'RoleAssignmentUpdateNotPermitted'),
    ofWrite(403, 'RequestDisallowedByAzure'),
    ofWrite(409, 'ResourceGroupBeingDeleted'),
    ofWrite(400, 'FailedIdentityOperation'),
    ofWrite(409, 'ReadOnlyDisabledSubscription'),
    ofWrite(409, 'QuotaExceeded'),
    ofReading(404, 'SubscriptionNotFound'),
    ofReading(400, 'NoRegisteredProviderFound'),
    ofReading(400, 'InvalidApiVersionParameter'),
    ofReading(401, 'ExpiredAuthenticationToken'),
    ofReading(401, 'InvalidAuthenticationToken'),
    ofReading(401, 'InvalidAuthenticationTokenTenant'),
    ofReading(401, 'AuthenticationFailed'),
    ofOperation('Canceled'),
    ofOperation('ForbiddenByPolicy'),
    ofOperation(unknownCode, { what: 'The operation that sets the key fails with an unlisted code.' }),
    { ...ofWrite(400, unknownCode), what: 'Azure refuses a change with an unlisted code.' },
    run(
      'What answers is a page that is no answer of Azure’s (200).',
      (azure) =>
        azure.fault({
          match: { method: 'GET', url: 'healthBots/triage' },
          respond: { status: 200, body: '<html>Sign in</html>' },
        }),
      asks('check', 'UnexpectedAnswer'),
    ),
  ],
};
