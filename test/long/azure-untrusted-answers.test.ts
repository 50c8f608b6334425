import { catchFailure, type Outcome } from '../../src/domain/failure.ts';
import { PersonId } from '../../src/domain/ids.ts';
import type { Azure } from '../../src/domain/ports/azure.ts';
import { observe } from '../../src/operations/observe.ts';
import {
  careId,
  connect,
  enableIdentity,
  type Fault,
  got,
  key,
  outsideFailureOf,
  resourceRef,
  sentDuring,
  under,
  vaultId,
  vaultNow,
} from '../contract/azure-setup.ts';
import { lazily, simulatedAzure } from '../support/azure/simulated-azure.ts';

/** Answers that come from something else than Azure, or lead somewhere else. */

const running = simulatedAzure();
const azure = lazily(() => connect(running));
/** Another server to a client, which trusts its certificate; what comes stands in the same log. */
let otherUrl: string;

beforeAll(async () => {
  otherUrl = running.url.replace('localhost', '127.0.0.1');
});

const sentElsewhere = async (work: () => Promise<unknown>): Promise<readonly string[]> =>
  (await sentDuring(running, work)).map(({ url }) => url).filter((url) => url.includes('/elsewhere'));

const agent = resourceRef('triage-agent-prod');
const care = vaultId('kv-care-prod');
const keyName = key('cmk-triage-agent');
const person = PersonId.parse('20000000-0000-4000-8000-000000000001');
const stranger = '90000000-0000-4000-8000-0000000000ff';

/** Each list and each read, whatever client makes it, and which of its requests is tampered with. */
const reads: readonly (readonly [what: string, url: string, read: () => Promise<Outcome<unknown>>])[] = [
  ['role assignments at a key', 'roleAssignments', async () => azure.control.of(await vaultNow(azure, care), keyName)],
  // What roles allow and what a subscription is called is remembered: each time by a bot that has just started.
  [
    'role definitions',
    'roleDefinitions',
    async () => connect(running).control.of(await vaultNow(azure, care), keyName),
  ],
  [
    'access of an identity',
    'roleAssignments',
    async () => azure.grants.held(await vaultNow(azure, care), keyName, stranger),
  ],
  ['keys of a vault', '/keys\\?', () => azure.keys.list(care)],
  ['versions of a key', '/versions', () => azure.keys.versions(care, keyName, null)],
  ['a key', '/keys/cmk-triage-agent', () => azure.keys.get(care, keyName, null)],
  ['a vault', 'vaults/kv-care-prod\\?', () => azure.vaults.get(care)],
  ['an agent', 'healthBots/triage', () => azure.resources.get(agent)],
  ['locks', 'locks', () => azure.guards.locks(agent.id)],
  ['permissions', 'permissions', () => azure.guards.allowed(agent.id, { actions: ['a/read'], dataActions: [] })],
  ['the name of a subscription', `subscriptions/${careId}\\?`, () => connect(running).control.subscriptionName(careId)],
  ['lists of Resource Graph', 'ResourceGraph', () => azure.inventory.resources('', 10)],
  ['who a person is', 'userType', () => azure.groups.memberOf(person, [])],
  ['which groups a person belongs to', 'checkMemberGroups', () => azure.groups.memberOf(person, [stranger])],
  ['deleted keys', 'deletedkeys', async () => azure.keys.deleted((await vaultNow(azure, care)).uri, keyName)],
];
const pagers = reads.filter(([what]) => /assignments|identity|keys of|versions|locks|permissions/.test(what));

const page = '<!DOCTYPE html><html><head><title>Sign in to &amp; browse</title></head><body><p>Proxy</p></body></html>';
const html = { 'content-type': 'text/html' };
const json = { 'content-type': 'application/json' };
const respond = (status: number, body: unknown, headers: Record<string, string> = json): Omit<Fault, 'match'> => ({
  respond: { status, body, headers },
});
const failing = async (url: string, fault: Omit<Fault, 'match'>, read: () => Promise<Outcome<unknown>>) =>
  outsideFailureOf(await under(running, { match: { url }, ...fault }, read));

