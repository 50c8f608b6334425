import type { Failure, Outcome } from '../../src/domain/failure.ts';
import {
  connect,
  customCloud,
  enableIdentity,
  type Fault,
  failureOf,
  got,
  key,
  noAnswer,
  outsideFailureOf,
  resourceRef,
  sentDuring,
  tenantId,
  under,
  untilItWorks,
  vaultId,
  vaultNow,
} from '../contract/azure-setup.ts';
import { lazily, simulatedAzure } from '../support/azure/simulated-azure.ts';
import { freePorts } from '../support/processes/free-ports.ts';

const running = simulatedAzure();
const azure = lazily(() => connect(running));

const resource = resourceRef('triage-agent-prod');
const error = (code: string, message = 'in the words of Azure') => ({ error: { code, message } });
const answers = (status: number, body: unknown, headers: Record<string, string> = {}): Fault => ({
  match: { url: 'providers/Microsoft' },
  respond: { status, body, headers },
});
const reading = (fault: Fault, reader = azure): Promise<Outcome<unknown>> =>
  under(running, fault, () => reader.resources.get(resource));

/** Other codes, each with what a person reads: test/long/failures-doc. */
describe('what must be done next', () => {
  const cases: readonly (readonly [number, string, Failure['next']])[] = [
    [400, 'BadRequest', 'ask'],
    [400, 'ForbiddenByRbac', 'ask'],
    [400, 'PrincipalNotFound', 'retry-until'],
    [404, 'PrincipalNotFound', 'retry-until'],
    [401, 'InvalidAuthenticationToken', 'wait'],
    [403, 'AuthorizationFailed', 'ask'],
    [400, 'FailedIdentityOperation', 'wait'],
    [409, 'AnotherOperationInProgress', 'wait'],
    [409, 'ConflictingConcurrentWriteNotAllowed', 'wait'],
    [409, 'ConflictError', 'wait'],
    [409, 'SomethingNobodyHasSeen', 'wait'],
    [412, 'PreconditionFailed', 'wait'],
    [429, 'SubscriptionRequestsThrottled', 'wait'],
    [408, 'RequestTimeout', 'wait'],
    [500, 'InternalServerError', 'wait'],
    [501, 'NotImplemented', 'ask'],
    [502, 'BadGateway', 'wait'],
    [503, 'ServiceUnavailable', 'wait'],
  ];
  test.each(cases)('%i %s: %s', async (status, code, next) => {
    const failure = outsideFailureOf(await reading(answers(status, error(code))));
    expect(failure).toMatchObject({ source: 'azure', next, code, status, message: 'in the words of Azure' });
    expect(failure.doing).toBe('reading agent triage-agent-prod');
    expect(failure.clientRequestId).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('throttling', () => {
  test('a short one is waited out', async () => {
    const fault = { ...answers(429, error('SubscriptionRequestsThrottled'), { 'retry-after': '1' }), times: 1 };
    const started = Date.now();
    got(await reading(fault));
    expect(Date.now() - started).toBeGreaterThan(900);
  });

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

  test('of a change is waited out too: it says that nothing was done', async () => {
    const fault: Fault = {
      match: { method: 'PATCH', url: 'vaults/kv-policy-keys' },
      times: 1,
      respond: { status: 429, headers: { 'retry-after': '1' }, body: error('TooManyRequests') },
    };
    const changed = () => azure.vaults.protect(vaultId('kv-policy-keys'), { softDelete: false });
    const sent = await sentDuring(running, async () => got(await under(running, fault, changed)));
    expect(sent.map(({ method }) => method)).toEqual(['PATCH', 'PATCH']);
  });

  const query = () => azure.inventory.resources('', 10);
  const refusedQuery = (headers: Record<string, string>): Fault => ({
    match: { url: 'ResourceGraph' },
    times: 1,
    respond: {
      status: 429,
      headers,
      body: error('RateLimiting', 'Please provide below info when asking for support.'),
    },
  });

  test('of a query is waited out until its quota resets, which no other header tells', async () => {
    const fault = refusedQuery({ 'x-ms-user-quota-remaining': '0', 'x-ms-user-quota-resets-after': '00:00:01' });
    const started = Date.now();
    got(await under(running, fault, query));
    expect(Date.now() - started).toBeGreaterThan(900);
  });

  test('of a query whose quota takes long is handed on with that time', async () => {
    const fault = refusedQuery({ 'x-ms-user-quota-remaining': '0', 'x-ms-user-quota-resets-after': '00:01:05' });
    expect(failureOf(await under(running, fault, query))).toMatchObject({ next: 'wait', retryAfterMs: 65_000 });
  });

  test.each<readonly [string, () => Promise<Outcome<unknown>>, string]>([
    ['a query', () => query(), 'ResourceGraph'],
    ['a read', () => azure.resources.get(resource), 'healthBots'],
    ['a change', () => azure.vaults.protect(vaultId('kv-policy-keys'), { softDelete: false }), 'kv-policy-keys'],
  ])('that says nothing of when is sent again as well: %s', async (_what, ask, url) => {
    const fault: Fault = { match: { url }, times: 2, respond: { status: 429, body: error('TooManyRequests') } };
    const sent = await sentDuring(running, async () => got(await under(running, fault, ask)));
    expect(sent.map(({ status }) => status).slice(0, 3)).toEqual([429, 429, 200]);
  });

  test('of a poll is waited out too', async () => {
    const fault: Fault = {
      match: { url: 'operationStatuses' },
      times: 1,
      respond: { status: 429, headers: { 'retry-after': '1' }, body: error('TooManyRequests') },
    };
    got(await under(running, fault, () => enableIdentity(azure, resourceRef('vaccination-agent'))));
  });
});

describe('no answer', () => {
  test('a connection dropped once is tried again', async () => {
    got(
      await under(running, { match: { url: 'healthBots' }, drop: true, times: 1 }, () => azure.resources.get(resource)),
    );
  });

  test('one dropped again and again is worth waiting for', async () => {
    const outcome = await under(running, { match: { url: 'healthBots' }, drop: true }, () =>
      azure.resources.get(resource),
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
    await untilItWorks(() => impatient.resources.get(resource));
    const fault = { match: { url: 'healthBots' }, ...noAnswer };
    expect(failureOf(await reading(fault, impatient))).toMatchObject({
      source: 'no-answer',
      next: 'wait',
      code: 'NoAnswerInTime',
    });
  });

  test('retries end when the time of the whole call is up, and say why they were made', async () => {
    const impatient = connect(running, { limits: { callMs: 1_000 } });
    await untilItWorks(() => impatient.resources.get(resource));
    const fault = answers(503, error('ServerBusy'), { 'retry-after': '2' });
    expect(failureOf(await reading(fault, impatient))).toMatchObject({ next: 'wait', code: 'ServerBusy', status: 503 });
  });

  test('a port nobody listens on is worth waiting for', async () => {
    const nobody = await freePorts(0);
    const cloud = { ...customCloud(running), armEndpoint: `https://localhost:${nobody}` };
    const outcome = await connect(running, { cloud, limits: { retries: 1 } }).resources.get(resource);
    expect(failureOf(outcome)).toMatchObject({
      next: 'wait',
      code: 'ECONNREFUSED',
      doing: 'reading agent triage-agent-prod',
    });
  });
});

/** Answers that are none of Azure's: test/long/azure-untrusted-answers. */
describe('an error', () => {
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

  test('ids of the answer are kept word for word', async () => {
    const ids = { 'x-ms-correlation-request-id': 'correlation-1', 'x-ms-request-id': 'request-1' };
    expect(failureOf(await reading(answers(403, error('AuthorizationFailed'), ids)))).toMatchObject({
      correlationId: 'correlation-1',
    });
  });
});
