import { ManagedIdentityCredential } from '@azure/identity';
import { createLocalJWKSet, type JWTPayload, jwtVerify } from 'jose';
import { changeState, http } from '../support/azure/local-azure.ts';
import { clientsOf } from '../support/azure/local-azure-clients.ts';
import { bot, careId, tenantId } from '../support/azure/local-azure-names.ts';
import { simulatedAzure } from '../support/azure/simulated-azure.ts';

/** Tokens as a service that knows nothing but the tenant's published addresses sees them, and who gets which. */

const azure = simulatedAzure({ restores: true });

const get = async (url: string) => {
  const { pathname, search } = new URL(url);
  return (await http(azure, 'GET', pathname + search)).body;
};

/** As a service would: issuer and keys from the tenant's own description, RS256 and nothing else. */
const verified = async (token: string): Promise<JWTPayload> => {
  const { issuer, jwks_uri: keys } = await get(`${azure.url}/${tenantId}/.well-known/openid-configuration`);
  const published = createLocalJWKSet(await get(keys));
  // How long it lives is looked at apart, and a busy machine may be later than that.
  const { payload } = await jwtVerify(token, published, { issuer, algorithms: ['RS256'], clockTolerance: 60 });
  return payload;
};

const post = (scope: string) =>
  http(azure, 'POST', `/${tenantId}/oauth2/v2.0/token`, {
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: bot.id,
      client_secret: bot.secret,
      scope,
    }).toString(),
  });
const use = (token: string) =>
  http(azure, 'GET', '/subscriptions?api-version=2022-12-01', { headers: { authorization: `Bearer ${token}` } });

describe('a token of an application', () => {
  test('verifies by the keys that the tenant publishes, until it is changed', async () => {
    const token = await clientsOf(azure).token();
    expect(await verified(token)).toMatchObject({ oid: bot.id, appid: bot.id, tid: tenantId, idtyp: 'app' });
    const [head = '', body = '', signature = ''] = token.split('.');
    const payload = JSON.parse(Buffer.from(body, 'base64url').toString());
    const forged = Buffer.from(JSON.stringify({ ...payload, oid: 'somebody' })).toString('base64url');
    const refused = await use(`${head}.${forged}.${signature}`);
    expect(refused.body.error.code).toBe('InvalidAuthenticationToken');
  });

  test.each([
    'https://management.azure.com',
    'https://management.azure.com/',
    'https://vault.azure.net',
    'https://storage.azure.com',
    'https://ossrdbms-aad.database.windows.net',
    'https://api.botframework.com',
  ])('is for %s, letter by letter', async (resource) => {
    const { body } = await post(`${resource}/.default`);
    expect((await verified(body.access_token)).aud).toBe(resource);
  });

  test('lives as long as the tenant says, and is refused afterwards, though it was genuine before', async () => {
    await changeState(azure, (state) => {
      state.settings.tokenSeconds = { application: 1, managedIdentity: 60, person: 60 };
    });
    const { body } = await post('https://management.azure.com/.default');
    const { iat = 0, exp = 0 } = await verified(body.access_token);
    expect([exp - iat, body.expires_in]).toEqual([1, 1]);
    await use(body.access_token);
    await new Promise((resolve) => setTimeout(resolve, (exp + 1) * 1000 - Date.now()));
    const refused = await use(body.access_token);
    expect([refused.status, refused.body.error.code]).toEqual([401, 'ExpiredAuthenticationToken']);
  });

  test('is not for a resource that there is not', async () => {
    const unknown = await post('https://nowhere.example/.default');
    expect([unknown.status, unknown.body.error_description]).toEqual([400, expect.stringContaining('AADSTS500011')]);
  });
});

describe('a machine', () => {
  const shared = `/subscriptions/${careId}/resourceGroups/rg-care-prod/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-visitor`;
  const sharedId = '90000000-0000-4000-8000-000000000004';
  const ask = (query: string, headers: Record<string, string> = { metadata: 'true' }) =>
    http(
      azure,
      'GET',
      `/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://management.azure.com/${query}`,
      { headers },
    );

  test('gets its own identity, or one that it was given, and no other', async () => {
    await changeState(azure, (state) => {
      state.host = { systemAssigned: bot.id, userAssigned: [shared] };
    });
    const oidOf = async (query: string) => (await verified((await ask(query)).body.access_token)).oid;
    expect(await oidOf('')).toBe(bot.id);
    expect(await oidOf(`&client_id=${sharedId}`)).toBe(sharedId);
    expect(await oidOf(`&mi_res_id=${shared.toUpperCase()}`)).toBe(sharedId);
    for (const other of [`client_id=50000000-0000-4000-8000-000000000001`, `mi_res_id=${shared}-2`, 'client_id=']) {
      expect(await ask(`&${other}`)).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    }
    expect((await ask('', {})).status).toBe(400);
  });

  test('is known to the official client, which turns elsewhere when it is not', async () => {
    process.env.IDENTITY_ENDPOINT = `${azure.url}/msi/token`;
    process.env.IDENTITY_HEADER = 'x';
    try {
      const token = (clientId?: string) =>
        new ManagedIdentityCredential({
          ...(clientId === undefined ? {} : { clientId }),
          tlsOptions: { ca: azure.ca },
          retryOptions: { maxRetries: 0 },
        }).getToken('https://vault.azure.net/.default');
      const { token: own } = await token();
      expect(await verified(own)).toMatchObject({ oid: bot.id, aud: 'https://vault.azure.net' });
      await expect(token(sharedId)).rejects.toThrow();
    } finally {
      delete process.env.IDENTITY_ENDPOINT;
      delete process.env.IDENTITY_HEADER;
    }
  });
});
