import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { guestTenantId, localTenantId } from '../../sandbox/people.ts';
import { cardOf } from '../support/teams/local-teams.ts';
import { activity, invoke, send, sendLines, sendRaw } from '../support/teams/raw-activity.ts';
import { scenario } from '../support/world/scenario.ts';
import { activityText, people, places, type } from '../support/world/story.ts';
import { queryStore, readRecord } from '../support/world/world.ts';

/** What the bot asked of Teams, oldest first. */
const Requests = z.array(z.object({ method: z.string(), body: z.unknown() }));

const stranger = '99999999-0000-4000-8000-000000000001';

describe('what is no activity of Teams', () => {
  const world = scenario({ own: {} });

  beforeAll(async () => {
    await type(world, people.requester, '/cmk-help', places.group);
  });

  test.each([
    ['half a JSON text', '{"type":'],
    ['nothing', ''],
    ['a list', '[]'],
    ['null', 'null'],
    ['a number', '7'],
    ['a text', '"message"'],
    ['an empty object', '{}'],
    ['a hundred thousand brackets', '['.repeat(100_000)],
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d])],
  ])('%s is refused', async (_what, body) => {
    const answer = await sendRaw(world, body);
    expect(answer.status).toBe(400);
    expect(answer.body).not.toMatch(/at .*\.(ts|js)/);
  });

  test.each([
    ['a type that is a number', { type: 5 }],
    ['no sender', { from: undefined }],
    ['a sender that is a text', { from: 'requester' }],
    ['no conversation', { conversation: undefined }],
    ['no recipient', { recipient: null }],
    ['another channel', { channelId: 'webchat' }],
    ['no service URL', { serviceUrl: undefined }],
    ['a service URL that is none', { serviceUrl: 'smba' }],
    ['a service URL of another kind', { serviceUrl: 'file:///etc/hosts' }],
  ])('%s is refused with words', async (_what, changes) => {
    const answer = await send(world, activity(world, changes));
    expect(answer.status).toBe(400);
    expect(answer.body).toMatch(/malformed/);
  });

  test.each([
    ['elsewhere', 'https://smba.example/'],
    ['that Teams really has', 'https://smba.trafficmanager.net/emea/'],
    ['that only begins like this machine', 'http://127.0.0.1.example/'],
    ['that only ends like this machine', 'http://example.localhost/'],
    ['with somebody in front of the host', 'http://localhost@example.com/'],
    ['with a name and password', 'http://somebody:secret@localhost/'],
    ['in the network around this machine', 'http://169.254.169.254/'],
    ['that is every address of this machine', 'http://0.0.0.0/'],
  ])('a service URL %s is not called', async (_what, serviceUrl) => {
    const answer = await send(world, activity(world, { serviceUrl }));
    expect(answer.status).toBe(403);
    expect(answer.body).toContain('serviceUrl');
  });

  test.each([
    ['this machine by number', { host: '127.0.0.1' }, 200],
    ['this machine by number and port', { host: '127.0.0.1:3978' }, 200],
    ['this machine by another of its numbers', { host: '127.8.8.8:1' }, 200],
    ['this machine by name', { host: 'localhost:3978' }, 200],
    ['this machine in version 6', { host: '[::1]' }, 200],
    ['this machine in version 6 with a port', { host: '[::1]:3978' }, 200],
    ['a page of this machine', { origin: 'http://localhost:3979' }, 200],
    ['a page of this machine in version 6', { origin: 'http://[::1]:3979' }, 200],
    ['a name that was made to lead here', { host: 'bot.example:3978' }, 403],
    ['a name that says the number', { host: '127.0.0.1.nip.example' }, 403],
    ['a name below this machine’s', { host: 'bot.localhost' }, 403],
    ['a name that ends like this machine’s', { host: 'evil-localhost' }, 403],
    ['another machine in version 6', { host: '[::2]:3978' }, 403],
    ['every address', { host: '0.0.0.0:3978' }, 403],
    ['an Origin of a made-up name', { origin: 'http://bot.example:3978' }, 403],
    ['an Origin that nobody owns', { origin: 'null' }, 403],
    ['an empty Origin', { origin: '' }, 403],
    ['an Origin that is a file', { origin: 'file://' }, 403],
    ['an Origin with this machine as its user', { origin: 'http://localhost@example.com' }, 403],
    ['a proxy’s word for the host', { host: 'bot.example', 'x-forwarded-host': 'localhost' }, 403],
    ['a proxy before it', { 'x-forwarded-for': '203.0.113.7' }, 403],
    ['a proxy before it that says this machine', { 'x-forwarded-for': '127.0.0.1' }, 403],
    ['a tunnel before it', { 'x-forwarded-proto': 'https' }, 403],
    ['a proxy of the standard kind', { forwarded: 'for=203.0.113.7' }, 403],
  ] as const)('a call to or from %s is answered as it should be', async (_what, headers, status) => {
    const silent = activity(world, { type: 'typing' });
    expect((await send(world, silent, { headers })).status).toBe(status);
  });

  test.each([
    ['two ports', 'GET /healthz', '127.0.0.1:80:80'],
    ['a port that is none', 'GET /healthz', '127.0.0.1:x'],
    ['a port that is too high', 'GET /healthz', '127.0.0.1:70000'],
    ['a sign that no host has', 'GET /healthz', 'foo|bar'],
    ['a path in the Host', 'GET /nothing', 'localhost/healthz?'],
    ['somebody in the Host', 'GET /healthz', 'localhost@example.com'],
    ['a bracket that does not close', 'GET /healthz', '[::1'],
    ['a number that is no address', 'GET /healthz', '999.999.999.999'],
    ['no Host', 'GET /healthz', ''],
    ['a whole URL that is none', 'GET http://[/healthz', '127.0.0.1'],
    ['a whole URL of another host', 'GET http://example.com/healthz', '127.0.0.1'],
    ['no path', 'OPTIONS *', '127.0.0.1'],
  ])('a request with %s is refused, and the bot lives on', async (_what, line, host) => {
    expect(await sendLines(world, [`${line} HTTP/1.1`, `Host: ${host}`, 'Connection: close'])).toBe(400);
    expect((await fetch(`${world.botUrl}/healthz`)).status).toBe(200);
  });

  test.each([
    ['plain text', { 'content-type': 'text/plain' }, 415],
    ['a web form', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['an upload', { 'content-type': 'multipart/form-data; boundary=x' }, 415],
    ['a table', { 'content-type': 'text/csv' }, 415],
    ['JSON in a packed form', { 'content-encoding': 'gzip' }, 415],
    ['JSON of another kind', { 'content-type': 'application/vnd.api+json' }, 415],
  ] as const)('%s is refused', async (_what, headers, status) => {
    expect((await send(world, activity(world), { headers })).status).toBe(status);
  });

  test('a body that is too long is refused, packed or not', async () => {
    const long = JSON.stringify(activity(world, { text: 'x'.repeat(300_000) }));
    expect((await sendRaw(world, long)).status).toBe(413);
    const packed = gzipSync(Buffer.alloc(60_000_000, ' '));
    const answer = await sendRaw(world, packed, { headers: { 'content-encoding': 'gzip' } });
    expect(answer.status).toBe(415);
  });

  test('an upload leaves no file behind', async () => {
    const before = new Set(readdirSync(tmpdir()));
    const part = '--x\r\ncontent-disposition: form-data; name="a"; filename="a.txt"\r\n\r\nhello\r\n--x--\r\n';
    const headers = { 'content-type': 'multipart/form-data; boundary=x' };
    expect((await sendRaw(world, part, { headers })).status).toBe(415);
    const left = readdirSync(tmpdir()).filter((name) => !before.has(name) && !/^(cmk-|local-)/.test(name));
    expect(left).toEqual([]);
  });

  test.each([
    ['GET', '/api/messages', 405],
    ['PUT', '/api/messages', 405],
    ['POST', '/api/nothing', 404],
    ['GET', '/../package.json', 404],
  ])('%s %s is not served', async (method, path, status) => {
    expect((await sendRaw(world, '', { method, path })).status).toBe(status);
  });

  const twoTenants = { tenant: { id: guestTenantId } };
  const nobody = { from: { id: '29:nobody', name: 'Nobody' } };
  test.each([
    ['no Entra object id', nobody, 400],
    ['an object id that is none', { from: { id: 'x', name: 'Nobody', aadObjectId: 'root' } }, 400],
    ['two tenants at once', { channelData: twoTenants }, 400],
    ['no tenant at all', { channelData: {}, conversation: { id: places.group, conversationType: 'groupChat' } }, 400],
    ['another name', { name: 'composeExtension/query' }, 400],
  ])('an invoke with %s is refused', async (_what, changes, status) => {
    const value = { action: { verb: 'request.approve', data: { requestId: 'CMK-000000', revision: 1 } } };
    expect((await send(world, invoke(world, value, changes))).status).toBe(status);
  });

  const strangerFrom = { id: `29:${stranger}`, name: 'Stranger', aadObjectId: stranger };
  const inTenant = (inChat: string | undefined, inChannel: string | undefined) => ({
    from: strangerFrom,
    conversation: { id: places.group, conversationType: 'groupChat', tenantId: inChat },
    channelData: { tenant: inChannel === undefined ? undefined : { id: inChannel } },
  });
  const foreign = inTenant(guestTenantId, guestTenantId);
  const doubtful = [
    ['two tenants', inTenant(localTenantId, guestTenantId)],
    ['two tenants the other way round', inTenant(guestTenantId, localTenantId)],
    ['no tenant', inTenant(undefined, undefined)],
    ['a tenant that is none', inTenant('ours', undefined)],
  ] as const;
  const click = { action: { verb: 'request.approve', data: { requestId: 'CMK-000000', revision: 1 } } };

  test.each([
    ['clicks', click, 'adaptiveCard/action'],
    ['opens a form', { action: { verb: 'form.next', data: { formId: 'F-0000000000' } } }, 'adaptiveCard/action'],
    ['searches', { queryText: '', dataset: 'agents' }, 'application/search'],
    ['sends what is not answered', {}, 'composeExtension/query'],
  ])('who %s from another tenant is told that this is for members', async (_what, value, name) => {
    const answer = await send(world, invoke(world, value, { ...foreign, name }));
    expect(answer.body).toContain('Only members of this organization');
    expect(answer.body).not.toContain('triage');
    for (const [, changes] of doubtful) {
      expect((await send(world, invoke(world, value, { ...changes, name }))).status).toBe(400);
    }
  });

  test.each([
    ['message', '/enable-cmk'],
    ['message', '/cmk-history'],
    ['conversationUpdate', undefined],
    ['installationUpdate', undefined],
  ])('a %s (%s) from another tenant, or who knows where, teaches nothing', async (type, text) => {
    const asked = async () => Requests.parse((await world.teams.call('GET', '/simulator/requests')).body);
    const before = (await asked()).length;
    const changes = { type, text, action: 'add', membersAdded: [{ id: '28:cmk-bot' }] };
    for (const [, where] of [['another', foreign] as const, ...doubtful]) {
      expect((await send(world, activity(world, { ...changes, ...where }))).status).toBe(200);
    }
    // Only who is known to be of another tenant is told so; nobody’s members are asked for.
    const now = (await asked()).slice(before);
    expect(now.map(({ method }) => method)).toEqual(type === 'message' ? ['POST'] : []);
    expect(JSON.stringify(now.map(({ body }) => body))).not.toMatch(/triage|enable-cmk/);
  });

  test.each([
    ['no value', undefined],
    ['a value that is a text', 'request.approve'],
    ['no action', {}],
    ['a verb that is a list', { action: { verb: ['request.approve'], data: {} } }],
    ['data that is null', { action: { verb: 'request.approve', data: null } }],
    ['a verb nobody knows', { action: { verb: 'request.destroy', data: { requestId: 'CMK-000000' } } }],
    ['a verb that every object has', { action: { verb: 'constructor', data: {} } }],
    ['a verb of forms without a form', { action: { verb: 'form.submit', data: {} } }],
    ['a form id that is very long', { action: { verb: 'form.next', data: { formId: 'F'.repeat(10_000) } } }],
  ])('a click with %s is refused with words', async (_what, value) => {
    const answer = await send(world, invoke(world, value));
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body).value.message).toMatch(/click|Nothing is done|names no form/);
  });

  test('a search that is malformed, or in another person’s form, finds nothing', async () => {
    const search = (value: unknown) => send(world, invoke(world, value, { name: 'application/search' }));
    expect((await search({ queryText: 'x' })).status).toBe(400);
    expect((await search({ queryText: 'x'.repeat(5_000), dataset: 'agents' })).status).toBe(400);
    for (const dataset of ['vaults/F-0000000000', 'keys/__proto__', 'nothing', 'vaults/']) {
      expect(JSON.parse((await search({ queryText: '', dataset })).body).value.results).toEqual([]);
    }
    const odd = await search({ queryText: "' | where 1 == 1 or name contains '", dataset: 'agents' });
    expect(JSON.parse(odd.body).value.results).toEqual([]);
  });

  test('a message without a sender is not answered, and the bot still serves', async () => {
    const before = (await world.teams.activities(places.group, people.requester)).length;
    expect((await send(world, activity(world, nobody))).status).toBe(200);
    expect(await world.teams.activities(places.group, people.requester)).toHaveLength(before);
    const help = await type(world, people.requester, '/what is this? /enable-cmk', places.group);
    expect(activityText(help)).toContain('/cmk-help');
    expect(cardOf(help)).toBeDefined();
  });

  test('nothing of it was stored, and nothing went unhandled', async () => {
    expect((await readRecord(world)).requests).toEqual([]);
    const texts = await queryStore(
      world,
      'select id::text as it from cmk.person union select service_url from cmk.conversation union select key from cmk.document',
    );
    expect(JSON.stringify(texts)).not.toMatch(/99999999|example|etc\/hosts|form\//);
    expect(JSON.stringify(texts)).toContain(people.requester);
    // Though a member of the team, and named by its roster.
    expect(JSON.stringify(texts)).not.toContain(people.guest);
    expect(world.printed()).not.toMatch(/unhandled|unexpected error|uncaught/i);
  });
});
