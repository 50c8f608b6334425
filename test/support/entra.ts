import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { generate } from 'selfsigned';

/** An Entra authority of the test's own: its keys, its metadata, and tokens as it likes. */
export interface TestEntra {
  readonly host: string;
  readonly ca: string;
  /** How often each path was asked. */
  readonly asked: Readonly<Record<string, number>>;
  /** From now on signs with a new key; the old one is no longer published. */
  rotate(): Promise<void>;
  /** What the next calls to a path are answered with, in place of the usual. */
  answer(path: 'openid-configuration' | 'keys' | 'token', status: number, body?: unknown): void;
  mend(): void;
  /** A token with these claims over the usual ones; null takes a claim away. */
  token(claims?: Readonly<Record<string, unknown>>): Promise<string>;
  stop(): Promise<void>;
}

interface Key {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
}

const newKey = async (n: number): Promise<Key> => ({ kid: `key-${n}`, ...(await generateKeyPair('RS256')) });

async function certificate(): Promise<{ cert: string; key: string }> {
  const made = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] },
    ],
  });
  return { cert: made.cert, key: made.private };
}

interface TestEntraOptions {
  readonly tenantId: string;
  readonly usual: (nowS: number, issuer: string) => JWTPayload;
  readonly now: () => Date;
}

export async function startEntra({ tenantId, usual, now }: TestEntraOptions): Promise<TestEntra> {
  const { cert, key } = await certificate();
  let keys = 1;
  let current = await newKey(keys);
  const asked: Record<string, number> = {};
  const instead = new Map<string, { status: number; body: unknown }>();
  let host = '';
  const usualBody = async (path: string): Promise<unknown> => {
    const base = `${host}/${tenantId}`;
    if (path === 'keys')
      return {
        keys: [{ ...(await exportJWK(current.publicKey)), kid: current.kid, use: 'sig', alg: 'RS256' }],
      };
    return {
      issuer: `${base}/v2.0`,
      authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
      token_endpoint: `${base}/oauth2/v2.0/token`,
      jwks_uri: `${base}/discovery/v2.0/keys`,
    };
  };
  const server: Server = createServer({ cert, key }, async (request, response) => {
    const path = (request.url ?? '').split('/').at(-1) ?? '';
    asked[path] = (asked[path] ?? 0) + 1;
    const { status, body } = instead.get(path) ?? { status: 200, body: await usualBody(path) };
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  host = `https://localhost:${(server.address() as AddressInfo).port}`;
  return {
    host,
    ca: cert,
    asked,
    async rotate() {
      keys += 1;
      current = await newKey(keys);
    },
    answer: (path, status, body = {}) => void instead.set(path, { status, body }),
    mend: () => instead.clear(),
    async token(claims = {}) {
      const nowS = Math.floor(now().getTime() / 1_000);
      const all = Object.entries({ ...usual(nowS, `${host}/${tenantId}/v2.0`), ...claims });
      const payload = Object.fromEntries(all.filter(([, value]) => value !== null));
      return new SignJWT(payload)
        .setProtectedHeader({ alg: 'RS256', kid: current.kid, typ: 'JWT' })
        .sign(current.privateKey);
    },
    stop: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
