import { bot, customCloud } from '../../contract/azure-setup.ts';
import { agentIn, type Change, deleteKey, onAgent, onKey, onVault, putUnder } from '../azure/azure-state.ts';
import { agentId } from '../azure/local-azure-names.ts';
import { requester } from '../builders/fixtures.ts';
import {
  type AzureUnderRun,
  asks,
  changing,
  type FailureGroup,
  type FailureRow,
  goesOn,
  keysOf,
  rotated,
  run,
  runUnder,
  seeded,
} from './harness.ts';

const accepted = {
  match: { method: 'PATCH', url: `healthBots/${seeded.agent}` },
  times: 1,
  respond: { status: 202, body: {} },
};

const operationRows: FailureGroup = {
  title: 'Setting the key',
  rows: [
    runUnder(
      'grant-takes-10-minutes',
      goesOn('set-cmk', 'KeyVaultError', { from: 'grant-key-access', timePasses: true }),
    ),
    runUnder('operation-fails-agent-failed', goesOn('set-cmk', 'KeyVaultError')),
    runUnder('operation-fails-key-kept', goesOn('set-cmk', 'KeyVaultError')),
    runUnder(
      'operation-never-ends',
      asks('set-cmk', 'resource-busy', {
        what: 'The operation that sets the key doesn’t end.',
        choices: { limits: { operationMs: 300 } },
      }),
    ),
    runUnder('operation-canceled', asks('set-cmk', 'OperationCanceled', { retries: true })),
    runUnder('agent-stays-accepted', asks('set-cmk', 'resource-busy')),
    runUnder('accepted-then-lost', goesOn('set-cmk', 'OperationNotFound')),
    run(
      'Azure accepts the change, names no operation, and doesn’t make it.',
      (azure) => azure.fault(accepted),
      goesOn('set-cmk', 'key-not-shown'),
    ),
    runUnder(
      '200-without-the-property',
      asks('set-cmk', 'key-not-shown', { what: 'Azure accepts the change, but the resource keeps its key.' }),
    ),
    runUnder('another-change-under-way', goesOn('set-cmk', 'ConflictingConcurrentWriteNotAllowed')),
  ],
};

const rightRows: FailureGroup = {
  title: 'Permissions, policies, locks and registration',
  rows: [
    runUnder(
      'role-assignment-refused',
      asks('grant-key-access', 'AuthorizationFailed', { what: 'The bot doesn’t have permission to assign roles.' }),
    ),
    runUnder(
      'grant-condition',
      asks('grant-key-access', 'AuthorizationFailed', {
        what: 'The condition on the bot’s role admits another role only.',
      }),
    ),
    runUnder('deny-assignment', asks('enable-identity', 'DenyAssignmentAuthorizationFailed')),
    runUnder(
      'agent-write-refused',
      asks('enable-identity', 'AuthorizationFailed', { what: 'The bot doesn’t have permission to change resources.' }),
    ),
    runUnder('identity-not-known-yet', goesOn('grant-key-access', 'PrincipalNotFound')),
    runUnder('role-assignment-limit', asks('grant-key-access', 'RoleAssignmentLimitExceeded')),
    runUnder('policy-denies', asks('set-cmk', 'RequestDisallowedByPolicy')),
    runUnder('policy-denies-in-details', asks('set-cmk', 'RequestDisallowedByPolicy')),
    runUnder('everything-locked', asks('set-cmk', 'ScopeLocked')),
    runUnder('everything-locked', asks('check', 'blocked', { what: 'A read-only lock prevents changes.' })),
    runUnder('registration-missing', asks('set-cmk', 'MissingSubscriptionRegistration')),
    runUnder('type-not-offered', asks('check', 'InvalidResourceType')),
  ],
};

const ofKey = (change: object) => onKey(seeded.vault, seeded.key, (one) => Object.assign(one, change));

const deletedUnder = async (azure: AzureUnderRun): Promise<void> => {
  const keys = await keysOf(azure);
  await keys.createRsaKey(seeded.made);
  await (await keys.beginDeleteKey(seeded.made, { intervalInMs: 20 })).pollUntilDone();
};

