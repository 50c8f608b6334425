import { jest } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { type Authority, openAuthority } from '../../../../src/teams/sign-in/authority.ts';
import { type TokenRequirements, verifyToken } from '../../../../src/teams/sign-in/verify-token.ts';
import { startEntra, type TestEntra } from '../../../support/azure/entra.ts';
import { approver, tenant } from '../../../support/builders/fixtures.ts';

/** Tokens as somebody might try them, against an authority with keys of its own. */

const appId = '50000000-0000-4000-8000-000000000002';
const otherTenant = '30000000-0000-4000-8000-000000000000';
const nonce = 'the-nonce';
const clock = { now: new Date('2026-03-02T12:00:00Z') };
const now = () => clock.now;
const at = (minutes: number): number => Math.floor(Date.parse('2026-03-02T12:00:00Z') / 1_000) + minutes * 60;

let entra: TestEntra;
let authority: Authority;

const usual = (nowS: number, iss: string) => ({
  ...{ iss, aud: appId, tid: tenant, oid: approver, nonce },
  ...{ iat: nowS, nbf: nowS, exp: nowS + 3_600, auth_time: nowS - 120 },
  ...{ acrs: ['c1', 'c7'], amr: ['fido', 'mfa'], scp: 'access_as_user' },
});
beforeAll(async () => {
  entra = await startEntra({ tenantId: tenant, now, usual });
});
afterAll(() => entra.stop());
afterEach(() => jest.restoreAllMocks());
beforeEach(() => {
  clock.now = new Date('2026-03-02T12:00:00Z');
  entra.mend();
  authority = openAuthority({ host: entra.host, tenantId: tenant, ca: entra.ca, now });
});

const teams: TokenRequirements = { how: 'teams' };
const browser: TokenRequirements = { how: 'browser', nonce };
const verify = (token: string, wanted: TokenRequirements = teams) =>
  verifyToken(authority, appId, token, wanted, now());

async function comesTo(claims: Readonly<Record<string, unknown>>, wanted: TokenRequirements = teams): Promise<string> {
  const verified = await verify(await entra.token(claims), wanted);
  return verified.kind === 'verified' ? 'verified' : `${verified.kind}: ${verified.why}`;
}

const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('a token of the tenant for the app', () => {
  it('proves who signed in, when, and how', async () => {
    expect(await verify(await entra.token())).toEqual({
      kind: 'verified',
      signIn: {
        person: approver,
        tenantId: tenant,
        signedInAt: '2026-03-02T11:58:00.000Z',
        contexts: ['c1', 'c7'],
        methods: ['fido', 'mfa'],
        how: 'teams',
      },
    });
  });

  it('is taken for the app id, and from Teams for its api address as well', async () => {
    expect(await comesTo({ aud: `api://botid-${appId}` })).toBe('verified');
    expect(await comesTo({ aud: `api://botid-${appId}` }, browser)).toBe(
      'invalid: ERR_JWT_CLAIM_VALIDATION_FAILED aud',
    );
  });

  it('may say nothing of contexts and methods: that is a sign-in which meets none', async () => {
    const verified = await verify(await entra.token({ acrs: null, amr: null }));
    expect(verified).toMatchObject({ signIn: { contexts: [], methods: [] } });
  });

  it('may name its one context alone', async () => {
    expect(await verify(await entra.token({ acrs: 'c1' }))).toMatchObject({ signIn: { contexts: ['c1'] } });
  });
});

describe('claims that are not taken', () => {
  it.each([
    ['another issuer', { iss: 'https://login.example.com/v2.0' }, 'ERR_JWT_CLAIM_VALIDATION_FAILED iss'],
    ['version 1 issuer', { iss: `https://sts.windows.net/${tenant}/` }, 'ERR_JWT_CLAIM_VALIDATION_FAILED iss'],
    ['another app', { aud: '60000000-0000-4000-8000-000000000009' }, 'ERR_JWT_CLAIM_VALIDATION_FAILED aud'],
    ['Microsoft Graph', { aud: 'https://graph.microsoft.com' }, 'ERR_JWT_CLAIM_VALIDATION_FAILED aud'],
    ['another tenant', { tid: otherTenant }, 'another tenant'],
    ['no tenant', { tid: null }, 'claim tid'],
    ['no object id', { oid: null }, 'claim oid'],
    ['a name as object id', { oid: 'approver@example.com' }, 'claim oid'],
    ['expired', { exp: at(-2) }, 'ERR_JWT_EXPIRED exp'],
    ['never expiring', { exp: null }, 'ERR_JWT_CLAIM_VALIDATION_FAILED exp'],
    ['not valid yet', { nbf: at(2) }, 'ERR_JWT_CLAIM_VALIDATION_FAILED nbf'],
    ['no start', { nbf: null }, 'ERR_JWT_CLAIM_VALIDATION_FAILED nbf'],
    ['no time of sign-in', { auth_time: null }, 'claim auth_time'],
    ['a text as time of sign-in', { auth_time: '2026-03-02' }, 'claim auth_time'],
    ['a time that is no date', { auth_time: 1e300 }, 'claim auth_time'],
    ['contexts that are none', { acrs: [1] }, 'claim acrs.0'],
  ])('%s', async (_, claims, why) => {
    expect(await comesTo(claims)).toBe(`invalid: ${why}`);
  });

  it.each([
    ['no scope, as an ID token or an app has it', { scp: null }],
    ['another scope', { scp: 'access_as_user_too profile' }],
  ])('from Teams: %s', async (_, claims) => {
    expect(await comesTo(claims)).toBe('invalid: no token of the Teams client');
  });

  it.each([
    ['the nonce of another sign-in', { nonce: 'another' }],
    ['no nonce, as an access token has it', { nonce: null }],
  ])('from a browser: %s', async (_, claims) => {
    expect(await comesTo(claims, browser)).toBe('invalid: another nonce');
  });
});

