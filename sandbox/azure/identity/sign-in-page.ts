/** The sign-in page: a person selects an account and a method. It has no script and loads nothing. */

import { randomBytes } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import { z } from 'zod';
import { listen, type Reply, reply } from '../../http.ts';
import type { Call } from '../http.ts';
import { parseBody } from '../incoming.ts';
import type { User } from '../state/principals.ts';
import { entraRefusal, requireTenant } from './entra-requests.ts';

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

export const show = (call: Call): Reply => {
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
export const choose = (call: Call): Reply => {
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
