import { z } from 'zod';
import { parseBody } from '../../http/incoming.ts';
import { type Reply, reply } from '../../http/reply.ts';
import type { Call, Route } from '../../http/router.ts';
import { entraRefusal, requireTenant } from '../entra-refusal.ts';
import { accountPage } from './account-page.ts';

/** What an app asks for when it sends a person here. PKCE is asked of every app. */
const Asked = z.object({
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
type Asked = z.infer<typeof Asked>;

const Claims = z.object({
  id_token: z.object({ acrs: z.object({ value: z.string() }).optional() }).optional(),
});

const codeMs = 10 * 60_000;

function askedOf(call: Call): Asked {
  requireTenant(call);
  const asked = Asked.safeParse(Object.fromEntries(call.incoming.query));
  if (!asked.success) {
    const where = asked.error.issues[0]?.path.join('.') ?? '';
    throw entraRefusal(400, 'invalid_request', 900144, `The request must contain the following parameter: '${where}'.`);
  }
  const { client_id: appId, redirect_uri: uri } = asked.data;
  if (!call.world.state.principals.some((one) => one.appId === appId && one.kind === 'Application')) {
    throw entraRefusal(400, 'unauthorized_client', 700016, `Application with identifier '${appId}' was not found.`);
  }
  // What a registration would list: here, addresses of this machine.
  if (!/^http:\/\/(127\.0\.0\.1|localhost)(:\d+)?\//.test(uri)) {
    const text = `The redirect URI '${uri}' specified in the request does not match the redirect URIs configured.`;
    throw entraRefusal(400, 'invalid_client', 50011, text);
  }
  return asked.data;
}

/** The authentication context that is asked for, or none. */
function contextOf({ claims }: Asked): string | null {
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
  const asked = askedOf(call);
  const app = call.world.state.principals.find((one) => one.appId === asked.client_id)?.displayName ?? '';
  const { pathname, search } = new URL(call.incoming.sentUrl);
  const page = accountPage({
    app,
    users: call.world.state.users,
    context: contextOf(asked),
    action: pathname + search,
  });
  return reply(200, page, html);
};

const Chosen = z.object({ user: z.string(), with: z.enum(['key', 'password']) });

/** The person chose an account and a way: back to the app with a code. */
const choose = (call: Call): Reply => {
  const asked = askedOf(call);
  const chosen = parseBody(Chosen, call.incoming.body, 'invalid_request');
  const user = call.world.state.users.find((one) => one.id === chosen.user);
  if (user === undefined) throw entraRefusal(400, 'invalid_request', 50034, 'The user account does not exist.');
  const strong = chosen.with === 'key';
  const context = contextOf(asked);
  const contexts = strong && context !== null ? [context] : [];
  const methods = strong ? ['fido', 'mfa'] : ['pwd'];
  const code = call.world.signIns.grant({
    signIn: { userId: user.id, at: call.now, contexts, methods },
    clientId: asked.client_id,
    redirectUri: asked.redirect_uri,
    nonce: asked.nonce,
    challenge: asked.code_challenge,
    expiresAt: new Date(call.now.getTime() + codeMs),
  });
  const back = new URLSearchParams({ code, ...(asked.state === '' ? {} : { state: asked.state }) });
  return reply(302, undefined, { location: `${asked.redirect_uri}?${back}`, 'cache-control': 'no-store' });
};

const authorizePattern = '/{tenant}/oauth2/v2.0/authorize';
/** What a browser may be shown over plain http. */
export const isAuthorizePath = (path: string): boolean => /^\/[^/]+\/oauth2\/v2\.0\/authorize$/i.test(path);

const open = { pattern: authorizePattern, audience: 'open', versions: [], action: null } as const;
export const authorizeRoutes: readonly Route[] = [
  { ...open, method: 'GET', handle: show },
  { ...open, method: 'POST', handle: choose },
];
