/** Bodies of every type of event: a type without its sample does not compile. */
import type { Effect } from '../../src/domain/effect.ts';
import { botFailure } from '../../src/domain/failure.ts';
import { FormId, KeyName, KeyVersion, TenantId } from '../../src/domain/ids.ts';
import {
  type Actor,
  botActor,
  type EventBodyOf,
  type EventType,
  newEvent,
  operatorActor,
  type Payload,
  personActor,
} from '../../src/domain/request/events.ts';
import { unknownCause } from '../../src/domain/watch/state.ts';
import { approver, plan, requester, requestId, resourceId, tenant, vaultId } from '../support/builders/fixtures.ts';

const policy = { version: 'p1', rule: 'environment', approvalsRequired: 1, expiresAt: '2100-01-01T00:00:00.000Z' };
const origin = { conversationId: '19:operations@thread.tacv2', conversationType: 'channel' } as const;
const azureSays = {
  source: 'azure',
  next: 'ask',
  doing: 'protecting vault kv-care',
  code: 'AuthorizationFailed',
  message: `*bold* [link](https://example.com) ${'x'.repeat(300)}`,
  status: 403,
  retryAfterMs: null,
  clientRequestId: 'client-1',
  correlationId: null,
} as const;
const lost = botFailure('running', {
  code: 'run-lost',
  why: { how: 'no-replica', workflowVersion: 'v1' },
  touched: true,
});
const changes: readonly Effect[] = [
  { change: 'purge-protection', target: vaultId, before: 'off' },
  {
    change: 'customer-key',
    target: resourceId(),
    to: { vaultUri: 'https://v/', keyName: KeyName.parse('care'), keyVersion: 'made-by-this-request' },
    before: { vaultUri: 'https://v/', keyName: 'care', keyVersion: KeyVersion.parse('0'.repeat(32)) },
  },
];
const signIn = {
  person: approver,
  tenantId: TenantId.parse(tenant),
  signedInAt: '2026-01-01T09:30:00.000Z',
  how: 'browser',
} as const;
const approved = { acknowledgedIrreversible: true, counted: 1, required: 2, signIn: null, quick: true };
const step = { run: 1, step: 'set-cmk', attempt: 1 } as const;

const useAt = { at: '2026-01-01T09:31:00.000Z', operation: 'KeyWrap', knownBy: 'object-id' } as const;
const logged = { first: '2025-12-31T09:30:00.000Z', last: '2026-01-01T09:50:00.000Z' } as const;

const basis = { request: requestId(1), planDigest: 'd'.repeat(64) };
const changedByUser = {
  ...({ source: 'resource-graph', at: logged.last, byType: 'User', clientType: 'Azure Portal' } as const),
  ...{ operation: 'microsoft.healthbot/healthbots/write', correlationId: 'a0000000-0000-4000-8000-000000000001' },
} as const;

