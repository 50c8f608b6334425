import { openCloud } from '../../src/azure/clouds.ts';
import { signedInBy } from '../../src/azure/sign-in/credential.ts';
import { catchFailure, type Failure, type Outcome } from '../../src/domain/failure.ts';
import { PersonId } from '../../src/domain/ids.ts';
import type { Azure } from '../../src/domain/ports/azure.ts';
import { observe } from '../../src/operations/observe.ts';
import {
  bot,
  connect,
  enableIdentity,
  type Fault,
  failureOf,
  got,
  key,
  noAnswer,
  outsideFailureOf,
  resourceRef,
  sentDuring,
  setKey,
  tenantId,
  under,
  untilItWorks,
  vaultId,
  vaultNow,
} from '../contract/azure-setup.ts';
import { lazily, simulatedAzure } from '../support/azure/simulated-azure.ts';

/**
 * What is made of Azure's failures: what must be done next, what is waited out, what is kept beside code and words. Then answers
 * that come from something else than Azure, or lead somewhere else. What a person reads of each code: test/long/failures-doc.
 */

const running = simulatedAzure();
const azure = lazily(() => connect(running));

const agent = resourceRef('triage-agent-prod');
const care = vaultId('kv-care-prod');
const keyName = key('cmk-triage-agent');
const person = PersonId.parse('20000000-0000-4000-8000-000000000001');
const error = (code: string, message = 'in the words of Azure') => ({ error: { code, message } });
async function wanted(client: Azure = azure) {
  const vault = await vaultNow(client, care);
  const [newest] = got(await client.keys.list(care)).filter(({ name }) => name === keyName);
  return { vaultUri: vault.uri, keyName, keyVersion: newest?.version ?? null };
}
const answers = (status: number, body: unknown, headers: Record<string, string> = {}): Fault => ({
  match: { url: 'providers/Microsoft' },
  respond: { status, body, headers },
});
const reading = (fault: Fault, reader = azure): Promise<Outcome<unknown>> =>
  under(running, fault, () => reader.resources.get(agent));

const cases: readonly (readonly [number, string, Failure['next']])[] = [
  [400, 'BadRequest', 'ask'],
  [400, 'ForbiddenByRbac', 'ask'],
  [404, 'PrincipalNotFound', 'retry-until'],
  [401, 'InvalidAuthenticationToken', 'wait'],
  [409, 'SomethingNobodyHasSeen', 'wait'],
  [408, 'RequestTimeout', 'wait'],
  [500, 'InternalServerError', 'wait'],
  [501, 'NotImplemented', 'ask'],
];
test.each(cases)('what must be done next: %i %s: %s', async (status, code, next) => {
  const failure = outsideFailureOf(await reading(answers(status, error(code))));
  expect(failure).toMatchObject({ source: 'azure', next, code, status, message: 'in the words of Azure' });
  expect(failure.doing).toBe('reading agent triage-agent-prod');
  expect(failure.clientRequestId).toMatch(/^[0-9a-f-]{36}$/);
});

describe('throttling', () => {
  test('a long one is handed on with the time Azure asked for, without waiting', async () => {
    const fault = answers(429, error('SubscriptionRequestsThrottled'), { 'retry-after': '300' });
    const sent = await sentDuring(running, async () => {
      expect(failureOf(await reading(fault))).toMatchObject({
        next: 'wait',
        code: 'SubscriptionRequestsThrottled',
        status: 429,
        retryAfterMs: 300_000,
      });
    });
    expect(sent).toHaveLength(1);
  });

  test('one that goes on ends after a bounded number of tries', async () => {
    const fault = answers(429, error('TooManyRequests'), { 'retry-after-ms': '10' });
    const sent = await sentDuring(running, async () => {
      expect(failureOf(await reading(fault))).toMatchObject({ next: 'wait', retryAfterMs: 10 });
    });
    expect(sent).toHaveLength(4);
  });
});

describe('no answer', () => {
  test('one dropped again and again is worth waiting for', async () => {
    const outcome = await under(running, { match: { url: 'healthBots' }, drop: true }, () =>
      azure.resources.get(agent),
    );
    expect(failureOf(outcome)).toMatchObject({
      source: 'no-answer',
      next: 'wait',
      code: 'ECONNRESET',
      correlationId: null,
    });
  });

  test('a change whose answer was lost is not sent again by itself, and is found by looking', async () => {
    const vault = await vaultNow(azure, vaultId('kv-care-prod'));
    const fault: Fault = { match: { method: 'PUT', url: 'roleAssignments' }, drop: true, times: 1 };
    const ward = '90000000-0000-4000-8000-000000000002';
    const grant = () => azure.grants.grant(vault, key('cmk-triage-agent'), ward, tenantId);
    const sent = await sentDuring(running, async () => {
      expect(failureOf(await under(running, fault, grant))).toMatchObject({ next: 'wait', code: 'ECONNRESET' });
    });
    expect(sent.map(({ method }) => method)).toEqual(['PUT']);
    expect(got(await azure.grants.held(vault, key('cmk-triage-agent'), ward))).toBe(true);
  });

  test('a slow one ends when its time is up', async () => {
    const impatient = connect(running, { limits: { requestMs: 300 } });
    await untilItWorks(() => impatient.resources.get(agent));
    const fault = { match: { url: 'healthBots' }, ...noAnswer };
    expect(failureOf(await reading(fault, impatient))).toMatchObject({
      source: 'no-answer',
      next: 'wait',
      code: 'NoAnswerInTime',
    });
  });
});

