import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { type JWTHeaderParameters, SignJWT } from 'jose';
import { listen } from '../processes/test-server.ts';

/** What the bot asked of Bot Framework, oldest first. */
export interface FrameworkCall {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | null;
  readonly body: string;
}

/** Bot Framework's keys and Connector, on one port of this machine. */
export interface RunningFramework {
  readonly url: string;
  readonly calls: FrameworkCall[];
  /** Answers nothing but errors while it is set. */
  broken: boolean;
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

export const frameworkKeys = { teams: makeKey('teams', ['webchat', 'msteams']), web: makeKey('web', ['webchat']) };
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

export async function startFramework(): Promise<RunningFramework> {
  const calls: FrameworkCall[] = [];
  const server = createServer(async (request, response) => {
    const { method = '', headers } = request;
    const path = new URL(request.url ?? '/', url).pathname;
    calls.push({ method, path, authorization: headers.authorization ?? null, body: await text(request) });
    const known: Record<string, object> = {
      '/metadata': { issuer, jwks_uri: `${url}/keys` },
      '/keys': { keys: published() },
    };
    response.statusCode = running.broken ? 500 : 200;
    response.setHeader('content-type', 'application/json').end(JSON.stringify(known[path] ?? { id: randomUUID() }));
  });
  const { port, close } = await listen(server);
  const url = `http://localhost:${port}`;
  const running: RunningFramework = { url, calls, broken: false, close };
  return running;
}
