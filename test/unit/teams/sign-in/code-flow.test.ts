import { createHash } from 'node:crypto';
import { decodeJwt } from 'jose';
import { openAuthority } from '../../../../src/teams/sign-in/authority.ts';
import { authorizeUrl, type FlowTools, redeem } from '../../../../src/teams/sign-in/step-up.ts';
import { startEntra, type TestEntra } from '../../../support/azure/entra.ts';
import { approver, tenant } from '../../../support/builders/fixtures.ts';

/** What is asked of the authority for a code, what is taken from it, and its words when it gives nothing. */

const appId = '50000000-0000-4000-8000-000000000002';
const app = { appId, appSecret: 'the+secret ', publicUrl: 'https://bot.example.com' };
const now = () => new Date('2026-03-02T12:00:00Z');
const atS = (minutes: number): number => Math.floor(now().getTime() / 1_000) + minutes * 60;
const secrets = { state: 'the-state', nonce: 'the-nonce', verifier: 'v'.repeat(43) };

let entra: TestEntra;
let tools: FlowTools;

beforeAll(async () => {
  entra = await startEntra({
    tenantId: tenant,
    now,
    usual: (nowS, iss) => ({
      ...{ iss, aud: appId, tid: tenant, oid: approver, nonce: secrets.nonce },
      ...{ iat: nowS, nbf: nowS, exp: nowS + 3_600, auth_time: nowS },
    }),
  });
});
afterAll(() => entra.stop());
beforeEach(() => {
  entra.mend();
  tools = { app, authority: openAuthority({ host: entra.host, tenantId: tenant, ca: entra.ca, now }) };
});

const back = (change: Readonly<Record<string, string>> = {}): URLSearchParams =>
  new URLSearchParams({ state: secrets.state, code: 'the-code', ...change });

async function gives(claims: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const token = await entra.token(claims);
  entra.answer('token', 200, { id_token: token });
  return token;
}

const metadata = (change: Readonly<Record<string, string>>) => ({
  issuer: `${entra.host}/${tenant}/v2.0`,
  authorization_endpoint: `${entra.host}/authorize`,
  token_endpoint: `${entra.host}/token`,
  jwks_uri: `${entra.host}/keys`,
  ...change,
});

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

  it('is asked for with the hash of that verifier', async () => {
    const url = new URL(await authorizeUrl(tools, 'c1', secrets));
    expect(url.searchParams.get('code_challenge')).toBe(
      createHash('sha256').update(secrets.verifier).digest('base64url'),
    );
    expect([url.searchParams.get('state'), url.searchParams.get('nonce')]).toEqual(['the-state', 'the-nonce']);
  });

  it.each([
    ['another nonce', { nonce: 'another' }, /nonce/],
    ['another app', { aud: '60000000-0000-4000-8000-000000000009' }, /aud/],
  ])('with an ID token that has %s is refused, and why says nothing of the token', async (_, claims, why) => {
    const token = await gives(claims);
    const redeemed = await redeem(tools, back(), secrets);
    expect(redeemed).toEqual({ kind: 'refused', why: expect.stringMatching(why), said: null });
    for (const value of [String(decodeJwt(token).oid), ...token.split('.')])
      expect(JSON.stringify(redeemed)).not.toContain(value);
  });

  it('may come with clocks that differ by less than a minute', async () => {
    await gives({ exp: atS(0) - 50, nbf: atS(0) + 50 });
    expect(await redeem(tools, back(), secrets)).toMatchObject({ kind: 'redeemed' });
  });

  it.each([
    ['no ID token', undefined, /id_token/],
    ['what is no token', 'a.b.c', /JWT/],
    ['an encrypted token', 'a.b.c.d.e', /JWE/],
  ])('that is answered with %s is refused', async (_, token, why) => {
    entra.answer('token', 200, { id_token: token });
    const refusal = { kind: 'refused', why: expect.stringMatching(why), said: null };
    expect(await redeem(tools, back(), secrets)).toEqual(refusal);
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
      ...{ kind: 'refused', why: 'Microsoft Entra ID refused the sign-in, or you canceled it.' },
      said: `access_denied: ${said}`,
    });
    for (const error of ['call_555_0100', '__proto__', 'toString']) {
      const why = 'Microsoft Entra ID refused the sign-in. An operator can find the message in the application log.';
      expect(await of(error)).toEqual({ kind: 'refused', why, said: `${error}: ${said}` });
    }
  });
});

describe('the authority', () => {
  it.each([400, 401, 503])(
    'that gives no token for a code and says why (%d) is told of in words of ours',
    async (status) => {
      entra.answer('token', status, {
        error: 'invalid_grant',
        error_description: 'AADSTS70008: The code has expired.',
      });
      expect(await redeem(tools, back(), secrets)).toEqual({
        kind: 'refused',
        why: 'The sign-in took too long, or was used already.',
        said: 'invalid_grant: AADSTS70008: The code has expired.',
      });
    },
  );

  it.each([502, 404, 302])('that answers %d, and not in its words, is out of reach', async (status) => {
    entra.answer('token', status, 'a proxy');
    await expect(redeem(tools, back(), secrets)).rejects.toMatchObject({
      name: 'AuthorityUnreachable',
      message: expect.stringMatching(`/${tenant}/oauth2/v2.0/token: answered with ${status}`),
    });
  });

  it('may show its page over plain http on this machine, and nowhere else', async () => {
    entra.answer('openid-configuration', 200, metadata({ authorization_endpoint: 'http://127.0.0.1:1/authorize' }));
    expect(await authorizeUrl(tools, 'c1', secrets)).toMatch(/^http:\/\/127\.0\.0\.1:1\/authorize\?/);
    tools = { app, authority: openAuthority({ host: entra.host, tenantId: tenant, ca: entra.ca, now }) };
    entra.answer('openid-configuration', 200, metadata({ authorization_endpoint: 'http://login.example.com/' }));
    await expect(authorizeUrl(tools, 'c1', secrets)).rejects.toThrow('other than an authority');
  });

  it.each(['token_endpoint', 'jwks_uri'])('is not asked over plain http, also where its page is (%s)', async (name) => {
    const endpoints = { authorization_endpoint: 'http://127.0.0.1:1/authorize', [name]: 'http://127.0.0.1:1/' };
    entra.answer('openid-configuration', 200, metadata(endpoints));
    await expect(redeem(tools, back(), secrets)).rejects.toMatchObject({ name: 'AuthorityUnreachable' });
  });
});
