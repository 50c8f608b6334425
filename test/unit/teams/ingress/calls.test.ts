import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { CloudAdapter } from 'botbuilder';
import { UnsecuredJWT } from 'jose';
import { localTenantId } from '../../../../sandbox/people.ts';
import { noTracing } from '../../../../src/domain/ports/telemetry.ts';
import type { CmkBot } from '../../../../src/teams/bot/bot.ts';
import { botFrameworkOf } from '../../../../src/teams/bot-framework.ts';
import { linkLimits, localCallers, tokenCallers } from '../../../../src/teams/ingress/gate.ts';
import { startServer } from '../../../../src/teams/ingress/server.ts';
import { openCallerTokens } from '../../../../src/teams/sign-in/caller-tokens.ts';
import { page } from '../../../../src/teams/sign-in/html.ts';
import { trustHosts } from '../../../../src/teams/trusted-addresses.ts';
import { freePorts } from '../../../support/processes/free-ports.ts';
import '../../../support/processes/restify.ts';
import {
  foreignKey,
  frameworkKeys,
  type RunningFramework,
  signToken,
  startFramework,
} from '../../../support/teams/bot-framework.ts';
import { activity, send, sendLines, sendRaw } from '../../../support/teams/raw-activity.ts';

/** Calls to the bot's port that Teams would not make: what is no activity, comes from elsewhere, or carries no token of Bot Framework. */

type Options = Parameters<typeof startServer>[0];

/** How many activities got as far as the SDK. */
let turns = 0;
/** What was counted of each call. */
const counted: Parameters<Options['metrics']['count']>[0][] = [];
const adapter = {
  process: async (_request: unknown, response: { send(status: number): void }) => {
    turns += 1;
    response.send(200);
  },
} as unknown as CloudAdapter;
const knownLink = 'k'.repeat(43);
const links = {
  path: '/sign-in/start',
  parameter: 'ask',
  isKnown: async (name: string) => name === knownLink,
  unknown: page({ status: 410, tone: 'bad', title: 'Gone', lines: [] }),
  show: async () => page({ status: 200, tone: 'good', title: 'Sign in', lines: [] }),
} as const;

async function opened(callers: Options['callers'], listen: string | null = null) {
  const port = await freePorts(1);
  const { url, stop } = await startServer({
    callers,
    adapter,
    port,
    listen,
    bot: {} as CmkBot,
    callsAtOnce: 1_000_000,
    pages: [links],
    local: callers === localCallers,
    ready: async () => ({ status: 'ready' }),
    metrics: { count: (call) => counted.push(call), contentType: 'text/plain', text: async () => 'cmk_x 1' },
    tracing: noTracing,
    log: { error: () => undefined, info: () => undefined },
  });
  return { botUrl: url, port, stop };
}
const teams = { url: 'http://localhost:3979/' };
const get = (bot: { readonly botUrl: string }, path: string, headers = {}) =>
  sendRaw(bot, '', { method: 'GET', path, headers });

let framework: RunningFramework;
let local: Awaited<ReturnType<typeof opened>>;
let bot: Awaited<ReturnType<typeof opened>>;
const appId = '70000000-0000-4000-8000-000000000001';
beforeAll(async () => {
  framework = await startFramework();
  const endpoints = botFrameworkOf({ cloud: 'public', appId, metadataUrl: `${framework.url}/metadata` });
  const tokens = openCallerTokens(endpoints, { warn: () => undefined });
  local = await opened(localCallers);
  bot = await opened(tokenCallers(tokens, trustHosts(endpoints.serviceHosts, framework.url)));
});
afterAll(() => Promise.all([local.stop(), bot.stop(), framework.close()]));

