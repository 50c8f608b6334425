/** How Azure answers, and how the bot signs in to it. */
import { bot, customCloud } from '../../contract/azure-setup.ts';
import type { AzureUnderRun } from './azure-under-run.ts';
import { asks, type FailureGroup, goesOn, look, lookUnder, refused, run, runUnder } from './failure-row.ts';
import { listOf, membership, reviewOf } from './looks.ts';
import { allOff } from './mends.ts';

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
    runUnder('azure-is-down', asks('set-cmk', 'ServiceUnavailable', allOff)),
    runUnder('azure-is-down', asks('check', 'ServiceUnavailable', allOff)),
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
      asks('set-cmk', 'DEPTH_ZERO_SELF_SIGNED_CERT', async (_, approved) => approved.reconnect()),
    ),
    run(
      'A vault asks for a token that is meant for another place.',
      // The local Azure's vaults are ports of one host, and name Azure's own.
      async ({ running }, approved) =>
        approved.reconnect({ cloud: { ...customCloud(running), verifyChallenges: true } }),
      asks('verify', 'ForeignChallenge', async (_, approved) => approved.reconnect()),
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
    runUnder(
      'secret-expired',
      asks('set-cmk', 'AADSTS7000222', async (azure, approved) => {
        // The faults go with the old secret's tokens.
        await azure.allOff();
        await withSecret('made anew')(azure);
        approved.reconnect(bySecret('made anew'));
      }),
    ),
    lookUnder('secret-expired', refused('a decision', 'AADSTS7000222', membership)),
    run(
      'The secret is replaced in Entra alone.',
      async (azure, approved) => {
        await withSecret('made anew')(azure);
        approved.reconnect();
      },
      asks('set-cmk', 'AADSTS7000215', async (_, approved) => approved.reconnect(bySecret('made anew'))),
    ),
    run(
      'The bot’s app is not in the tenant.',
      async (_, approved) => approved.reconnect(bySecret('local-bot', '50000000-0000-4000-8000-0000000000ff')),
      asks('set-cmk', 'AADSTS700016', async (_, approved) => approved.reconnect()),
    ),
    run(
      'The tenant doesn’t exist.',
      async (_, approved) => approved.reconnect({ signIn: { tenantId: '10000000-0000-4000-8000-0000000000ff' } }),
      asks('set-cmk', 'endpoints_resolution_error', async (_, approved) => approved.reconnect()),
    ),
    run(
      'The machine has no managed identity, and the bot no other way to sign in.',
      async ({ running }, approved) => {
        // The one thing the SDK reads of the environment: where the machine's own endpoint is.
        process.env.AZURE_POD_IDENTITY_AUTHORITY_HOST = running.url.replace('https', 'http').replace(/\d+$/, '9');
        approved.reconnect({ signIn: { clientId: null, clientSecret: null } });
      },
      asks('set-cmk', 'CredentialUnavailableError', async (_, approved) => {
        delete process.env.AZURE_POD_IDENTITY_AUTHORITY_HOST;
        approved.reconnect();
      }),
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
    runUnder(
      'directory-is-down',
      asks('check', 'membership-unknown', { what: 'Microsoft Graph answers 503.', mend: allOff }),
    ),
    lookUnder('directory-is-down', refused('a decision', 'serviceNotAvailable', membership)),
  ],
};
