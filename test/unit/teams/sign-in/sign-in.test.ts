import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { jest } from '@jest/globals';
import { decodeJwt, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { type Authority, httpsFetch, openAuthority } from '../../../../src/teams/sign-in/authority.ts';
import { authorizeUrl, type FlowTools, redeem } from '../../../../src/teams/sign-in/code-flow.ts';
import { type TokenRequirements, verifyToken } from '../../../../src/teams/sign-in/verify-token.ts';
import { startEntra, type TestEntra } from '../../../support/azure/entra.ts';
import { approver, tenant } from '../../../support/builders/fixtures.ts';
import { localhostCertificate } from '../../../support/processes/localhost-certificate.ts';

const appId = '50000000-0000-4000-8000-000000000002';
const otherTenant = '30000000-0000-4000-8000-000000000000';
const otherApp = '60000000-0000-4000-8000-000000000009';
const nonce = 'the-nonce';
const now = () => new Date('2026-03-02T12:00:00Z');
const atS = (minutes: number): number => Math.floor(now().getTime() / 1_000) + minutes * 60;
const usual = (nowS: number, iss: string) => ({
  iss,
  aud: appId,
  tid: tenant,
  oid: approver,
  nonce,
  iat: nowS,
  nbf: nowS,
  exp: nowS + 3_600,
  auth_time: nowS - 120,
  acrs: ['c1', 'c7'],
  amr: ['fido', 'mfa'],
  scp: 'access_as_user',
});

let entra: TestEntra;
let authority: Authority;
beforeAll(async () => {
  entra = await startEntra({ tenantId: tenant, now, usual });
});
afterAll(() => entra.stop());
afterEach(() => jest.restoreAllMocks());
const asked = () => openAuthority({ host: entra.host, tenantId: tenant, ca: entra.ca, now });
beforeEach(() => {
  entra.mend();
  authority = asked();
});

const answersWith = (change: Readonly<Record<string, string>>) =>
  entra.answer('openid-configuration', 200, {
    issuer: `${entra.host}/${tenant}/v2.0`,
    authorization_endpoint: `${entra.host}/authorize`,
    token_endpoint: `${entra.host}/token`,
    jwks_uri: `${entra.host}/keys`,
    ...change,
  });

/** What is asked of the authority for a code, what is taken from it, and its words when it gives nothing. */
describe('the code flow', () => {
  const app = { appId, appSecret: 'the+secret ', publicUrl: 'https://bot.example.com' };
  const secrets = { state: 'the-state', nonce, verifier: 'v'.repeat(43) };
  let tools: FlowTools;
  beforeEach(() => {
    tools = { app, authority };
  });

  const back = (change: Readonly<Record<string, string>> = {}): URLSearchParams =>
    new URLSearchParams({ state: secrets.state, code: 'the-code', ...change });

  async function gives(claims: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const token = await entra.token(claims);
    entra.answer('token', 200, { id_token: token });
    return token;
  }

  describe('a code', () => {
    it('becomes the ID token, for the app’s secret, the address it was sent to and the verifier', async () => {
      const idToken = await gives();
      expect(await redeem(tools, back({ session_state: 'x' }), secrets)).toEqual({ kind: 'redeemed', idToken });
      expect(Object.fromEntries(entra.form())).toEqual({
        grant_type: 'authorization_code',
        client_id: appId,
        client_secret: 'the+secret ',
        redirect_uri: 'https://bot.example.com/sign-in/done',
        scope: 'openid profile',
        code: 'the-code',
        code_verifier: secrets.verifier,
      });
    });

    it.each([
      ['another nonce', { nonce: 'another' }, /nonce/],
      ['another app', { aud: otherApp }, /aud/],
    ])('with an ID token that has %s is refused, and why says nothing of the token', async (_, claims, why) => {
      const token = await gives(claims);
      const redeemed = await redeem(tools, back(), secrets);
      expect(redeemed).toEqual({ kind: 'refused', why: expect.stringMatching(why), said: null });
      for (const value of [String(decodeJwt(token).oid), ...token.split('.')])
        expect(JSON.stringify(redeemed)).not.toContain(value);
    });
  });

  describe('what the browser comes back with', () => {
    it.each([
      ['nothing', new URLSearchParams({ state: secrets.state }), 'Entra ID sent no code.'],
      ['another state', back({ state: 'another' }), 'unexpected "state" response parameter value'],
      ['another issuer', back({ iss: 'https://evil.example' }), 'unexpected "iss" (issuer) response parameter value'],
      ['an ID token in the open', back({ id_token: 'a.b.c' }), 'implicit and hybrid flows are not supported'],
    ])('is refused, and nothing asked, when it is %s', async (_, query, why) => {
      const before = entra.asked.token ?? 0;
      expect(await redeem(tools, query, secrets)).toEqual({ kind: 'refused', why, said: null });
      expect(entra.asked.token ?? 0).toBe(before);
    });

    it('is told in words of ours when it is an error: who wrote the address wrote what stands in it', async () => {
      const description = 'Your account is locked. Call 555 0100 at once.\u202e';
      const of = (error: string) => redeem(tools, back({ error, error_description: description }), secrets);
      const said = 'Your account is locked. Call 555 0100 at once.';
      expect(await of('access_denied')).toEqual({
        kind: 'refused',
        why: 'Microsoft Entra ID refused the sign-in, or you canceled it.',
        said: `access_denied: ${said}`,
      });
      const unknown =
        'Microsoft Entra ID refused the sign-in. An operator can find the message in the application log.';
      expect(await of('__proto__')).toEqual({ kind: 'refused', why: unknown, said: `__proto__: ${said}` });
    });
  });

  describe('the authority', () => {
    it('that gives no code, or is out of reach, is told of in words of ours', async () => {
      const error_description = 'AADSTS70008: The code has expired.';
      entra.answer('token', 400, { error: 'invalid_grant', error_description });
      expect(await redeem(tools, back(), secrets)).toEqual({
        kind: 'refused',
        why: 'The sign-in took too long, or was used already.',
        said: `invalid_grant: ${error_description}`,
      });
      entra.answer('token', 502, 'a proxy');
      await expect(redeem(tools, back(), secrets)).rejects.toMatchObject({ name: 'AuthorityUnreachable' });
    });

    it('may show its page over plain http on this machine, and nowhere else', async () => {
      answersWith({ authorization_endpoint: 'http://127.0.0.1:1/authorize' });
      expect(await authorizeUrl(tools, 'c1', secrets)).toMatch(/^http:\/\/127\.0\.0\.1:1\/authorize\?/);
      tools = { app, authority: asked() };
      answersWith({ authorization_endpoint: 'http://login.example.com/' });
      await expect(authorizeUrl(tools, 'c1', secrets)).rejects.toThrow('other than an authority');
    });

    it('is not asked over plain http', async () => {
      answersWith({ token_endpoint: 'http://127.0.0.1:1/' });
      await expect(redeem(tools, back(), secrets)).rejects.toMatchObject({ name: 'AuthorityUnreachable' });
    });
  });
});

/** Asking the authority, against a server that answers as it likes. */
describe('fetching', () => {
  let server: Server;
  let url = '';
  let ca = '';
  let answer: RequestListener = () => {};
  let asked: string[] = [];

  beforeAll(async () => {
    const { ca: authority, cert, key } = await localhostCertificate();
    server = createServer({ cert, key }, (request, response) => {
      asked.push(request.url ?? '');
      answer(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
    url = `https://localhost:${(server.address() as AddressInfo).port}/x?code=secret`;
    ca = authority;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  beforeEach(() => {
    asked = [];
  });

  const call = (to = url, trusted: string | null = ca, signal?: AbortSignal) => {
    const options = {
      method: 'GET',
      headers: { accept: 'application/json' },
      body: undefined,
      redirect: 'manual',
    } as const;
    return httpsFetch(trusted)(to, signal === undefined ? options : { ...options, signal });
  };
  const unreachable = (why: RegExp) => ({ name: 'AuthorityUnreachable', message: expect.stringMatching(why) });

  it('follows no redirect', async () => {
    answer = (_, response) => response.writeHead(302, { location: '/elsewhere' }).end();
    expect((await call()).status).toBe(302);
    expect(asked).toEqual(['/x?code=secret']);
  });

  it('trusts the given authorities alone', async () => {
    answer = (_, response) => response.end('{}');
    await expect(call(url, null)).rejects.toMatchObject(unreachable(/self-signed certificate/));
  });

  it('asks over https only', async () => {
    await expect(call(url.replace('https', 'http'))).rejects.toMatchObject(unreachable(/http: is not https:/));
  });

  it('gives up on a silent server, also in the middle of its answer', async () => {
    answer = () => {};
    await expect(call(url, ca, AbortSignal.timeout(100))).rejects.toMatchObject(unreachable(/abort/));
    answer = (_, response) => void response.write('{');
    await expect(call(url, ca, AbortSignal.timeout(100))).rejects.toMatchObject(unreachable(/abort/));
  });
});

/** Tokens as somebody might try them, against an authority with keys of its own. */
describe('tokens', () => {
  const teams: TokenRequirements = { how: 'teams' };
  const browser: TokenRequirements = { how: 'browser', nonce };
  const verify = (token: string, wanted: TokenRequirements = teams) =>
    verifyToken(authority, appId, token, wanted, now());

  async function comesTo(
    claims: Readonly<Record<string, unknown>>,
    wanted: TokenRequirements = teams,
  ): Promise<string> {
    const verified = await verify(await entra.token(claims), wanted);
    return verified.kind === 'verified' ? 'verified' : `${verified.kind}: ${verified.why}`;
  }

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
  });

  describe('claims that are not taken', () => {
    it.each([
      ['another issuer', { iss: 'https://login.example.com/v2.0' }, 'ERR_JWT_CLAIM_VALIDATION_FAILED iss'],
      ['another app', { aud: otherApp }, 'ERR_JWT_CLAIM_VALIDATION_FAILED aud'],
      ['another tenant', { tid: otherTenant }, 'another tenant'],
      ['no tenant', { tid: null }, 'claim tid'],
      ['no object id', { oid: null }, 'claim oid'],
      ['expired', { exp: atS(-2) }, 'ERR_JWT_EXPIRED exp'],
      ['never expiring', { exp: null }, 'ERR_JWT_CLAIM_VALIDATION_FAILED exp'],
      ['not valid yet', { nbf: atS(2) }, 'ERR_JWT_CLAIM_VALIDATION_FAILED nbf'],
      ['no time of sign-in', { auth_time: null }, 'claim auth_time'],
    ])('%s', async (_, claims, why) => {
      expect(await comesTo(claims)).toBe(`invalid: ${why}`);
    });

    it('another scope from Teams, and another nonce from a browser', async () => {
      for (const scp of [null, 'access_as_user_too profile'])
        expect(await comesTo({ scp })).toBe('invalid: no token of the Teams client');
      for (const nonce of ['another', null]) expect(await comesTo({ nonce }, browser)).toBe('invalid: another nonce');
    });
  });

  const claims = () => usual(atS(0), `${entra.host}/${tenant}/v2.0`);
  const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

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
    ['a key of somebody else under a known name', () => signedWith('RS256'), 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'],
    [
      'a key that nobody knows, which the token brings along',
      () => signedWith('RS256', { kid: 'mine', jku: 'https://evil.example/keys' }),
      'ERR_JWKS_NO_MATCHING_KEY',
    ],
  ])('signatures that are not taken %s', async (_what, token, why) =>
    expect(await verify(await token())).toEqual({ kind: 'invalid', why }),
  );

  describe('the authority', () => {
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

    it.each(['openid-configuration', 'keys'] as const)('out of reach (%s): nobody is let through', async (path) => {
      entra.answer(path, 503, {});
      expect(await comesTo({})).toMatch(/^unreachable: /);
    });

    it('is not believed when it speaks for another tenant, or for all of them', async () => {
      for (const whose of [otherTenant, 'common', '{tenantid}']) {
        answersWith({ issuer: `${entra.host}/${whose}/v2.0` });
        expect(await comesTo({})).toMatch(/^unreachable: .*it is about /);
      }
    });
  });
});