test('of errors in errors the outermost telling code is shown', async () => {
  const body = { error: { code: 'Forbidden', message: 'x', innererror: { code: 'ForbiddenByFirewall' } } };
  expect(failureOf(await reading(answers(403, body)))).toMatchObject({ code: 'ForbiddenByFirewall' });
  const policy = {
    error: { code: 'RequestDisallowedByPolicy', message: 'y', details: [{ code: 'Other', message: 'z' }] },
  };
  expect(failureOf(await reading(answers(403, policy)))).toMatchObject({
    code: 'RequestDisallowedByPolicy',
    message: 'y',
  });
});

const patch = (status: number, body: unknown): Fault => ({
  match: { method: 'PATCH', url: 'healthBots/triage-agent-prod' },
  respond: { status, body },
});
const poll = (respond: Fault['respond'], times = 1): Fault => ({
  match: { method: 'GET', url: 'operationStatuses' },
  times,
  ...(respond === undefined ? {} : { respond }),
});
async function setUnder(...faults: readonly Fault[]) {
  const change = await wanted();
  return outsideFailureOf(await under(running, faults, () => setKey(azure, agent, change)));
}

describe('what became of the change', () => {
  test.each([
    [403, 'AuthorizationFailed'],
    [404, 'ResourceNotFound'],
    [409, 'AnotherOperationInProgress'],
    [400, 'BadRequest'],
    [429, 'TooManyRequests'],
  ])('Azure took nothing of one that it answered with %i %s', async (status, code) => {
    expect(await setUnder(patch(status, error(code)))).toMatchObject({ status, code, change: 'refused' });
  });

  test('nothing is known of one that was answered with 500, or not at all', async () => {
    expect(await setUnder(patch(500, error('InternalServerError')))).toMatchObject({ change: 'unknown' });
    const lost: Fault = { match: { method: 'PATCH', url: 'healthBots/triage-agent-prod' }, drop: true, times: 1 };
    expect(await setUnder(lost)).toMatchObject({ source: 'no-answer', change: 'unknown' });
  });

  test('one began whose operation fails', async () => {
    const failed = poll({ status: 200, body: { status: 'Failed', ...error('SomethingNobodyHasSeen') } });
    expect(await setUnder(failed)).toMatchObject({ status: 200, code: 'SomethingNobodyHasSeen', change: 'accepted' });
  });
});

describe('a refused write of a key', () => {
  const said = 'The operation failed.';
  test.each([
    [400, 'KeyVaultAuthenticationFailure', 'The operation failed because of authentication issue on the keyvault.'],
    [400, 'MissingMsiHeaders', said],
    [400, 'BadRequest', said],
    [403, 'SomethingNobodyHasSeen', said],
    [404, 'HttpResourceNotFound', said],
  ])('is repeated while access spreads, whatever Azure calls it: %i %s', async (status, code, message) => {
    expect(await setUnder(patch(status, error(code, message)))).toMatchObject({ next: 'retry-until', status, code });
    const ended = poll({ status: 200, body: { status: 'Failed', ...error(code, message) } });
    expect(await setUnder(ended)).toMatchObject({ next: 'retry-until', status: 200, code });
  });

  test.each([
    [403, 'AuthorizationFailed'],
    [403, 'RequestDisallowedByPolicy'],
    [404, 'ResourceNotFound'],
    [400, 'KeyVaultPolicyError'],
    [400, 'FeatureNotSupportedForAccount'],
    [409, 'ScopeLocked'],
    [401, 'InvalidAuthenticationToken'],
  ])('stops at once for a code that says what lasts: %i %s', async (status, code) => {
    expect(await setUnder(patch(status, error(code, said)))).toMatchObject({ next: 'ask', status, code });
  });
});

test('a date to come back at is read by Azure’s clock, for the bot’s may be wrong', async () => {
  const now = Date.parse('2020-01-01T00:00:00Z');
  const text = (ms: number) => new Date(ms).toUTCString();
  const headers = { date: text(now), 'retry-after': text(now + 60_000) };
  const fault: Fault = {
    match: { url: 'healthBots' },
    respond: { status: 429, headers, body: error('TooManyRequests') },
  };
  const asked = failureOf(await under(running, fault, () => azure.resources.get(agent)));
  expect(asked).toMatchObject({ next: 'wait', retryAfterMs: 60_000 });
});

