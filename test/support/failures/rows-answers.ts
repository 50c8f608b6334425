/** How Azure answers, and how the bot signs in to it. */
import { bot, customCloud } from '../../contract/azure-setup.ts';
import type { AzureUnderRun } from './azure-under-run.ts';
import { type FailureGroup, look, lookUnder, run, runUnder } from './failure-row.ts';
import { listOf, membership, reviewOf } from './looks.ts';

const asks = 'needs attention';
const goesOn = 'continues';
const refused = 'is refused';

const vaultsListed = listOf(({ inventory }) => inventory.vaults());

export const answerRows: FailureGroup = {
  title: 'Network and answers',
  rows: [
    runUnder('throttled', { at: 'grant-key-access', ends: goesOn, code: null, apart: true }),
    runUnder('reset-after-apply', { at: 'set-cmk', ends: goesOn, code: 'ECONNRESET' }),
    runUnder('poll-404-once', { at: 'set-cmk', ends: goesOn, code: 'OperationNotFound' }),
    runUnder('broken-json-once', { at: 'set-cmk', ends: goesOn, code: 'UnexpectedAnswer' }),
    runUnder('broken-json-once', { at: 'check', ends: goesOn, code: null }),
    runUnder('proxy-page-once', { at: 'set-cmk', ends: goesOn, code: null }),
    runUnder('slow-answers', { at: 'verify', ends: goesOn, code: null, apart: true }),
    lookUnder('resource-graph-lags', { by: 'a list', ends: goesOn, code: null, look: vaultsListed }),
    runUnder('reads-lag', { at: 'set-cmk', timePasses: true, ends: goesOn, code: 'key-not-shown' }),
    run(
      'The clock of the bot’s machine is set an hour ahead in the middle of a try.',
      async (azure, approved) => {
        await azure.turnOn('another-change-under-way');
        approved.setClock(3_600_000);
      },
      { at: 'set-cmk', ends: goesOn, code: 'ConflictingConcurrentWriteNotAllowed' },
    ),
    run(
      'It is set back by an hour.',
      async (azure, approved) => {
        await azure.turnOn('another-change-under-way');
        approved.setClock(-3_600_000);
      },
      { at: 'set-cmk', ends: goesOn, code: 'ConflictingConcurrentWriteNotAllowed' },
    ),
    runUnder('azure-is-down', {
      at: 'set-cmk',
      ends: asks,
      code: 'ServiceUnavailable',
      mend: (azure) => azure.allOff(),
    }),
    runUnder('azure-is-down', { at: 'check', ends: asks, code: 'ServiceUnavailable', mend: (azure) => azure.allOff() }),
    lookUnder('azure-is-down', {
      by: 'the review',
      ends: refused,
      code: 'ServiceUnavailable',
      look: reviewOf('enable'),
    }),
    look('Resource Graph does not understand the bot’s query (400).', {
      by: 'a list',
      ends: refused,
      code: 'InvalidQuery',
      look: async (azure) => {
        const details = [{ code: 'InvalidQuery', message: 'Query is invalid.' }];
        const error = { code: 'BadRequest', message: 'Please provide below info when asking for support.', details };
        await azure.fault({ match: { url: 'Microsoft.ResourceGraph' }, respond: { status: 400, body: { error } } });
        return vaultsListed(azure);
      },
    }),
    run(
      'What answers has a certificate that is not trusted.',
      async (azure, approved) => {
        const cloud = { ...customCloud(azure.running), tls: {} };
        approved.reconnect({ cloud, authority: customCloud(azure.running) });
      },
      {
        at: 'set-cmk',
        ends: asks,
        code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
        mend: async (_, approved) => approved.reconnect(),
      },
    ),
    run(
      'A vault asks for a token that is meant for another place.',
      // The local Azure's vaults are ports of one host, and name Azure's own.
      async ({ running }, approved) =>
        approved.reconnect({ cloud: { ...customCloud(running), verifyChallenges: true } }),
      { at: 'verify', ends: asks, code: 'ForeignChallenge', mend: async (_, approved) => approved.reconnect() },
    ),
  ],
};

