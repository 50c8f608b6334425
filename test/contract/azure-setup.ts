/** The ports of the product over a real HTTPS connection to a local Azure, and a look at what went over the wire. */

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { RequestRecord } from '../../sandbox/azure/request-log.ts';
import { connectAzure } from '../../src/azure/azure.ts';
import { type Cloud, openCloud } from '../../src/azure/clouds.ts';
import type { Limits } from '../../src/azure/connection/limits.ts';
import { withWriteFence } from '../../src/azure/connection/write-fence.ts';
import { type AzureSignIn, openCredential } from '../../src/azure/sign-in/credential.ts';
import type { Failure, Outcome, Receipt } from '../../src/domain/failure.ts';
import { ArmId, KeyName } from '../../src/domain/ids.ts';
import type { CustomerKey, ObservedResource, ObservedVault } from '../../src/domain/observed.ts';
import type { ResourceRef } from '../../src/domain/plan.ts';
import type { Azure, KeyMark } from '../../src/domain/ports/azure.ts';
import { kinds } from '../../src/operations/resources/registry.ts';
import { http, type RunningAzure } from '../support/azure/local-azure.ts';
import { bot, careId, financeId, owner, researchId, tenantId } from '../support/azure/local-azure-names.ts';
import { lazily, simulatedAzure } from '../support/azure/simulated-azure.ts';
import { requestId } from '../support/builders/fixtures.ts';
import type { Fault } from '../support/world/story.ts';

export type { Fault };
export { bot, careId, financeId, owner, researchId, tenantId };
export const encryptionUser = 'e147488a-f6f5-4113-8e2d-b22465e65bf6';

export const customCloud = (azure: RunningAzure): Cloud =>
  openCloud({
    name: 'custom',
    armEndpoint: azure.url,
    authorityHost: azure.url,
    graphEndpoint: azure.url,
    logsEndpoint: azure.url,
    caFile: join(azure.dataDir, 'ca.pem'),
  });

export interface ConnectChoices {
  readonly who?: { readonly id: string; readonly secret: string };
  readonly subscriptions?: readonly string[];
  readonly limits?: Partial<Limits>;
  readonly workspaceId?: string;
  readonly cloud?: Cloud;
  /** Where to sign in, when that is not the same cloud. */
  readonly authority?: Cloud;
  /** How, when that is not by the secret of `who`. */
  readonly signIn?: Partial<AzureSignIn>;
  readonly onFailure?: (failure: Failure) => void;
}

const always = async (): Promise<void> => undefined;
const inFence = <T extends object>(port: T): T =>
  new Proxy(port, {
    get(target, name) {
      const call: unknown = Reflect.get(target, name);
      if (typeof call !== 'function') return call;
      return (...given: readonly unknown[]) => withWriteFence(always, async () => Reflect.apply(call, target, given));
    },
  });

/** The same ports, whose writes are sent as those of a run that is this process's own. */
const fenced = (azure: Azure): Azure => ({
  ...azure,
  resources: inFence(azure.resources),
  vaults: inFence(azure.vaults),
  keys: inFence(azure.keys),
  grants: inFence(azure.grants),
});

/** Signed in as the bot, short pauses between retries. */
export const connect = (azure: RunningAzure, choices: ConnectChoices = {}): Azure =>
  fenced(connectUnfenced(azure, choices));

/** The simulator of a suite, and the ports over it, signed in as the bot. */
export function connectedAzure(options: Parameters<typeof simulatedAzure>[0] = {}) {
  const running = simulatedAzure(options);
  return { running, azure: lazily(() => connect(running)) };
}

/** Signed in as the bot, outside of a run: writes are refused. */
export function connectUnfenced(azure: RunningAzure, choices: ConnectChoices = {}): Azure {
  const { who = bot, subscriptions = [careId, researchId], workspaceId = null } = choices;
  const cloud = choices.cloud ?? customCloud(azure);
  const signIn = { tenantId, clientId: who.id, clientSecret: who.secret, federatedTokenFile: null, ...choices.signIn };
  return connectAzure({
    kinds,
    // One list of resources, and not one for each kind.
    enabled: kinds.slice(0, 1),
    cloud,
    credential: openCredential(signIn, choices.authority ?? cloud),
    subscriptions,
    pollIntervalMs: 50,
    workspaceId,
    limits: { firstRetryMs: 20, longestRetryMs: 2000, ...choices.limits },
    onFailure: choices.onFailure ?? (() => undefined),
  });
}

const providers = (group: string, subscription: string): string =>
  `/subscriptions/${subscription}/resourceGroups/${group}/providers`;