describe('only a refusal of Azure’s own means that the bot lacks a permission', () => {
  const others: readonly (readonly [string, Omit<Fault, 'match'>])[] = [
    ['a proxy’s page with 200', respond(200, page, html)],
    ['a proxy’s page with 403', respond(403, page, html)],
    ['a 403 with half a body', respond(403, '{"error": {"code": "Auth')],
    ['a 403 without a body', respond(403, '')],
    ['an empty 200', respond(200, '')],
    ['a 200 that reports an error', respond(200, { error: { code: 'ServerError', message: 'Try later.' } })],
    ['a refused token', respond(401, { error: { code: 'InvalidAuthenticationToken', message: 'x' } })],
    ['an outage', respond(503, page, html)],
  ];
  test.each(
    reads.flatMap(([what, url, read]) => others.map(([answer, fault]) => [what, answer, url, fault, read] as const)),
  )('%s, answered by %s: a failure that is waited out', async (_what, _answer, url, fault, read) => {
    const failure = await failing(url, fault, read);
    expect(failure).toMatchObject({ next: 'wait', change: 'none' });
    expect(failure.message).not.toMatch(/undefined|TypeError|Unexpected (token|end)|JSON input|invalid_type|<\/?\w/);
  });

  test('what the plan rests on stays unknown for a refusal, and for nothing else', async () => {
    const key391 = got(await azure.keys.get(care, keyName, null));
    const vault = await vaultNow(azure, care);
    const to = { vaultId: care, vaultUri: vault.uri, keyName, keyVersion: key391?.version ?? null };
    const change = { from: null, to, make: null };
    const seen = (fault: Omit<Fault, 'match'>) =>
      under(running, { match: { url: 'Microsoft.Authorization/(locks|permissions|roleAssignments)' }, ...fault }, () =>
        catchFailure(() => observe(azure, agent, change, null)),
      );
    const refused = respond(403, { error: { code: 'AuthorizationFailed', message: 'x' } });
    const { guards, control } = got(await seen({ ...refused }));
    expect([guards.readOnlyLocks, guards.allowed, control?.unseen]).toEqual([null, null, ['role-assignments']]);
    for (const [, fault] of others) expect(outsideFailureOf(await seen(fault)).next).toBe('wait');
  });
});

describe('what a card says of an answer that can’t be read', () => {
  const readAgent = (fault: Omit<Fault, 'match'>) =>
    failing('healthBots/triage', fault, () => azure.resources.get(agent));
  test.each([
    ['an empty one', respond(200, ''), 'it isn’t what was asked for. The answer was empty.'],
    ['a web page', respond(200, page, html), 'it isn’t JSON. The answer was a web page: “Sign in to & browse”'],
    ['half of one', respond(200, '{"id": "/subs'), 'it isn’t JSON. The answer begins with: {"id": "/subs'],
    [
      'an error that came as a success',
      respond(200, { error: { code: 'ServerError', message: 'Try later.' } }),
      'it isn’t what was asked for. The answer reports an error: ServerError: Try later.',
    ],
  ])('%s', async (_what, fault, says) => {
    expect(await readAgent(fault)).toMatchObject({
      code: 'UnexpectedAnswer',
      message: `Azure’s answer couldn’t be read: ${says}`,
    });
  });

  test.each([
    ['its title', page, 'Sign in to & browse'],
    ['its heading', '<html><body><h1>Service  unavailable</h1><p>Ref 1</p></body></html>', 'Service unavailable'],
    ['its text', '<html><style>p {}</style><p>No&nbsp;service</p></html>', 'No service'],
  ])('of a web page with an error status: %s', async (_what, body, says) => {
    expect(await readAgent(respond(503, body, html))).toMatchObject({ code: 'Http503', message: says });
  });
});