describe('what is no activity of Teams', () => {
  test.each([
    ['half a JSON text', '{"type":', 400],
    ['nothing', '', 400],
    ['a hundred thousand brackets', '['.repeat(100_000), 400],
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]), 400],
    ['a long body', JSON.stringify({ text: 'x'.repeat(300_000) }), 413],
  ])('%s is refused', async (_what, body, status) => {
    const answer = await sendRaw(local, body);
    expect(answer.status).toBe(status);
    expect(answer.body).not.toMatch(/at .*\.(ts|js)/);
  });

  test.each<[string, object, number]>([
    ['a type that is a number', { type: 5 }, 400],
    ['no sender', { from: undefined }, 400],
    ['no conversation', { conversation: undefined }, 400],
    ['no recipient', { recipient: null }, 400],
    ['another channel', { channelId: 'webchat' }, 400],
    ['no service URL', { serviceUrl: undefined }, 400],
    ['a value of a hundred lists', { value: JSON.parse('['.repeat(100) + ']'.repeat(100)) }, 400],
    ['a service URL elsewhere', { serviceUrl: 'https://smba.trafficmanager.net/emea/' }, 403],
  ])('%s is refused with words', async (_what, changes, status) => {
    const answer = await send(local, activity({ teams }, { ...changes }));
    expect(answer.status).toBe(status);
    expect(answer.body).toMatch(/malformed|nested|serviceUrl/);
  });

  test.each([
    ['this machine by number and port', { host: '127.0.0.1:3978' }, 200],
    ['a page of this machine', { origin: 'http://localhost:3979' }, 200],
    ['a name that says the number', { host: '127.0.0.1.nip.example' }, 403],
    ['another machine in version 6', { host: '[::2]:3978' }, 403],
    ['an Origin that nobody owns', { origin: 'null' }, 403],
    ['a proxy’s word for the host', { host: 'bot.example', 'x-forwarded-host': 'localhost' }, 403],
    ['a proxy before it that says this machine', { 'x-forwarded-for': '127.0.0.1' }, 403],
    ['a web form', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['JSON of another kind', { 'content-type': 'application/vnd.api+json' }, 415],
  ] as const)('%s is answered as it should be', async (_what, headers, status) => {
    expect((await send(local, activity({ teams }), { headers })).status).toBe(status);
    // Pages for browsers are limited to this machine, too.
    if (status !== 415)
      expect((await get(local, '/sign-in/start?ask=x', headers)).status).toBe(status === 200 ? 410 : status);
  });

  test('a packed body is refused before it is unpacked', async () => {
    const packed = gzipSync(Buffer.alloc(60_000_000, ' '));
    expect((await sendRaw(local, packed, { headers: { 'content-encoding': 'gzip' } })).status).toBe(415);
  });

  test('a body without a length is read to the limit and no further', async () => {
    const socket = connect(local.port, '127.0.0.1');
    const head = 'POST /api/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
    const chunk = `${(60_000).toString(16)}\r\n${'x'.repeat(60_000)}\r\n`;
    socket.write(`${head}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(6)}`);
    const [answer] = await once(socket.setEncoding('utf8'), 'data');
    socket.destroy();
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });

  test.each([
    ['two ports', 'GET /healthz', '127.0.0.1:80:80'],
    ['a path in the Host', 'GET /nothing', 'localhost/healthz?'],
    ['somebody in the Host', 'GET /healthz', 'localhost@example.com'],
    ['no Host', 'GET /healthz', ''],
    ['a whole URL of another host', 'GET http://example.com/healthz', '127.0.0.1'],
  ])('a request with %s is refused, and the server lives on', async (_what, line, host) => {
    expect(await sendLines(local, [`${line} HTTP/1.1`, `Host: ${host}`, 'Connection: close'])).toBe(400);
  });

  test.each([
    ['GET', '/api/messages', 405],
    ['POST', '/api/nothing', 404],
    ['GET', '/../package.json', 404],
  ])('%s %s is not served', async (method, path, status) => {
    expect((await sendRaw(local, '', { method, path })).status).toBe(status);
  });
});