const vaultRows: FailureGroup = {
  title: 'Vaults and keys',
  rows: [
    runUnder('vault-firewalled', asks('set-cmk', 'blocked')),
    runUnder('vault-firewalled', goesOn('verify')),
    runUnder('vault-firewalled', asks('make-key-version', 'ForbiddenByFirewall', { wish: 'rotate' })),
    runUnder('vault-private', asks('set-cmk', 'blocked')),
    runUnder('vault-private', asks('make-key-version', 'ForbiddenByConnection', { wish: 'rotate' })),
    runUnder('vault-refuses-the-bot', goesOn('verify')),
    runUnder(
      'vault-refuses-the-bot',
      asks('make-key-version', 'ForbiddenByRbac', {
        what: 'The bot doesn’t have permission to use keys.',
        wish: 'rotate',
      }),
    ),
    run(
      'The vault’s access policy for the bot is taken away.',
      (azure) => {
        const error = { code: 'Forbidden', message: '', innererror: { code: 'AccessDenied' } };
        return azure.fault({ match: { url: `/keys/${rotated.key}` }, respond: { status: 403, body: { error } } });
      },
      asks('make-key-version', 'AccessDenied', { wish: 'rotate' }),
    ),
    runUnder('vault-throttled', goesOn('verify')),
    runUnder('agents-notice-lost-keys', goesOn('make-key-version', null, { wish: 'rotate' })),
    run('The key is deleted.', changing(deleteKey(seeded.vault, seeded.key)), asks('set-cmk', 'blocked')),
    run('The key is disabled.', changing(ofKey({ enabled: false })), asks('verify', 'KeyDisabled')),
    run(
      'A deleted key has the name that is to be given.',
      deletedUnder,
      asks('make-key-version', 'ObjectIsDeletedButRecoverable', { wish: 'make' }),
    ),
    run(
      'Someone else creates the key that the request is to create.',
      async (azure) => {
        await (await keysOf(azure)).createRsaKey(seeded.made);
      },
      asks('make-key-version', 'key-of-others', { wish: 'make' }),
    ),
    run(
      'Someone sets another key on the resource.',
      changing(putUnder(seeded.agent, rotated.vault, rotated.key)),
      asks('set-cmk', 'key-moved'),
    ),
    run(
      'The vault is deleted.',
      async (azure) => {
        await azure.owner.vaults().vaults.delete('rg-care-prod', seeded.vault);
      },
      asks('grant-key-access', 'missing'),
    ),
    run(
      'The vault is switched to access policies.',
      changing(onVault(seeded.vault, (vault) => Object.assign(vault, { enableRbacAuthorization: false }))),
      asks('grant-key-access', 'access-mode-changed'),
    ),
  ],
};

const silently =
  (method: string, url: string, ...lose: string[]) =>
  (azure: AzureUnderRun) =>
    azure.fault({ match: { method, url }, lose });

const agentIs = (provisioningState: string) =>
  changing(onAgent(seeded.agent, (one) => Object.assign(one, { provisioningState })));