describe('signatures that are not taken', () => {
  const claims = () => usual(at(0), `${entra.host}/${tenant}/v2.0`);
  const said = async (token: string) => (await verify(token)) as unknown;

  const notAllowed = 'ERR_JOSE_ALG_NOT_ALLOWED';
  const signedWith = async (alg: string, header: object = {}) => {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
    const own = 'jku' in header ? { jwk: await exportJWK(publicKey) } : {};
    return new SignJWT(claims()).setProtectedHeader({ alg, kid: 'key-1', ...own, ...header }).sign(privateKey);
  };

  it.each<[string, () => string | Promise<string>, string]>([
    ['none at all', () => `${base64({ alg: 'none', typ: 'JWT' })}.${base64(claims())}.`, notAllowed],
    [
      'HS256, with anything as the secret',
      () =>
        new SignJWT(claims())
          .setProtectedHeader({ alg: 'HS256', kid: 'key-1' })
          .sign(new TextEncoder().encode(entra.ca)),
      notAllowed,
    ],
    ['ES256', () => signedWith('ES256'), notAllowed],
    ['a key of somebody else under a known name', () => signedWith('RS256'), 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'],
    [
      'a key that nobody knows, which the token brings along',
      () => signedWith('RS256', { kid: 'mine', jku: 'https://evil.example/keys' }),
      'ERR_JWKS_NO_MATCHING_KEY',
    ],
  ])('%s', async (_what, token, why) => expect(await said(await token())).toEqual({ kind: 'invalid', why }));

  it.each(['', 'a', 'a.b', 'a.b.c', 'é.é.é', '....'])('no token: “%s”', async (token) => {
    expect(await said(token)).toMatchObject({ kind: 'invalid' });
  });
});

describe('the authority', () => {
  it('is asked for its metadata and keys once, not for every token', async () => {
    const before = { ...entra.asked };
    for (let n = 0; n < 3; n += 1) expect(await comesTo({})).toBe('verified');
    expect(entra.asked['openid-configuration']).toBe((before['openid-configuration'] ?? 0) + 1);
    expect(entra.asked.keys).toBe((before.keys ?? 0) + 1);
  });

  it('may change its key: the new one is found, and the old one counts no more', async () => {
    const old = await entra.token();
    expect(await verify(old)).toMatchObject({ kind: 'verified' });
    await entra.rotate();
    expect(await comesTo({})).toBe('invalid: ERR_JWKS_NO_MATCHING_KEY');
    // Keys are looked for again, but not within seconds of the last time.
    const later = Date.now() + 15_000;
    jest.spyOn(Date, 'now').mockImplementation(() => later);
    expect(await comesTo({})).toBe('verified');
    expect(await verify(old)).toMatchObject({ kind: 'invalid', why: 'ERR_JWKS_NO_MATCHING_KEY' });
  });

  it.each([
    ['metadata', 'openid-configuration', 500, {}],
    ['metadata that are none', 'openid-configuration', 200, { issuer: 'x' }],
    ['keys', 'keys', 503, {}],
    ['keys that are none', 'keys', 200, { keys: 'x' }],
  ] as const)('out of reach (%s): nobody is let through', async (_, path, status, body) => {
    entra.answer(path, status, body);
    expect(await comesTo({})).toMatch(/^unreachable: /);
  });

  it('is not believed when it speaks for another tenant, or for all of them', async () => {
    for (const whose of [otherTenant, 'common', '{tenantid}']) {
      entra.answer('openid-configuration', 200, {
        issuer: `${entra.host}/${whose}/v2.0`,
        authorization_endpoint: `${entra.host}/a`,
        token_endpoint: `${entra.host}/t`,
        jwks_uri: `${entra.host}/keys`,
      });
      expect(await comesTo({})).toMatch(/^unreachable: .*it is about /);
    }
  });
});
