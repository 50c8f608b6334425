import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { openCloud } from '../../src/azure/clouds.ts';
import { signedInBy } from '../../src/azure/credential.ts';
import { KeyVersion, PersonId } from '../../src/domain/ids.ts';
import type { CustomerKey } from '../../src/domain/observed.ts';
import type { Azure } from '../../src/domain/ports/azure.ts';
import {
  bot,
  connect,
  customCloud,
  type Fault,
  failureOf,
  got,
  key,
  outsideFailureOf,
  resourceRef,
  sentDuring,
  setKey,
  tenantId,
  under,
  vaultId,
  vaultNow,
} from '../contract/azure-setup.ts';
import { discard, type RunningAzure, startAzure } from '../support/azure/local-azure.ts';
import { freePorts } from '../support/processes/free-ports.ts';

/** What is kept of a failure beside its code and its words, and what of it is waited out. */

let running: RunningAzure;
let azure: Azure;
let wanted: CustomerKey;

const agent = resourceRef('triage-agent-prod');
const error = (code: string, message = 'in the words of Azure', more: object = {}) => ({
  error: { code, message, ...more },
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
const wantKey = () => setKey(azure, agent, wanted);
const setUnder = async (...faults: readonly Fault[]) => outsideFailureOf(await under(running, faults, wantKey));

beforeAll(async () => {
  running = await startAzure();
  azure = connect(running);
  const vault = await vaultNow(azure, vaultId('kv-care-prod'));
  const [newest] = got(await azure.keys.list(vault.id)).filter(({ name }) => name === 'cmk-triage-agent');
  wanted = { vaultUri: vault.uri, keyName: 'cmk-triage-agent', keyVersion: newest?.version ?? null };
});
afterAll(() => discard(running));

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

  test('none was sent by what only reads', async () => {
    const fault: Fault = { match: { url: 'healthBots' }, respond: { status: 403, body: error('AuthorizationFailed') } };
    const read = await under(running, fault, () => azure.resources.get(agent));
    expect(outsideFailureOf(read)).toMatchObject({ change: 'none' });
  });
});

describe('nobody is asked at once', () => {
  test('where setting the key failed with a code that says nothing of its cause', async () => {
    const failed = (code: string) => poll({ status: 200, body: { status: 'Failed', ...error(code) } });
    expect(await setUnder(failed('CustomerManagedKeyError'))).toMatchObject({ next: 'wait' });
    expect(await setUnder(failed('QuotaExceeded'))).toMatchObject({ next: 'ask' });
    expect(await setUnder(failed('RequestDisallowedByPolicy'))).toMatchObject({ next: 'ask' });
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

describe('a policy that forbids it', () => {
  const violation = (names: object) => ({
    type: 'PolicyViolation',
    info: { policyDefinitionEffect: 'deny', ...names },
  });
  const message =
    "Resource 'triage-agent-prod' was disallowed by policy. (Code: RequestDisallowedByPolicy) See error details for policy resource IDs.";
  const denied = (...additionalInfo: unknown[]) =>
    setUnder(patch(403, error('RequestDisallowedByPolicy', message, { additionalInfo })));

  test('is named where the older form of the message names it', async () => {
    const ids = [
      { policyAssignment: { name: 'baseline', id: '/a' }, policyDefinition: { name: 'no-purge', id: '/d' } },
    ];
    const older = `Resource 'x' was disallowed by policy. Policy identifiers: '${JSON.stringify(ids)}'.`;
    expect(await setUnder(patch(403, error('RequestDisallowedByPolicy', older)))).toMatchObject({
      policies: [{ policy: 'no-purge', assignment: 'baseline' }],
    });
    const broken = "Policy identifiers: '[{]'";
    expect(await setUnder(patch(403, error('RequestDisallowedByPolicy', broken)))).not.toHaveProperty('policies');
  });

  test('is not made up where nothing names it', async () => {
    expect(await denied()).not.toHaveProperty('policies');
    expect(await denied(violation({}))).not.toHaveProperty('policies');
  });
});

describe('a token that Azure refuses', () => {
  const refusals = (times: number): Fault => ({
    match: { url: 'healthBots' },
    times,
    respond: { status: 401, body: error('ExpiredAuthenticationToken', 'The access token expiry is in the past.') },
  });
  const read = () => azure.resources.get(agent);

  test('is replaced once, and then it is waited for', async () => {
    const sent = await sentDuring(running, async () => {
      got(await under(running, refusals(1), read));
      expect(failureOf(await under(running, refusals(9), read))).toMatchObject({ next: 'wait', status: 401 });
    });
    expect(sent.map(({ status }) => status)).toEqual([401, 200, 401, 401]);
  });

  test('is replaced by one that was signed since, in each service', async () => {
    const person = PersonId.parse('20000000-0000-4000-8000-000000000001');
    const all = async () => {
      got(await read());
      got(await azure.groups.memberOf(person, []));
      got(await azure.keys.probe(wanted.vaultUri, key('cmk-triage-agent'), KeyVersion.parse(wanted.keyVersion)));
    };
    await all();
    await running.stop();
    // Whatever was signed before is worth nothing from now on.
    rmSync(join(running.dataDir, 'azure', 'sign-in-key.pem'));
    running = await startAzure({ dataDir: running.dataDir, port: running.port });
    await all();
  });
});

describe('signing in', () => {
  test('an authority that cannot be reached is worth waiting for', async () => {
    const nobody = await freePorts(0);
    const cloud = { ...customCloud(running), authorityHost: `https://localhost:${nobody}` };
    const failure = failureOf(await connect(running, { cloud, limits: { callMs: 20_000 } }).resources.get(agent));
    expect(failure.next).toBe('wait');
  });

  test('an authority that is down is worth waiting for', async () => {
    const fault: Fault = {
      match: { url: 'oauth2/v2.0/token' },
      respond: { status: 503, body: { error: 'temporarily_unavailable' } },
    };
    const failure = failureOf(await under(running, fault, () => connect(running).resources.get(agent)));
    expect(failure.next).toBe('wait');
  });
});

describe('what the process was given to sign in with', () => {
  const given = { tenantId, clientId: bot.id, clientSecret: null, federatedTokenFile: null };
  test.each([
    ['a secret comes first', { ...given, clientSecret: 's', federatedTokenFile: 'f' }, 'ClientSecretCredential'],
    ['then a cluster’s token', { ...given, federatedTokenFile: 'f' }, 'WorkloadIdentityCredential'],
    ['then a user-assigned identity', given, 'ManagedIdentityCredential'],
    ['a system-assigned one without a client id', { ...given, clientId: null }, 'ManagedIdentityCredential'],
  ])('%s', (_, signIn, expected) => {
    expect(signedInBy(signIn, openCloud({ name: 'public' })).constructor.name).toBe(expected);
  });
});