describe('lists', () => {
  test.each(pagers)('of %s stop at a next page that was read already', async (_what, url, read) => {
    const again: Fault = {
      match: { url },
      respond: { status: 200, headers: json, body: { value: [], nextLink: `${running.url}/again?api-version=1` } },
    };
    const endless: Fault = { ...again, match: { url: '/again' } };
    const sent = await sentDuring(running, async () => {
      const failure = outsideFailureOf(await under(running, [again, endless], read));
      expect(failure).toMatchObject({ next: 'wait', code: 'UnexpectedAnswer' });
      expect(failure.message).toContain('its next page is one that was read already');
    });
    expect(sent.filter((one) => one.url.includes('/again'))).toHaveLength(1);
  });

  test.each(pagers)('of %s send no token to another server', async (_what, url, read) => {
    const sent = await sentElsewhere(async () => {
      const failure = await failing(url, respond(200, { value: [], nextLink: `${otherUrl}/elsewhere` }), read);
      expect(failure).toMatchObject({ next: 'wait', code: 'UnexpectedAnswer' });
      expect(failure.message).toContain(`it points to another server, ${otherUrl}`);
    });
    expect(sent).toEqual([]);
  });

  test('of Resource Graph stop at a skip token that was sent already', async () => {
    const body = { totalRecords: 2, count: 0, resultTruncated: 'true', data: [], facets: [], $skipToken: 'again' };
    const sent = await sentDuring(running, async () => {
      const failure = await failing('ResourceGraph', respond(200, body), () => azure.inventory.vaults());
      expect(failure).toMatchObject({ next: 'wait', code: 'UnexpectedAnswer' });
    });
    expect(sent).toHaveLength(2);
  });
});

describe('redirects', () => {
  const to = (url: string) => respond(307, '', { location: url });

  test.each(reads)('within the same server keep the token: %s', async (_what, url, read) => {
    const before = await sentDuring(running, async () => got(await read()));
    const location = before.find((one) => new RegExp(url).test(one.url))?.url ?? '';
    const moved: Fault = { match: { url }, times: 1, respond: { status: 307, headers: { location } } };
    const sent = await sentDuring(running, async () => got(await under(running, moved, read)));
    expect(sent.filter(({ status }) => status === 307)).toHaveLength(1);
    expect(sent.filter(({ status, url: at }) => status === 401 && !at.includes('deleted'))).toEqual([]);
  });

  test.each(reads)('to another server are not followed: %s', async (_what, url, read) => {
    const sent = await sentElsewhere(async () => {
      const failure = await failing(url, to(`${otherUrl}/elsewhere`), read);
      expect(failure).toMatchObject({ next: 'wait', code: 'UnexpectedAnswer' });
    });
    expect(sent).toEqual([]);
  });
});

test('an operation whose address is on another server is not followed, and the agent itself is read', async () => {
  const headers = { 'azure-asyncoperation': `${otherUrl}/elsewhere`, location: `${otherUrl}/elsewhere` };
  const accepted: Fault = { match: { method: 'PATCH', url: 'healthBots/triage' }, respond: { status: 202, headers } };
  const sent = await sentElsewhere(async () => {
    const enabled = await under(running, accepted, () => enableIdentity(azure, agent));
    expect(outsideFailureOf(enabled)).toMatchObject({ next: 'wait', change: 'accepted' });
  });
  expect(sent).toEqual([]);
});

test('a foreign link without TLS is refused as the others are', async () => {
  const nextLink = 'http://127.0.0.1:9/elsewhere';
  const failure = await failing('roleAssignments', respond(200, { value: [], nextLink }), async () =>
    azure.control.of(await vaultNow(azure, care), keyName),
  );
  expect(failure).toMatchObject({ next: 'wait', code: 'UnexpectedAnswer' });
});

describe('an answer that is too long', () => {
  const limited = (answerBytes: number): Azure => connect(running, { limits: { answerBytes } });

  test.each<[string, (of: Azure) => Promise<Outcome<unknown>>]>([
    ['an agent', (of) => of.resources.get(agent)],
    ['a vault', (of) => of.vaults.get(care)],
    ['locks', (of) => of.guards.locks(agent.id)],
    ['lists of Resource Graph', (of) => of.inventory.resources('', 10)],
    ['keys of a vault', (of) => of.keys.list(care)],
    ['who a person is', (of) => of.groups.memberOf(person, [])],
  ])('ends the call, and is not asked for again: %s', async (_, read) => {
    got(await read(limited(1_000_000)));
    const sent = await sentDuring(running, async () => {
      expect(outsideFailureOf(await read(limited(1)))).toMatchObject({
        source: 'no-answer',
        next: 'wait',
        message: 'the answer is too long',
      });
    });
    expect(sent).toHaveLength(1);
  });
});