const withSecret = (secret: string) => (azure: AzureUnderRun) =>
  azure.change((state) => {
    state.settings.secretsExpired = false;
    for (const one of state.principals.filter(({ id }) => id === bot.id)) one.secret = secret;
  });

const bySecret = (secret: string, id = bot.id) => ({ who: { id, secret } });

/** As Entra words them; the local one has other answers for these. */
const signInsRefused = [
  ['AADSTS90002', "AADSTS90002: Tenant 'x' not found. Check to make sure you have the correct tenant ID."],
  ['AADSTS53003', 'AADSTS53003: Access has been blocked by Conditional Access policies.'],
] as const;

export const signInRows: FailureGroup = {
  title: 'Sign-in of the bot',
  rows: [
    runUnder('secret-expired', {
      at: 'set-cmk',
      ends: asks,
      code: 'AADSTS7000222',
      mend: async (azure, approved) => {
        // The faults go with the old secret's tokens.
        await azure.allOff();
        await withSecret('made anew')(azure);
        approved.reconnect(bySecret('made anew'));
      },
    }),
    lookUnder('secret-expired', { by: 'a decision', ends: refused, code: 'AADSTS7000222', look: membership }),
    run(
      'The secret is replaced in Entra alone.',
      async (azure, approved) => {
        await withSecret('made anew')(azure);
        approved.reconnect();
      },
      {
        at: 'set-cmk',
        ends: asks,
        code: 'AADSTS7000215',
        mend: async (_, approved) => approved.reconnect(bySecret('made anew')),
      },
    ),
    run(
      'The bot’s app is not in the tenant.',
      async (_, approved) => approved.reconnect(bySecret('local-bot', '50000000-0000-4000-8000-0000000000ff')),
      { at: 'set-cmk', ends: asks, code: 'AADSTS700016', mend: async (_, approved) => approved.reconnect() },
    ),
    run(
      'The tenant doesn’t exist.',
      async (_, approved) => approved.reconnect({ signIn: { tenantId: '10000000-0000-4000-8000-0000000000ff' } }),
      {
        at: 'set-cmk',
        ends: asks,
        code: 'endpoints_resolution_error',
        mend: async (_, approved) => approved.reconnect(),
      },
    ),
    run(
      'The machine has no managed identity, and the bot no other way to sign in.',
      async ({ running }, approved) => {
        // The one thing the SDK reads of the environment: where the machine's own endpoint is.
        process.env.AZURE_POD_IDENTITY_AUTHORITY_HOST = running.url.replace('https', 'http').replace(/\d+$/, '9');
        approved.reconnect({ signIn: { clientId: null, clientSecret: null } });
      },
      {
        at: 'set-cmk',
        ends: asks,
        code: 'CredentialUnavailableError',
        mend: async (_, approved) => {
          delete process.env.AZURE_POD_IDENTITY_AUTHORITY_HOST;
          approved.reconnect();
        },
      },
    ),
    ...signInsRefused.map(([code, description]) =>
      run(
        `Signing in is refused with ${code}.`,
        async (azure, approved) => {
          const body = { error: 'invalid_request', error_description: description };
          await azure.fault({ match: { url: '/oauth2/v2.0/token' }, respond: { status: 400, body } });
          approved.reconnect();
        },
        { at: 'set-cmk', ends: asks, code },
      ),
    ),
    runUnder('token-expired-once', { at: 'set-cmk', ends: goesOn, code: null }),
    runUnder('directory-is-down', {
      what: 'Microsoft Graph answers 503.',
      at: 'check',
      ends: asks,
      code: 'membership-unknown',
      mend: (azure) => azure.allOff(),
    }),
    lookUnder('directory-is-down', { by: 'a decision', ends: refused, code: 'serviceNotAvailable', look: membership }),
  ],
};
