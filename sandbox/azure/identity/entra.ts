/** Microsoft Entra ID: tokens for programs, and sign-in of people in a browser. */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import { z } from 'zod';
import { listen, Refusal, type Reply, reply } from '../../http.ts';
import { type Call, param, type Route } from '../http.ts';
import { type Incoming, parseBody } from '../incoming.ts';
import type { World } from '../server.ts';
import type { ServicePrincipal, User } from '../state/schema.ts';
import { audiencesOf, issueToken } from './tokens.ts';

/** A person's sign-in: time, authentication contexts and methods. */
interface PersonSignIn {
  readonly userId: string;
  readonly at: Date;
  readonly contexts: readonly string[];
  readonly methods: readonly string[];
}

/** What an authorization code stands for until it is redeemed. */
export interface Grant {
  readonly signIn: PersonSignIn;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly nonce: string;
  readonly challenge: string;
  readonly expiresAt: Date;
}

/** Entra ID's error body, with AADSTS numbers and texts from its public error reference. */
const entraRefusal = (status: number, error: string, number: number, text: string): Refusal => {
  const trace = randomUUID();
  const correlation = randomUUID();
  const timestamp = new Date()
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z');
  return new Refusal(
    reply(status, {
      error,
      error_description: `AADSTS${number}: ${text} Trace ID: ${trace} Correlation ID: ${correlation} Timestamp: ${timestamp}`,
      error_codes: [number],
      timestamp,
      trace_id: trace,
      correlation_id: correlation,
    }),
  );
};

/** Tenant names with which a client leaves the tenant to the account that signs in. */
const anyTenant = ['organizations', 'common'];

const namesNoTenant = (call: Call): boolean => anyTenant.includes(param(call, 'tenant').toLowerCase());

/** Returns the tenant of the path. There is only one, so it also stands for these names. */
const requireTenant = (call: Call): string => {
  const { tenantId } = call.world.state;
  if (param(call, 'tenant').toLowerCase() === tenantId || namesNoTenant(call)) return tenantId;
  const message = `Tenant '${param(call, 'tenant')}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.`;
  throw entraRefusal(400, 'invalid_tenant', 90002, message);
};

/** Returns the app with this ID, if the secret is correct. */
function requireSecret(call: Call, clientId: string, secret: string | undefined): ServicePrincipal {
  const { principals, tenantId } = call.world.state;
  const principal = principals.find((one) => one.appId === clientId);
  if (principal === undefined || principal.kind !== 'Application') {
    const message = `Application with identifier '${clientId}' was not found in the directory '${tenantId}'.`;
    throw entraRefusal(400, 'unauthorized_client', 700016, message);
  }
  if (principal.secret === null || principal.secret !== secret) {
    throw entraRefusal(401, 'invalid_client', 7000215, `Invalid client secret provided for app '${clientId}'.`);
  }
  if (call.world.state.settings.secretsExpired) {
    const message = `The provided client secret keys for app '${clientId}' are expired. Visit the Azure portal to create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds.`;
    throw entraRefusal(401, 'invalid_client', 7000222, message);
  }
  return principal;
}

// The sign-in page: a person selects an account and a method. It has no script and loads nothing.

