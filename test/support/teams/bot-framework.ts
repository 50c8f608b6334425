import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { createServer } from 'node:https';
import { text } from 'node:stream/consumers';
import { type JWTHeaderParameters, SignJWT } from 'jose';
import { serverCertificate } from '../../../sandbox/azure/certificates.ts';
import { listen } from '../processes/test-server.ts';

/** What the bot asked of Bot Framework, oldest first. */
export interface FrameworkCall {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | null;
  readonly body: string;
}

/** Bot Framework with its login server, keys and Connector, on one port of this machine. */
export interface RunningFramework {
  readonly url: string;
  /** PEM file of the authority that its certificate comes from. */
  readonly caFile: string;
  readonly calls: FrameworkCall[];
  /** Answers nothing but errors while it is set. */
  broken: boolean;
  /** Where calls of the Connector below `/connector/away` are sent on to. */
  away: string;
  /** The token that the login server gave last. */
  readonly given: () => string | null;
  close(): Promise<void>;
}

interface FrameworkKey {
  readonly kid: string;
  readonly endorsements?: readonly string[];
  readonly private: KeyObject;
  readonly public: KeyObject;
}

const makeKey = (kid: string, endorsements?: readonly string[]): FrameworkKey => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  return { kid, ...(endorsements === undefined ? {} : { endorsements }), private: privateKey, public: publicKey };
};

export const frameworkKeys = {
  teams: makeKey('teams', ['webchat', 'msteams']),
  web: makeKey('web', ['webchat']),
  nobody: makeKey('nobody', []),
};
/** A key that nobody publishes. */
export const foreignKey = makeKey('foreign').private;

export const issuer = 'https://api.botframework.com';

/** A token as Bot Framework signs it. A claim that is undefined is left out. */
export function signToken(
  claims: Readonly<Record<string, unknown>>,
  header: Partial<JWTHeaderParameters> = {},
  key: KeyObject | Uint8Array = frameworkKeys.teams.private,
): Promise<string> {
  const now = Math.floor(Date.now() / 1_000);
  const whole = { iss: issuer, nbf: now - 60, exp: now + 3_600, ...claims };
  const given = Object.fromEntries(Object.entries(whole).filter(([, value]) => value !== undefined));
  return new SignJWT(given).setProtectedHeader({ alg: 'RS256', kid: 'teams', typ: 'JWT', ...header }).sign(key);
}

const published = () =>
  Object.values(frameworkKeys).map(({ kid, endorsements, public: key }) => ({
    ...key.export({ format: 'jwk' }),
    kid,
    use: 'sig',
    endorsements,
  }));

/** What is answered to a path; tokens are remembered. */
function answerTo(path: string, url: string, give: () => string): unknown {
  if (path === '/metadata') return { issuer, jwks_uri: `${url}/keys` };
  if (path === '/keys') return { keys: published() };
  if (path.endsWith('/.well-known/openid-configuration')) {
    const tenant = `${url}/${path.split('/')[1]}`;
    const endpoints = { token_endpoint: `${tenant}/token`, authorization_endpoint: `${tenant}/authorize` };
    return { issuer: `${tenant}/v2.0`, jwks_uri: `${tenant}/keys`, ...endpoints };
  }
  if (path.endsWith('/token')) return { token_type: 'Bearer', expires_in: 3_599, access_token: give() };
  return { id: randomUUID() };
}

export async function startFramework(dataDir: string): Promise<RunningFramework> {
  const { caFile, cert, key } = await serverCertificate(dataDir);
  const calls: FrameworkCall[] = [];
  let given: string | null = null;
  const server = createServer({ cert, key }, async (request, response) => {
    const { method = '', headers } = request;
    const path = new URL(request.url ?? '/', url).pathname;
    calls.push({ method, path, authorization: headers.authorization ?? null, body: await text(request) });
    if (running.broken) {
      response.writeHead(500).end();
      return;
    }
    if (path.startsWith('/connector/away')) {
      response.writeHead(307, { location: running.away }).end();
      return;
    }
    const answer = answerTo(path, url, () => {
      given = `given-${randomUUID()}`;
      return given;
    });
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
  });
  const { port, close } = await listen(server);
  const url = `https://localhost:${port}`;
  const running: RunningFramework = {
    url,
    caFile,
    calls,
    broken: false,
    away: url,
    given: () => given,
    close,
  };
  return running;
}