test('calls are counted by what they were and how they were answered, and figures are not shown through a proxy', async () => {
  counted.length = 0;
  await send(local, activity({ teams }));
  await send(local, activity({ teams }, { type: 'messageReaction' }));
  await sendRaw(local, '[]');
  await send(local, activity({ teams }), { headers: { origin: 'https://example.com' } });
  expect(counted.map(({ type, status, reason }) => [type, status, reason])).toEqual([
    ['message', 200, null],
    ['other', 200, null],
    ['unread', 400, 'malformed'],
    ['unread', 403, 'foreign-origin'],
  ]);
  expect(await get(local, '/metrics')).toEqual({ status: 200, body: 'cmk_x 1' });
  const proxied = await get(local, '/metrics', { 'x-forwarded-for': '203.0.113.7' });
  expect([proxied.status, proxied.body.includes('cmk_')]).toEqual([404, false]);
});

describe('a flood', () => {
  test('of links that do not exist keeps nobody from theirs, and of one link keeps nobody from another', async () => {
    const flood = async (path: string, count: number): Promise<readonly number[]> =>
      (await Promise.all(Array.from({ length: count }, () => get(bot, path)))).map(({ status }) => status);
    for (const path of ['/sign-in/start', '/sign-in/start?ask=x', `/sign-in/start?ask=${'b'.repeat(43)}`])
      expect(new Set(await flood(path, 300))).toEqual(new Set([410]));
    const shown = await flood(`/sign-in/start?ask=${knownLink}`, 60);
    expect(new Set(shown)).toEqual(new Set([200, 429]));
    expect(shown.filter((status) => status === 200).length).toBeGreaterThanOrEqual(linkLimits.burst);
    expect((await get(bot, `/sign-in/start?ask=${'c'.repeat(43)}`)).status).toBe(410);
  });

  test('of connections: more than it can bear are not taken, and it is there again once they are gone', async () => {
    const sockets = await Promise.all(
      Array.from({ length: 1_000 }, async (): Promise<Socket> => {
        const socket = connect(local.port, '127.0.0.1').on('error', () => undefined);
        await once(socket, 'connect');
        return socket;
      }),
    );
    expect((await get(local, '/healthz')).status).toBe(0);
    for (const socket of sockets) socket.destroy();
    while ((await get(local, '/healthz')).status !== 200) await new Promise(setImmediate);
  });
});

