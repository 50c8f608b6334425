/** The ports of commands and forms over an Azure and a store in memory. */

import { mintFormId, mintRequestId } from '../../../src/domain/ids.ts';
import type { RoleStatus } from '../../../src/domain/policy/policy.ts';
import { personActor } from '../../../src/domain/request/events.ts';
import { isRefusal } from '../../../src/domain/request/refusal.ts';
import type { LastVerified } from '../../../src/domain/watch/drift.ts';
import type { CommandPorts, TypedCall } from '../../../src/operations/commands/command.ts';
import type { Form } from '../../../src/operations/form.ts';
import { factsOf } from '../../../src/operations/form-clicks.ts';
import { FormInputs } from '../../../src/operations/pages/page.ts';
import { requester, requestId, tenant, vaultId } from './fixtures.ts';
import { memoryRequests } from './memory-requests.ts';
import { keyName, noon, principal, ref, vault, version } from './plans.ts';
import { policyOf } from './policies.ts';
import { scriptedAzure, type World } from './scripted-azure.ts';

export const call = (args: Record<string, string> = {}, words: readonly string[] = []): TypedCall => ({
  by: requester,
  actor: personActor(requester, tenant, 'local'),
  origin: { conversationId: '19:operations@thread.tacv2', conversationType: 'channel' },
  args,
  words,
});

export function commandWorld(world: Partial<World> = {}) {
  const azure = scriptedAzure(world);
  const requests = memoryRequests(() => noon);
  const roleStatus: { value: RoleStatus } = { value: 'yes' };
  let minted = 0;
  const ports: CommandPorts = {
    azure,
    requests,
    policy: policyOf(),
    tenantId: tenant,
    requesterStatus: async () => roleStatus.value,
    lastVerified: async () => null,
    publishes: true,
    random: (bytes) => {
      minted += 1;
      return new Uint8Array(bytes).fill(minted);
    },
    now: () => noon,
  };
  return { azure, requests, roleStatus, ports };
}

/** What the last succeeded request of the agent approved. */
export const lastVerifiedWith = (change: Partial<LastVerified> = {}): LastVerified => ({
  request: requestId(7),
  planDigest: 'd',
  at: '2026-03-01T12:00:00.000Z',
  resource: ref(),
  resourceName: 'bot-care',
  vault: vault(),
  keyName,
  keyVersion: version('a'),
  principalId: principal,
  before: null,
  retired: null,
  ...change,
});

export const formOn = (page: Form['page'], ports: CommandPorts, change: Partial<Form> = {}): Form => ({
  id: mintFormId(ports.random(10)),
  requestId: mintRequestId(ports.random(6)),
  owner: requester,
  actor: call().actor,
  origin: call().origin,
  revision: 0,
  operation: 'enable-cmk',
  changes: null,
  page,
  answers: {},
  keyWay: null,
  shownDigest: null,
  justification: '',
  changeReference: '',
  startDay: '',
  startTime: '',
  pending: null,
  ended: null,
  ...change,
});

/** A form on its review page, as its owner sees it. */
export async function reviewed(ports: CommandPorts, change: Partial<Form> = {}): Promise<Form> {
  const key = { kind: 'existing', name: keyName, version: version('a') } as const;
  const form = formOn('review', ports, { answers: { resource: ref(), vault: vaultId, key }, ...change });
  const facts = await factsOf(form, ports);
  if (isRefusal(facts) || facts.page !== 'review') throw new Error('the review page cannot be drawn');
  return { ...form, shownDigest: facts.digest };
}

export const inputs = (filled: Partial<FormInputs> = {}): FormInputs => FormInputs.parse(filled);