const refusals = (times: number): Fault => ({
  match: { url: 'healthBots' },
  times,
  respond: { status: 401, body: error('ExpiredAuthenticationToken', 'The access token expiry is in the past.') },
});
const read = () => azure.resources.get(agent);

test('a token that Azure refuses is replaced once, and then it is waited for', async () => {
  const sent = await sentDuring(running, async () => {
    got(await under(running, refusals(1), read));
    expect(failureOf(await under(running, refusals(9), read))).toMatchObject({ next: 'wait', status: 401 });
  });
  expect(sent.map(({ status }) => status)).toEqual([401, 200, 401, 401]);
});

const given = { tenantId, clientId: bot.id, clientSecret: null, federatedTokenFile: null };
test.each([
  ['a secret comes first', { ...given, clientSecret: 's', federatedTokenFile: 'f' }, 'ClientSecretCredential'],
  ['then a cluster’s token', { ...given, federatedTokenFile: 'f' }, 'WorkloadIdentityCredential'],
  ['then a user-assigned identity', given, 'ManagedIdentityCredential'],
  ['a system-assigned one without a client id', { ...given, clientId: null }, 'ManagedIdentityCredential'],
])('what the process was given to sign in with %s', (_, signIn, expected) => {
  expect(signedInBy(signIn, openCloud({ name: 'public' })).constructor.name).toBe(expected);
});

/** Another server to a client, which trusts its certificate; what comes stands in the same log. */
const otherUrl = (): string => running.url.replace('localhost', '127.0.0.1');
const sentElsewhere = async (work: () => Promise<unknown>): Promise<readonly string[]> =>
  (await sentDuring(running, work)).map(({ url }) => url).filter((url) => url.includes('/elsewhere'));

const stranger = '90000000-0000-4000-8000-0000000000ff';

/** Each list and each read, whatever client makes it, and which of its requests is tampered with. */
const reads: readonly (readonly [what: string, url: string, read: () => Promise<Outcome<unknown>>])[] = [
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
  ['a vault', 'vaults/kv-care-prod\\?', () => azure.vaults.get(care)],
  ['a resource', 'healthBots/triage', () => azure.resources.get(agent)],
  ['permissions', 'permissions', () => azure.guards.allowed(agent.id, { actions: ['a/read'], dataActions: [] })],
  ['lists of Resource Graph', 'ResourceGraph', () => azure.inventory.resources('', 10)],
  ['who a person is', 'userType', () => azure.groups.memberOf(person, [])],
  ['which groups a person belongs to', 'checkMemberGroups', () => azure.groups.memberOf(person, [stranger])],
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
    ['a 200 that reports an error', respond(200, { error: { code: 'ServerError', message: 'Try later.' } })],
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

test.each(pagers)('lists of %s send no token to another server', async (_what, url, read) => {
  const sent = await sentElsewhere(async () => {
    const failure = await failing(url, respond(200, { value: [], nextLink: `${otherUrl()}/elsewhere` }), read);
    expect(failure).toMatchObject({ next: 'wait', code: 'UnexpectedAnswer' });
    expect(failure.message).toContain(`it points to another server, ${otherUrl()}`);
  });
  expect(sent).toEqual([]);
});

const to = (url: string) => respond(307, '', { location: url });

test.each(reads)('redirects to another server are not followed: %s', async (_what, url, read) => {
  const sent = await sentElsewhere(async () => {
    const failure = await failing(url, to(`${otherUrl()}/elsewhere`), read);
    expect(failure).toMatchObject({ next: 'wait', code: 'UnexpectedAnswer' });
  });
  expect(sent).toEqual([]);
});

test('an operation whose address is on another server is not followed, and the agent itself is read', async () => {
  const headers = { 'azure-asyncoperation': `${otherUrl()}/elsewhere`, location: `${otherUrl()}/elsewhere` };
  const accepted: Fault = { match: { method: 'PATCH', url: 'healthBots/triage' }, respond: { status: 202, headers } };
  const sent = await sentElsewhere(async () => {
    const enabled = await under(running, accepted, () => enableIdentity(azure, agent));
    expect(outsideFailureOf(enabled)).toMatchObject({ next: 'wait', change: 'accepted' });
  });
  expect(sent).toEqual([]);
});

const limited = (answerBytes: number): Azure => connect(running, { limits: { answerBytes } });

test.each<[string, (of: Azure) => Promise<Outcome<unknown>>]>([
  ['a resource', (of) => of.resources.get(agent)],
  ['lists of Resource Graph', (of) => of.inventory.resources('', 10)],
  ['keys of a vault', (of) => of.keys.list(care)],
])('an answer that is too long ends the call, and is not asked for again: %s', async (_, read) => {
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