describe('a caller with an app id', () => {
  const now = () => Math.floor(Date.now() / 1_000);
  const otherApp = '70000000-0000-4000-8000-000000000009';
  const serviceUrl = () => `${framework.url}/connector/`;
  const goodClaims = () => ({ aud: appId, serviceurl: serviceUrl() });
  const withClaims = (claims: Readonly<Record<string, unknown>>) => signToken({ ...goodClaims(), ...claims });
  const bearer = async (token: Promise<string>) => `Bearer ${await token}`;
  const call = (authorization: string | undefined, changes: object = {}) =>
    send(
      bot,
      activity({ teams: { url: serviceUrl() } }, { ...changes }),
      authorization === undefined ? {} : { headers: { authorization } },
    );

  /** Entra's tokens for an app, as the SDK's way for the Emulator and for skills takes them. */
  const ofEntra = (claims: Readonly<Record<string, unknown>>) => withClaims({ tid: localTenantId, ...claims });
  const v1 = `https://sts.windows.net/${localTenantId}/`;
  const publicPem = () => Buffer.from(frameworkKeys.teams.public.export({ format: 'pem', type: 'spki' }));
  const { teams: own, web } = frameworkKeys;

  test('is turned away for now while the keys cannot be read, and taken with a good token after that', async () => {
    framework.broken = true;
    const good = await bearer(withClaims({}));
    for (let n = 0; n < 2; n += 1) expect((await call(good)).status).toBe(503);
    framework.broken = false;
    const before = turns;
    expect([(await call(good)).status, turns]).toEqual([200, before + 1]);
  });

  test.each<[string, () => Promise<string | undefined>]>([
    ['no token', async () => undefined],
    ['the token under another scheme', async () => `Basic ${await withClaims({})}`],
    ['another issuer', () => bearer(withClaims({ iss: 'https://api.botframework.us' }))],
    ['no issuer', () => bearer(withClaims({ iss: undefined }))],
    ['another app as audience', () => bearer(withClaims({ aud: otherApp }))],
    ['another app beside this one as audience', () => bearer(withClaims({ aud: [appId, otherApp] }))],
    ['no audience', () => bearer(withClaims({ aud: undefined }))],
    ['a key id that is not published', () => bearer(signToken(goodClaims(), { kid: 'other' }))],
    ['a published key id and another key', () => bearer(signToken(goodClaims(), {}, foreignKey))],
    [
      'a key of its own inside',
      () => bearer(signToken(goodClaims(), { jwk: own.public.export({ format: 'jwk' }) }, foreignKey)),
    ],
    ['an end that has passed', () => bearer(withClaims({ nbf: now() - 7_200, exp: now() - 360 }))],
    ['no end', () => bearer(withClaims({ exp: undefined }))],
    ['a beginning that is yet to come', () => bearer(withClaims({ nbf: now() + 360 }))],
    [
      'no signature',
      async () =>
        `Bearer ${new UnsecuredJWT({ iss: 'https://api.botframework.com', exp: now() + 3_600, ...goodClaims() }).encode()}`,
    ],
    ['a signature with the public key as secret', () => bearer(signToken(goodClaims(), { alg: 'HS256' }, publicPem()))],
    ['no service URL', () => bearer(withClaims({ serviceurl: undefined }))],
    ['a key endorsed for another channel', () => bearer(signToken(goodClaims(), { kid: 'web' }, web.private))],
    ['Entra’s own token for this app (1.0)', () => bearer(ofEntra({ iss: v1, ver: '1.0', appid: appId }))],
    [
      'the token this app calls Bot Framework with',
      () => bearer(ofEntra({ iss: v1, ver: '1.0', appid: appId, aud: 'https://api.botframework.com' })),
    ],
  ])('is refused with %s', async (_what, authorization) => {
    const before = turns;
    expect([(await call(await authorization())).status, turns]).toEqual([401, before]);
  });

  // Which URLs are Teams’: ingress.test.ts.
  test('is refused with a service URL that is not Teams’ though the token names it, or is another than the token’s', async () => {
    const url = 'https://smba.trafficmanager.net.example/';
    const named = await bearer(withClaims({ serviceurl: url }));
    expect((await call(named, { serviceUrl: url })).status).toBe(403);
    const other = await bearer(withClaims({ serviceurl: 'https://smba.trafficmanager.net/' }));
    expect((await call(other)).status).toBe(403);
  });

  test('is heard no further than the headers where it is a stranger', async () => {
    const headers = { 'content-length': '1000000000' };
    expect((await sendRaw(bot, '{', { headers, unfinished: true })).status).toBe(401);
  });

  test('makes the bot look an unknown key id up again, but not for everybody who makes one up', () => {
    expect([...new Set(framework.calls.map(({ path }) => path))].sort()).toEqual(['/keys', '/metadata']);
    expect(framework.calls.filter(({ path }) => path === '/keys').length).toBeLessThan(4);
  });
});

test('without an address it listens on this machine alone; with one, on that', async () => {
  // Linux takes calls to all of 127.0.0.0/8 that a program on all addresses would answer.
  if (process.platform !== 'linux') return;
  const elsewhere = ({ port }: { readonly port: number }) => get({ botUrl: `http://127.0.0.2:${port}` }, '/healthz');
  const open = await opened(localCallers, '::');
  expect([(await elsewhere(local)).status, (await elsewhere(open)).status]).toEqual([0, 200]);
  await open.stop();
});