const ownRows: FailureGroup = {
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
    run('Another operation on the resource doesn’t end.', agentIs('Updating'), asks('set-cmk', 'resource-busy')),
    run(
      'The resource is deleted.',
      (azure) => azure.asOwner('DELETE', `${agentId(seeded.agent)}?api-version=2025-11-01`),
      asks('set-cmk', 'missing'),
    ),
    run(
      'The resource’s new identity is removed.',
      changing(onAgent(seeded.agent, ({ content }) => Object.assign(content, { identity: null }))),
      asks('grant-key-access', 'missing'),
    ),
    run(
      'The vault is moved to another group.',
      changing(onVault(seeded.vault, (vault) => Object.assign(vault, { resourceGroup: 'rg-care-test' }))),
      asks('check', 'vault-moved'),
    ),
    run(
      'The requester loses the requester role.',
      changing(({ groups }) => {
        for (const group of groups) group.memberIds = group.memberIds.filter((id) => id !== requester);
      }),
      asks('check', 'requester-lost-role'),
    ),
    run(
      'The resource loses a user-assigned identity.',
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
  if (known === undefined || identity == null) throw new Error('the resource has no identity');
  state.principals.push({ ...known, id: other, appId: other });
  identity.principalId = other;
};
const removeRole: Change = (state) => {
  state.roleAssignments = state.roleAssignments.filter(({ scope }) => !scope.endsWith(`/keys/${seeded.key}`));
};
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

const goneRows: FailureGroup = {
  title: 'Deleted, moved or replaced resources',
  rows: [
    run(
      'The resource gets another identity after it got access to the key.',
      changing(exchangeIdentity),
      asks('set-cmk', 'identity-changed', { retries: true }),
    ),
    run(
      'The role assignment is removed after the key was set.',
      changing(removeRole),
      asks('verify', 'access-gone', { retries: true }),
    ),
    run(
      'The resource is deleted and created again before a rotation: it has no key.',
      recreate(rotated.agent),
      asks('check', 'replaced', { wish: 'rotate' }),
    ),
    run(
      'The vault is purged and created again, with a key of the same name, before the run.',
      recreateVault,
      asks('check', 'replaced'),
    ),
    run(
      'The resource is moved to another group during the run.',
      changing(onAgent(seeded.agent, (agent) => Object.assign(agent, { resourceGroup: 'rg-care-test' }))),
      asks('set-cmk', 'resource-moved'),
    ),
    // A replica of Azure that lags answers once that there is no such thing.
    run(
      'Azure doesn’t find the resource once, though it is there.',
      (azure) => {
        const body = { error: { code: 'ResourceNotFound', message: 'The Resource was not found.' } };
        const match = { method: 'GET', url: `healthBots/${seeded.agent}\\?` };
        return azure.fault({ match, times: 1, respond: { status: 404, body } });
      },
      goesOn('set-cmk'),
    ),
  ],
};

const answerRows: FailureGroup = {
  title: 'Network and answers',
  rows: [
    runUnder('throttled', goesOn('grant-key-access')),
    runUnder('reset-after-apply', goesOn('set-cmk', 'ECONNRESET')),
    runUnder('poll-404-once', goesOn('set-cmk', 'OperationNotFound')),
    runUnder('broken-json-once', goesOn('set-cmk', 'UnexpectedAnswer')),
    runUnder('broken-json-once', goesOn('check')),
    runUnder('proxy-page-once', goesOn('set-cmk')),
    runUnder('resource-graph-lags', goesOn('check')),
    runUnder('reads-lag', goesOn('set-cmk', 'key-not-shown', { timePasses: true })),
    runUnder('azure-is-down', asks('set-cmk', 'ServiceUnavailable')),
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

const signInRows: FailureGroup = {
  title: 'Sign-in of the bot',
  rows: [
    runUnder('secret-expired', asks('set-cmk', 'AADSTS7000222')),
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

const calls = {
  /** The write that gives the agent its identity: the first of a run. */
  write: ['A change of a resource', 'PATCH', 'healthBots', 'enable-identity'],
  grant: ['A grant', 'PUT', 'roleAssignments', 'grant-key-access'],
  read: ['Reading the resource', 'GET', 'healthBots/triage', 'check'],
} as const;
const is = (call: keyof typeof calls, status: number, code: string, more?: string): FailureRow => {
  const [what, method, url, at] = calls[call];
  return run(`${what} is refused: ${status} ${code}.`, answers(method, url, status, code, more), asks(at, code));
};
const fails = (code: string, what = `The change of a key fails with ${code}.`): FailureRow =>
  run(what, ends(code), asks('set-cmk', code));

const linked =
  "The client has permission to perform action 'Microsoft.HealthBot/healthBots/write' on scope '/x'; however, it does not have permission to perform action(s) 'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action' on the linked scope(s) '/subscriptions/40000000-0000-4000-8000-000000000001/resourceGroups/rg-care-prod/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-shared' (respectively).";

const codeRows: FailureGroup = {
  title: 'Other codes',
  rows: [
    is('write', 403, 'LinkedAuthorizationFailed', linked),
    is('write', 404, 'NotFound'),
    is('write', 404, 'ResourceNotFound'),
    is('write', 404, 'ResourceGroupNotFound'),
    is('grant', 404, 'ParentResourceNotFound'),
    is('grant', 403, 'DenyAssignmentAuthorizationFailed'),
    is('grant', 409, 'RoleAssignmentUpdateNotPermitted'),
    is('write', 403, 'RequestDisallowedByAzure'),
    is('write', 409, 'ResourceGroupBeingDeleted'),
    is('write', 400, 'FailedIdentityOperation'),
    is('write', 409, 'ReadOnlyDisabledSubscription'),
    is('write', 409, 'QuotaExceeded'),
    is('read', 404, 'SubscriptionNotFound'),
    is('read', 400, 'NoRegisteredProviderFound'),
    is('read', 400, 'InvalidApiVersionParameter'),
    is('read', 401, 'ExpiredAuthenticationToken'),
    is('read', 401, 'InvalidAuthenticationToken'),
    is('read', 401, 'InvalidAuthenticationTokenTenant'),
    is('read', 401, 'AuthenticationFailed'),
    fails('Canceled'),
    fails('ForbiddenByPolicy'),
    fails(unknownCode, 'The operation that sets the key fails with an unlisted code.'),
    { ...is('write', 400, unknownCode), what: 'Azure refuses a change with an unlisted code.' },
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

export const groups: readonly FailureGroup[] = [
  operationRows,
  rightRows,
  vaultRows,
  ownRows,
  goneRows,
  signInRows,
  answerRows,
  codeRows,
];
