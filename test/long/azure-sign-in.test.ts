import { openCloud } from '../../src/azure/clouds.ts';
import { signedInBy } from '../../src/azure/credential.ts';
import {
  bot,
  connect,
  customCloud,
  type Fault,
  failureOf,
  outsideFailureOf,
  resourceRef,
  tenantId,
  under,
} from '../contract/azure-setup.ts';
import { simulatedAzure } from '../support/azure/simulated-azure.ts';
import { freePorts } from '../support/processes/free-ports.ts';

const running = simulatedAzure();

const resource = resourceRef('triage-agent-prod');

describe('signing in', () => {
  test('a wrong secret asks a person, with the code of Entra', async () => {
    const outcome = await connect(running, { who: { id: bot.id, secret: 'wrong' } }).resources.get(resource);
    const failure = outsideFailureOf(outcome);
    expect(failure).toMatchObject({
      source: 'sign-in',
      next: 'ask',
      doing: 'reading agent triage-agent-prod',
      clientRequestId: null,
    });
    expect(failure.code).toMatch(/^AADSTS\d+$/);
  });

  test('an authority that cannot be reached is worth waiting for', async () => {
    const nobody = await freePorts(0);
    const cloud = { ...customCloud(running), authorityHost: `https://localhost:${nobody}` };
    const failure = failureOf(await connect(running, { cloud, limits: { callMs: 20_000 } }).resources.get(resource));
    expect(failure.next).toBe('wait');
  });

  test('an authority that is down is worth waiting for', async () => {
    const fault: Fault = {
      match: { url: 'oauth2/v2.0/token' },
      respond: { status: 503, body: { error: 'temporarily_unavailable' } },
    };
    const failure = failureOf(await under(running, fault, () => connect(running).resources.get(resource)));
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

describe('a cloud of one’s own', () => {
  test('a CA file that is not there refuses the start', () => {
    const endpoints = { armEndpoint: 'https://a', authorityHost: 'https://b', graphEndpoint: 'https://c' };
    expect(() => openCloud({ name: 'custom', ...endpoints, caFile: '/nowhere.pem' })).toThrow(/nowhere/);
    expect(openCloud({ name: 'custom', ...endpoints, caFile: null }).tls).toEqual({});
  });
});