const style = `
:root { color-scheme: light dark; --page: #eceef4; --card: #fff; --text: #242424; --subtle: #5a5a5a; --line: #d6d6d6;
  --hover: #f3f3fb; --fill: #0f5ba7; --on: #fff; }
@media (prefers-color-scheme: dark) { :root { --page: #141414; --card: #262626; --text: #f5f5f5; --subtle: #bdbdbd;
  --line: #4a4a4a; --hover: #31313d; } }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--page); color: var(--text);
  font: 15px/1.45 "Segoe UI", "Liberation Sans", Arial, sans-serif; }
main { box-sizing: border-box; width: min(27rem, calc(100vw - 2rem)); margin: 1rem; padding: 2rem; background: var(--card);
  border-radius: 6px; box-shadow: 0 4px 22px rgb(0 0 0 / 18%); }
header { color: var(--subtle); font-weight: 700; }
h1 { margin: .75rem 0 .25rem; font-size: 1.5rem; font-weight: 700; }
p { margin: .25rem 0 1rem; color: var(--subtle); }
fieldset { margin: 0 0 1.25rem; padding: 0; border: 0; }
legend { padding: 0; position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
label { display: flex; gap: .75rem; align-items: center; padding: .6rem .5rem; border-top: 1px solid var(--line); cursor: pointer; }
label:last-child { border-bottom: 1px solid var(--line); }
label:hover, label:has(:checked) { background: var(--hover); }
label b { display: block; font-weight: 700; }
label small { color: var(--subtle); }
button { display: block; width: 100%; margin-top: .5rem; padding: .6rem 1rem; border: 1px solid var(--fill); border-radius: 4px;
  background: var(--fill); color: var(--on); font: inherit; font-weight: 700; cursor: pointer; }
button.weak { background: transparent; border-color: var(--line); color: var(--text); font-weight: 400; }
button:focus-visible, input:focus-visible { outline: 3px solid var(--fill); outline-offset: 2px; }
`;

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const text = (value: string): string => value.replace(/[&<>"]/g, (mark) => entities[mark] ?? '');

const account = ({ id, displayName, mail }: User): string =>
  `<label><input type="radio" name="user" value="${text(id)}" required><span><b>${text(displayName)}</b><small>${text(mail)}</small></span></label>`;

/** Parameters of an authorization request. PKCE is required for every app. */
const AuthorizationRequest = z.object({
  client_id: z.string(),
  response_type: z.literal('code'),
  response_mode: z.literal('query').default('query'),
  redirect_uri: z.string(),
  scope: z.string().refine((scope) => scope.split(' ').includes('openid')),
  state: z.string().default(''),
  nonce: z.string().default(''),
  code_challenge: z.string().regex(/^[\w-]{43}$/),
  code_challenge_method: z.literal('S256'),
  claims: z.string().optional(),
});
type AuthorizationRequest = z.infer<typeof AuthorizationRequest>;

const Claims = z.object({ id_token: z.object({ acrs: z.object({ value: z.string() }).optional() }).optional() });

const codeMs = 10 * 60_000;

function requestOf(call: Call): AuthorizationRequest {
  requireTenant(call);
  const request = AuthorizationRequest.safeParse(Object.fromEntries(call.incoming.query));
  if (!request.success) {
    const where = request.error.issues[0]?.path.join('.') ?? '';
    throw entraRefusal(400, 'invalid_request', 900144, `The request must contain the following parameter: '${where}'.`);
  }
  const { client_id: appId, redirect_uri: uri } = request.data;
  if (!call.world.state.principals.some((one) => one.appId === appId && one.kind === 'Application')) {
    throw entraRefusal(400, 'unauthorized_client', 700016, `Application with identifier '${appId}' was not found.`);
  }
  // Stands in for the redirect URIs of an app registration: loopback addresses.
  if (!/^http:\/\/(127\.0\.0\.1|localhost)(:\d+)?\//.test(uri)) {
    const text = `The redirect URI '${uri}' specified in the request does not match the redirect URIs configured.`;
    throw entraRefusal(400, 'invalid_client', 50011, text);
  }
  return request.data;
}

/** Returns the requested authentication context, or null. */
function contextOf({ claims }: AuthorizationRequest): string | null {
  try {
    return Claims.safeParse(JSON.parse(claims ?? '{}')).data?.id_token?.acrs?.value ?? null;
  } catch {
    throw entraRefusal(400, 'invalid_request', 900231, 'The claims parameter is not JSON.');
  }
}

const html = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
};

const show = (call: Call): Reply => {
  const request = requestOf(call);
  const { principals, users } = call.world.state;
  const app = principals.find((one) => one.appId === request.client_id)?.displayName ?? '';
  const context = contextOf(request);
  const meets = context === null ? '' : ` (meets ${text(context)})`;
  const { pathname, search } = new URL(call.incoming.sentUrl);
  const page = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Sign in</title><style>${style}</style></head><body><main>
<header>Local Entra</header><h1>Pick an account</h1><p>to sign in to ${text(app)}</p>
<form method="post" action="${text(pathname + search)}">
<fieldset><legend>Account</legend>${users.map(account).join('')}</fieldset>
<button name="with" value="key">Sign in with a security key${meets}</button>
<button class="weak" name="with" value="password">Sign in with a password only</button>
</form></main></body></html>`;
  return reply(200, page, html);
};

const Chosen = z.object({ user: z.string(), with: z.enum(['key', 'password']) });

/** Redirects to the app with a code, after the person selected account and method. */
const choose = (call: Call): Reply => {
  const request = requestOf(call);
  const chosen = parseBody(Chosen, call.incoming.body, 'invalid_request');
  const user = call.world.state.users.find((one) => one.id === chosen.user);
  if (user === undefined) throw entraRefusal(400, 'invalid_request', 50034, 'The user account does not exist.');
  const strong = chosen.with === 'key';
  const context = contextOf(request);
  const contexts = strong && context !== null ? [context] : [];
  const methods = strong ? ['fido', 'mfa'] : ['pwd'];
  const code = randomBytes(32).toString('base64url');
  call.world.grants.set(code, {
    signIn: { userId: user.id, at: call.now, contexts, methods },
    clientId: request.client_id,
    redirectUri: request.redirect_uri,
    nonce: request.nonce,
    challenge: request.code_challenge,
    expiresAt: new Date(call.now.getTime() + codeMs),
  });
  const back = new URLSearchParams({ code, ...(request.state === '' ? {} : { state: request.state }) });
  return reply(302, undefined, { location: `${request.redirect_uri}?${back}`, 'cache-control': 'no-store' });
};

/** The only path that is served over plain http. */
const isAuthorizePath = (path: string): boolean => /^\/[^/]+\/oauth2\/v2\.0\/authorize$/i.test(path);

/** Opens a plain http listener for the sign-in page only: browsers don't know the simulator's certificate authority. */
export function openSignInListener(port: number, serve: RequestListener): Promise<readonly Server[]> {
  const inUse = `port ${port}, for the sign-in page, is in use; choose another with --sign-in-port`;
  const create = () =>
    createServer((message, response) => {
      const path = (message.url ?? '').replace(/\?.*/s, '');
      const host = (message.headers.host ?? '').replace(/:\d+$/, '');
      if (isAuthorizePath(path) && ['localhost', '127.0.0.1'].includes(host)) serve(message, response);
      else
        response.writeHead(404, { 'content-type': 'text/plain' }).end('The local Entra shows its sign-in page here.');
    });
  return listen(create, port, inUse);
}

/** A version 2 token of the tenant, with the claims of Microsoft's references of ID and access tokens. */
function personToken(
  { signingKey, state, url }: World,
  audience: string,
  { userId, at, contexts, methods }: PersonSignIn,
  more: Readonly<Record<string, unknown>>,
  now: Date,
): Promise<string> {
  const claims = {
    tid: state.tenantId,
    oid: userId,
    sub: createHash('sha256').update(`${audience} ${userId}`).digest('base64url'),
    auth_time: Math.floor(at.getTime() / 1000),
    ...(contexts.length === 0 ? {} : { acrs: contexts }),
    amr: methods,
    ver: '2.0',
    uti: randomBytes(16).toString('base64url'),
    ...more,
  };
  return signingKey.sign(claims, `${url}/${state.tenantId}/v2.0`, audience, state.settings.tokenSeconds.person, now);
}

/** Redeems a code. A code that was presented can't be used again, even after a failure. */
function takeGrant({ grants }: World, code: string, now: Date): Grant | null {
  const grant = grants.get(code) ?? null;
  grants.delete(code);
  return grant !== null && grant.expiresAt > now ? grant : null;
}

const Redemption = z.object({
  client_id: z.string(),
  client_secret: z.string().optional(),
  code: z.string(),
  redirect_uri: z.string(),
  code_verifier: z.string(),
});

const badGrant = (number: number, text: string) => entraRefusal(400, 'invalid_grant', number, text);

/** `grant_type=authorization_code`: exchanges a code for an ID token, once, and only for the app that requested it. */
async function redeemCode(call: Call): Promise<Reply> {
  requireTenant(call);
  const request = parseBody(Redemption, call.incoming.body, 'invalid_request');
  requireSecret(call, request.client_id, request.client_secret);
  const grant = takeGrant(call.world, request.code, call.now);
  if (grant === null || grant.clientId !== request.client_id)
    throw badGrant(70008, 'The provided authorization code or refresh token has expired or was used before.');
  if (grant.redirectUri !== request.redirect_uri)
    throw badGrant(500112, 'The reply address does not match the reply address provided when requesting the code.');
  if (createHash('sha256').update(request.code_verifier).digest('base64url') !== grant.challenge)
    throw badGrant(
      501481,
      'The Code_Verifier does not match the code_challenge supplied in the authorization request.',
    );
  const seconds = call.world.state.settings.tokenSeconds.person;
  const more = grant.nonce === '' ? {} : { nonce: grant.nonce };
  const idToken = await personToken(call.world, grant.clientId, grant.signIn, more, call.now);
  return reply(200, {
    token_type: 'Bearer',
    scope: 'openid profile',
    expires_in: seconds,
    ext_expires_in: seconds,
    // RFC 6749, 5.1 requires one. Entra ID's is for Microsoft Graph; this one is not valid anywhere.
    access_token: randomBytes(32).toString('base64url'),
    id_token: idToken,
  });
}

const Wanted = z.strictObject({ personId: z.string(), resource: z.string() });

const morningMs = 4 * 3_600_000;

/** Returns the person's Teams session. The default is a password sign-in four hours ago. */
function sessionOf({ state }: World, userId: string, now: Date): PersonSignIn {
  const session = state.teamsSessions.find((one) => one.userId === userId);
  if (session !== undefined) return { ...session, at: new Date(session.signedInAt) };
  return { userId, at: new Date(now.getTime() - morningMs), contexts: [], methods: ['pwd'] };
}

/**
 * `POST /simulator/teams-token`: the token that a Teams client gets for an app without asking the person.
 * In a real tenant, the client uses its own sign-in; here the Teams simulator is trusted.
 */
export async function issueTeamsToken(world: World, { body }: Incoming): Promise<Reply> {
  const { personId, resource } = parseBody(Wanted, body, 'BadRequest');
  const appId = /^api:\/\/botid-(.+)$/.exec(resource)?.[1];
  const { state } = world;
  const known = state.principals.some((one) => one.appId === appId) && state.users.some((one) => one.id === personId);
  if (appId === undefined || !known) throw Refusal.of(400, 'BadRequest', 'There is no such app, or no such person.');
  const now = new Date();
  const session = sessionOf(world, personId, now);
  const token = await personToken(world, appId, session, { scp: 'access_as_user' }, now);
  return reply(200, { token });
}

const addressesOf = (call: Call) => {
  const tenant = namesNoTenant(call) ? param(call, 'tenant') : requireTenant(call);
  return { base: `${call.world.url}/${tenant}`, pages: `${call.world.signInUrl ?? call.world.url}/${tenant}` };
};

/** OpenID configuration of version 2 tokens. Without a tenant, the issuer is a pattern, as in Entra ID. */
const openIdConfiguration = (call: Call): Reply => {
  const { base, pages } = addressesOf(call);
  return reply(200, {
    issuer: `${call.world.url}/${namesNoTenant(call) ? '{tenantid}' : requireTenant(call)}/v2.0`,
    authorization_endpoint: `${pages}/oauth2/v2.0/authorize`,
    token_endpoint: `${base}/oauth2/v2.0/token`,
    device_authorization_endpoint: `${base}/oauth2/v2.0/devicecode`,
    end_session_endpoint: `${base}/oauth2/v2.0/logout`,
    jwks_uri: `${base}/discovery/v2.0/keys`,
    token_endpoint_auth_methods_supported: ['client_secret_post'],
    response_types_supported: ['code', 'id_token', 'token'],
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['RS256'],
    tenant_region_scope: 'EU',
    cloud_instance_name: new URL(call.world.url).host,
  });
};

const GrantType = z.object({ grant_type: z.string() });
const TokenRequest = z.object({ client_id: z.string(), client_secret: z.string().optional(), scope: z.string() });

const unsupportedGrant = (grant: string): Refusal =>
  entraRefusal(400, 'unsupported_grant_type', 70003, `The app requested an unsupported grant type '${grant}'.`);

/** An application must name a tenant (from memory). */
const noTenant = (): Refusal =>
  entraRefusal(
    400,
    'invalid_request',
    50059,
    'No tenant-identifying information found in either the request or implied by any provided credentials.',
  );

const requireResource = (scope: string, port: number): string => {
  const wanted = scope.split(' ').find((part) => part.endsWith('/.default'));
  if (wanted === undefined) {
    throw entraRefusal(400, 'invalid_scope', 1002012, `The provided value for scope ${scope} is not valid.`);
  }
  const resource = wanted.slice(0, -'/.default'.length);
  if (audiencesOf(resource, port).length > 0) return resource;
  const message = `The resource principal named ${resource} was not found in the tenant.`;
  throw entraRefusal(400, 'invalid_resource', 500011, message);
};

const grantToken = async (call: Call): Promise<Reply> => {
  requireTenant(call);
  const { grant_type: grant } = parseBody(GrantType, call.incoming.body, 'invalid_request');
  if (grant === 'authorization_code') return redeemCode(call);
  if (grant !== 'client_credentials') throw unsupportedGrant(grant);
  if (namesNoTenant(call)) throw noTenant();
  const request = parseBody(TokenRequest, call.incoming.body, 'invalid_request');
  const principal = requireSecret(call, request.client_id, request.client_secret);
  const resource = requireResource(request.scope, call.world.port);
  const caller = { principalId: principal.id, appId: principal.appId };
  const seconds = call.world.state.settings.tokenSeconds.application;
  const issued = { seconds, graphPermissions: principal.graphPermissions };
  const token = await issueToken(call.world, resource, caller, issued, call.now);
  return reply(200, { token_type: 'Bearer', expires_in: seconds, ext_expires_in: seconds, access_token: token });
};

const publishKeys = async (call: Call): Promise<Reply> => {
  requireTenant(call);
  return reply(200, await call.world.signingKey.published());
};

const endpoints = [
  'portal',
  'gallery',
  'graph',
  'graphAudience',
  'resourceManager',
  'microsoftGraphResourceId',
  'media',
  'batch',
  'sqlManagement',
  'vmImageAliasDoc',
  'activeDirectoryDataLake',
];

/** Answers with the cloud's addresses, which command line clients read. */
const cloudMetadata = (call: Call): Reply => {
  const { url, port, state } = call.world;
  return reply(200, {
    name: 'Local Azure',
    ...Object.fromEntries(endpoints.map((name) => [name, url])),
    authentication: {
      loginEndpoint: url,
      audiences: [url, 'https://management.core.windows.net/', 'https://management.azure.com/'],
      tenant: state.tenantId,
      identityProvider: 'AAD',
    },
    suffixes: {
      keyVaultDns: `vault.localhost:${port}`,
      mhsmDns: `managedhsm.localhost:${port}`,
      storage: `storage.localhost:${port}`,
      sqlServerHostname: `database.localhost:${port}`,
      acrLoginServer: `registry.localhost:${port}`,
      azureDataLakeStoreFileSystem: `datalake.localhost:${port}`,
      azureDataLakeAnalyticsCatalogAndJob: `analytics.localhost:${port}`,
    },
  });
};

const open = (method: string, pattern: string, handle: Route['handle']): Route => ({
  method,
  pattern,
  audience: 'open',
  versions: [],
  action: null,
  handle,
});

export const entraRoutes: readonly Route[] = [
  open('GET', '/{tenant}/oauth2/v2.0/authorize', show),
  open('POST', '/{tenant}/oauth2/v2.0/authorize', choose),
  open('GET', '/{tenant}/discovery/v2.0/keys', publishKeys),
  open('GET', '/{tenant}/v2.0/.well-known/openid-configuration', openIdConfiguration),
  open('POST', '/{tenant}/oauth2/v2.0/token', grantToken),
  open('GET', '/metadata/endpoints', cloudMetadata),
];