export const resourceId = (name: string, group = 'rg-care-prod', subscription = careId): ArmId =>
  ArmId.parse(`${providers(group, subscription)}/Microsoft.HealthBot/healthBots/${name}`);
/** As calls about agents want it. */
export const resourceRef = (name: string, group?: string, subscription?: string): ResourceRef => ({
  kind: 'healthcare-agent',
  id: resourceId(name, group, subscription),
});
export const vaultId = (name: string, group = 'rg-care-prod', subscription = careId): ArmId =>
  ArmId.parse(`${providers(group, subscription)}/Microsoft.KeyVault/vaults/${name}`);
export const key = (name: string): KeyName => KeyName.parse(name);

/** What a key carries that is made for the request of that number, and its hash. */
export const markOf = (n: number): KeyMark => ({ request: requestId(n), nonce: `${n}`.padStart(64, '0') });
export const hashOf = (n: number): string => createHash('sha256').update(markOf(n).nonce, 'utf8').digest('hex');

/** The value of a call that must have worked. */
export function got<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  throw new Error(JSON.stringify(outcome.failure));
}

/** Makes the call until it has worked: whoever makes it has signed in by then, though it be in a hurry on a busy machine. */
export async function untilItWorks(call: () => Promise<Outcome<unknown>>): Promise<void> {
  while (!(await call()).ok) await new Promise((resolve) => setTimeout(resolve, 20));
}

export function failureOf(outcome: Outcome<unknown>): Failure {
  if (!outcome.ok) return outcome.failure;
  throw new Error(`worked: ${JSON.stringify(outcome.value)}`);
}

/** The same, where somebody outside said it, or nobody did. */
export function outsideFailureOf(outcome: Outcome<unknown>): Exclude<Failure, { readonly source: 'bot' }> {
  const failure = failureOf(outcome);
  if (failure.source === 'bot') throw new Error(`found by the bot: ${JSON.stringify(failure)}`);
  return failure;
}

export async function vaultNow(azure: Azure, id: ArmId): Promise<ObservedVault> {
  const vault = got(await azure.vaults.get(id));
  if (vault === null) throw new Error(`no vault ${id}`);
  return vault;
}

export async function resourceNow(azure: Azure, ref: ResourceRef): Promise<ObservedResource> {
  const resource = got(await azure.resources.get(ref));
  if (resource === null) throw new Error(`no resource ${ref.id}`);
  return resource;
}

/** The first read after a change can be the one that ended it, so the agent is read again. */
async function judgedNow(azure: Azure, ref: ResourceRef): Promise<ObservedResource> {
  await resourceNow(azure, ref);
  return resourceNow(azure, ref);
}

export const setKey = async (azure: Azure, ref: ResourceRef, key: CustomerKey): Promise<Outcome<Receipt>> =>
  azure.resources.setCustomerKey(ref, await judgedNow(azure, ref), key);

export const enableIdentity = async (azure: Azure, ref: ResourceRef): Promise<Outcome<Receipt>> =>
  azure.resources.enableSystemIdentity(ref, await judgedNow(azure, ref));

export type Sent = RequestRecord;

const aside = /\/oauth2\/|openid-configuration|discovery/;

/** The requests a piece of work sent to Azure, sign-in left out. */
export async function sentDuring(azure: RunningAzure, work: () => Promise<unknown>): Promise<readonly Sent[]> {
  const log = async (): Promise<Sent[]> => (await http(azure, 'GET', '/simulator/requests')).body;
  const before = (await log()).length;
  await work();
  const sent = (await log()).slice(before);
  return sent.filter(({ url }) => !aside.test(url));
}

/** A delay that outlasts the work: nothing is answered before the fault is taken away. */
export const noAnswer = { delayMs: 600_000 } as const;

/** The fault that calls of this URL are answered so, always if `more` doesn't say how often. */
export const answers = (
  url: string,
  status: number,
  body: unknown,
  more: Omit<Partial<Fault>, 'respond'> = {},
): Fault => ({ match: { url }, respond: { status, body }, ...more });
/** The body of a refusal. */
export const says = (code: string, message = 'x') => ({ error: { code, message } });

/** Runs the work under a fault and takes the fault away again. */
export async function under<T>(
  azure: RunningAzure,
  fault: Fault | readonly Fault[],
  work: () => Promise<T>,
): Promise<T> {
  const added = await http(azure, 'POST', '/simulator/faults', { body: fault });
  if (added.status !== 200) throw new Error(JSON.stringify(added.body));
  try {
    return await work();
  } finally {
    await http(azure, 'DELETE', '/simulator/faults');
  }
}