const payloads: { readonly [T in EventType]: readonly Payload<T>[] } = {
  submitted: [{ formId: FormId.parse('F-0000000001'), resourceName: '*bold*, [x](y)', plan: plan(), policy, origin }],
  approved: [
    approved,
    {
      ...approved,
      acknowledgedIrreversible: false,
      quick: false,
      signIn: { ...signIn, contexts: ['c1', 'c2'], methods: [] },
    },
  ],
  rejected: [{}],
  cancelled: [{}],
  expired: [{}],
  'decided-late': [
    { verb: 'approve', state: 'running' },
    { verb: 'reject', state: 'awaiting-approval' },
  ],
  'plan-changed': [
    { run: 1, plan: plan(), policy, reason: 'effects-not-covered' },
    { run: 2, plan: plan(), policy, reason: 'approvers-changed' },
  ],
  'request-changed': [
    { formId: FormId.parse('F-0000000002'), plan: plan(), policy },
    { formId: FormId.parse('F-0000000002'), plan: plan(), policy, notBefore: '2026-01-02T02:00:00.000Z' },
  ],
  'run-ordered': [{ run: 1 }],
  'run-checked': [
    { run: 1, observed: 'd'.repeat(64), counted: [] },
    { run: 2, observed: 'd'.repeat(64), counted: [approver, requester] },
  ],
  'step-intended': [step, { ...step, attempt: 4 }],
  'step-done': [
    { ...step, already: false, outputs: { keyVersion: '0'.repeat(32) } },
    { ...step, already: true, outputs: {} },
    { ...step, already: true, interrupted: true, outputs: {} },
  ],
  'step-failed': [
    { ...step, failure: azureSays, retryAt: null },
    { ...step, failure: lost, retryAt: '2026-01-01T10:11:12.000Z' },
  ],
  'attention-needed': [
    { run: 1, step: null, failure: lost },
    { run: 1, step: 'verify', failure: azureSays },
  ],
  succeeded: [
    { run: 1, proofs: [] },
    { run: 1, proofs: [{ level: 'read-back', outcome: 'proved' }] },
    { run: 1, proofs: [{ level: 'read-back', outcome: 'not-checked' }] },
    { run: 1, proofs: [], seeks: { since: '2026-01-01T09:30:00.000Z', until: '2026-01-01T10:00:00.000Z' } },
  ],
  'use-judged': (
    [
      { outcome: 'used', ...useAt, allowedBy: { by: 'role-assignment', id: '*bold*', ours: true } },
      { outcome: 'used', ...useAt, allowedBy: { by: 'access-policy' } },
      { outcome: 'not-used', ...logged, refused: null },
      { outcome: 'not-used', ...logged, refused: { at: logged.last, status: 403 } },
      { outcome: 'unknown', why: { code: 'not-readable', failure: azureSays } },
      { outcome: 'unknown', why: { code: 'not-asked' } },
      { outcome: 'unknown', why: { code: 'no-log-before', first: null } },
      { outcome: 'unknown', why: { code: 'no-log-since', last: logged.first } },
    ] as const
  ).map((answer) => ({ run: 1, answer })),
  'stop-requested': [{ run: 1 }],
  reminded: [{}],
  retried: [{}],
  'retried-automatically': [{}],
  'taken-on': [{}],
  'given-up': [{}],
  'clock-set-right': [{ ahead: '2100-01-01T00:00:00.000Z' }],
  'evidence-made': [
    {
      texts: false,
      reading: {
        resource: { seen: 'yes', value: plan().observation.resource },
        vault: { seen: 'yes', value: plan().observation.vault },
        key: { seen: 'absent' },
        grantHeld: { seen: 'yes', value: true },
      },
    },
    {
      texts: true,
      reading: {
        resource: { seen: 'not', failure: azureSays },
        vault: { seen: 'not', failure: azureSays },
        key: { seen: 'not', failure: azureSays },
        grantHeld: { seen: 'not', failure: azureSays },
      },
    },
  ],
  'drift-opened': [
    {
      agentName: '*bold*',
      basis,
      found: [{ state: { code: 'key-stripped' }, cause: unknownCause, foundAt: logged.first }],
    },
  ],
  'drift-changed': [
    {
      ...{ agentName: 'care', basis },
      found: [
        { state: { code: 'key-expires', at: logged.last }, cause: unknownCause, foundAt: logged.first },
        { state: { code: 'identity-changed', now: null }, cause: changedByUser, foundAt: logged.first },
      ],
    },
  ],
  'drift-closed': [{ agentName: 'care', basis }],
  'texts-erased': [{ reason: '' }, { reason: '*bold*, [x](y)' }],
};

const actors: readonly Actor[] = [
  botActor,
  operatorActor('ops, *bold*'),
  personActor(requester, tenant, 'local'),
  { kind: 'person', id: 'nobody known', tenantId: null, signIn: null },
];

const samplesFor = <T extends EventType>(type: T): readonly EventBodyOf[] =>
  payloads[type].flatMap((data) =>
    actors.flatMap((actor) =>
      [{}, { planDigest: 'd'.repeat(64), changes: [...changes], submittedBy: 'somebody else' }].map(
        (rest) => newEvent(type, actor, data, rest).body,
      ),
    ),
  );

export const eventSamples = Object.fromEntries(
  (Object.keys(payloads) as EventType[]).map((type) => [type, samplesFor(type)]),
) as Readonly<Record<EventType, readonly EventBodyOf[]>>;
