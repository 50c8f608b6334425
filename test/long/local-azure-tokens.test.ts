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
const verified = async (token: string, version = ''): Promise<JWTPayload> => {
  const { issuer, jwks_uri: keys } = await get(`${azure.url}/${tenantId}${version}/.well-known/openid-configuration`);
  const published = createLocalJWKSet(await get(keys));
  return (
    await jwtVerify(token, published, {
      issuer,
      algorithms: ['RS256'],
      // How long it lives is looked at apart, and a busy machine may be later than that.
      clockTolerance: 60,
    })
  ).payload;
};

const post = (scope: string, tenant = tenantId) =>
  http(azure, 'POST', `/${tenant}/oauth2/v2.0/token`, {
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: bot.id,
      client_secret: bot.secret,
      scope,
    }).toString(),
  });

describe('a token of an application', () => {
  test('verifies by the keys that the tenant publishes, until it is changed or somebody else signs', async () => {
    const token = await clientsOf(azure).token();
    expect(await verified(token)).toMatchObject({
      oid: bot.id,
      appid: bot.id,
      tid: tenantId,
      idtyp: 'app',
      ver: '1.0',
    });
    const [head = '', body = '', signature = ''] = token.split('.');
    const payload = JSON.parse(Buffer.from(body, 'base64url').toString());
    const forged = Buffer.from(JSON.stringify({ ...payload, oid: 'somebody' })).toString('base64url');
    await expect(verified(`${head}.${forged}.${signature}`)).rejects.toThrow('signature');
    const headers = { authorization: `Bearer ${head}.${forged}.${signature}` };
    const refused = await http(azure, 'GET', '/subscriptions?api-version=2022-12-01', { headers });
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

  test('lives as long as the tenant says, and is refused afterwards', async () => {
    await changeState(azure, (state) => {
      state.settings.tokenSeconds = { application: 1, managedIdentity: 60, person: 60 };
    });
    const { body } = await post('https://management.azure.com/.default');
    const { iat = 0, exp = 0 } = await verified(body.access_token);
    expect([exp - iat, body.expires_in]).toEqual([1, 1]);
    const headers = { authorization: `Bearer ${body.access_token}` };
    const use = () => http(azure, 'GET', '/subscriptions?api-version=2022-12-01', { headers });
    // That it was genuine before excuses nothing.
    await use();
    await new Promise((resolve) => setTimeout(resolve, (exp + 1) * 1000 - Date.now()));
    const refused = await use();
    expect([refused.status, refused.body.error.code]).toEqual([401, 'ExpiredAuthenticationToken']);
  });

  test('is not for a resource that there is not, nor for one who names no tenant', async () => {
    const unknown = await post('https://nowhere.example/.default');
    expect([unknown.status, unknown.body.error_description]).toEqual([400, expect.stringContaining('AADSTS500011')]);
    const nowhere = await post('https://management.azure.com/.default', 'organizations');
    expect([nowhere.status, nowhere.body.error_description]).toEqual([400, expect.stringContaining('AADSTS50059')]);
  });
});

test('who leaves the tenant open is told that the issuer depends on it', async () => {
  const open = await get(`${azure.url}/organizations/v2.0/.well-known/openid-configuration`);
  expect(open).toMatchObject({
    issuer: `${azure.url}/{tenantid}/v2.0`,
    token_endpoint: `${azure.url}/organizations/oauth2/v2.0/token`,
  });
  expect(await get(open.jwks_uri)).toEqual(await get(`${azure.url}/${tenantId}/discovery/keys`));
});

describe('a machine', () => {
  const shared = `/subscriptions/${careId}/resourceGroups/rg-care-prod/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-visitor`;
  const sharedId = '90000000-0000-4000-8000-000000000004';
  const resource = 'resource=https://management.azure.com/';
  const vm = (query = '') =>
    http(azure, 'GET', `/metadata/identity/oauth2/token?api-version=2018-02-01&${resource}${query}`, {
      headers: { metadata: 'true' },
    });
  const site = (query = '') =>
    http(azure, 'GET', `/msi/token?api-version=2019-08-01&${resource}${query}`, {
      headers: { 'x-identity-header': 'x' },
    });
  const host = (systemAssigned: string | null, ...userAssigned: readonly string[]) =>
    changeState(azure, (state) => {
      state.host = { systemAssigned, userAssigned };
    });
  const oidOf = async (answer: { readonly body: { readonly access_token: string } }) =>
    (await verified(answer.body.access_token)).oid;

  test('gets its own identity, or one that it was given, by each of its names', async () => {
    await host(bot.id, shared);
    for (const ask of [vm, site]) {
      expect(await oidOf(await ask())).toBe(bot.id);
      for (const name of ['client_id', 'object_id', 'principal_id']) {
        expect(await oidOf(await ask(`&${name}=${sharedId}`))).toBe(sharedId);
        expect(await oidOf(await ask(`&${name}=${bot.id}`))).toBe(bot.id);
      }
      for (const name of ['mi_res_id', 'msi_res_id']) {
        const { body } = await ask(`&${name}=${shared.toUpperCase()}`);
        expect(await verified(body.access_token)).toMatchObject({
          oid: sharedId,
          xms_mirid: shared,
          aud: 'https://management.azure.com/',
        });
      }
    }
  });

  test.each([
    ['an id that is nobody', 'client_id', '50000000-0000-4000-8000-0000000000ff'],
    ['an application that is not the machine', 'client_id', '50000000-0000-4000-8000-000000000001'],
    ['the identity of an agent', 'principal_id', '90000000-0000-4000-8000-000000000001'],
    ['an identity that it was not given', 'mi_res_id', shared],
    ['an identity that there is not', 'msi_res_id', `${shared}-2`],
    ['nothing', 'client_id', ''],
  ])('gets no token as %s', async (_, name, value) => {
    const atVm = await vm(`&${name}=${value}`);
    expect([atVm.status, atVm.body]).toEqual([
      400,
      { error: 'invalid_request', error_description: 'Identity not found' },
    ]);
    const atSite = await site(`&${name}=${value}`);
    expect([atSite.status, atSite.body]).toEqual([
      400,
      { statusCode: 400, message: expect.stringContaining('No User Assigned or Delegated Managed Identity found') },
    ]);
  });

  test('without an identity of its own uses the only one that it has, and none of several', async () => {
    await host(null, shared);
    expect(await oidOf(await vm())).toBe(sharedId);
    await host(null);
    expect((await vm()).status).toBe(400);
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
      const { token: own, expiresOnTimestamp } = await token();
      expect(await verified(own)).toMatchObject({ oid: bot.id, aud: 'https://vault.azure.net' });
      expect(expiresOnTimestamp - Date.now()).toBeGreaterThan(20 * 3_600_000);
      await expect(token(sharedId)).rejects.toThrow();
    } finally {
      delete process.env.IDENTITY_ENDPOINT;
      delete process.env.IDENTITY_HEADER;
    }
  });
});
