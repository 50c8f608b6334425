import { createServer } from 'node:https';
import { text } from 'node:stream/consumers';
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { localhostCertificate } from '../processes/localhost-certificate.ts';
import { listen } from '../processes/test-server.ts';

export type TestEntra = Awaited<ReturnType<typeof startEntra>>;

interface Key {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
}

const newKey = async (n: number): Promise<Key> => ({ kid: `key-${n}`, ...(await generateKeyPair('RS256')) });

/** What every token answer has (RFC 6749, 5.1). */
const ofAnyToken = { token_type: 'Bearer', expires_in: 3_600, access_token: 'of-no-use-here' };

interface TestEntraOptions {
  readonly tenantId: string;
  readonly usual: (nowS: number, issuer: string) => JWTPayload;
  readonly now: () => Date;
}

/** An Entra authority of the test's own: its keys, its metadata, and tokens as it likes. */
export async function startEntra({ tenantId, usual, now }: TestEntraOptions) {
  const { ca, cert, key } = await localhostCertificate();
  let keys = 1;
  let current = await newKey(keys);
  /** How often each path was asked. */
  const asked: Record<string, number> = {};
  const instead = new Map<string, { status: number; body: unknown }>();
  let host = '';
  let form = new URLSearchParams();
  const usualBody = async (path: string): Promise<unknown> => {
    const base = `${host}/${tenantId}`;
    if (path === 'keys')
      return { keys: [{ ...(await exportJWK(current.publicKey)), kid: current.kid, use: 'sig', alg: 'RS256' }] };
    return {
      issuer: `${base}/v2.0`,
      authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
      token_endpoint: `${base}/oauth2/v2.0/token`,
      jwks_uri: `${base}/discovery/v2.0/keys`,
    };
  };
  const server = createServer({ cert, key }, async (request, response) => {
    const path = (request.url ?? '').split('/').at(-1) ?? '';
    asked[path] = (asked[path] ?? 0) + 1;
    if (path === 'token') form = new URLSearchParams(await text(request));
    const { status, body } = instead.get(path) ?? { status: 200, body: await usualBody(path) };
    const whole = path === 'token' && status === 200 ? Object.assign({ ...ofAnyToken }, body) : body;
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(whole));
  });
  const { port, close: stop } = await listen(server, 0, 'localhost');
  host = `https://localhost:${port}`;
  return {
    host,
    ca,
    asked,
    /** What the token endpoint was last sent. */
    form: () => form,
    /** From now on signs with a new key; the old one is no longer published. */
    async rotate(): Promise<void> {
      keys += 1;
      current = await newKey(keys);
    },
    /** What the next calls to a path are answered with, in place of the usual. */
    answer: (path: 'openid-configuration' | 'keys' | 'token', status: number, body: unknown = {}): void =>
      void instead.set(path, { status, body }),
    mend: (): void => instead.clear(),
    /** A token with these claims over the usual ones; null takes a claim away. */
    async token(claims: Readonly<Record<string, unknown>> = {}): Promise<string> {
      const nowS = Math.floor(now().getTime() / 1_000);
      const all = Object.entries({ sub: 'pairwise', ...usual(nowS, `${host}/${tenantId}/v2.0`), ...claims });
      const payload = Object.fromEntries(all.filter(([, value]) => value !== null));
      return new SignJWT(payload)
        .setProtectedHeader({ alg: 'RS256', kid: current.kid, typ: 'JWT' })
        .sign(current.privateKey);
    },
    stop,
  };
}
