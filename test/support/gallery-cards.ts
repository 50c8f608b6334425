/** Every card there is, in every state and for every reader, drawn by the product's own views from real requests. */

import { commands } from '../../src/commands/registry.ts';
import { planDigest } from '../../src/domain/digest.ts';
import { FormId, KeyName } from '../../src/domain/ids.ts';
import type { ObservedVault } from '../../src/domain/observed.ts';
import type { Plan } from '../../src/domain/plan.ts';
import { type RefusalCode, refuse } from '../../src/domain/request/refusal.ts';
import type { Request } from '../../src/domain/request/request.ts';
import { judgeKeys, judgeVaults } from '../../src/operations/choose.ts';
import type { Form } from '../../src/operations/form.ts';
import { mention, nothing, plain } from '../../src/teams/cards/plain-text.ts';
import type { AdaptiveCard } from '../../src/teams/cards/render-card.ts';
import { auditReplyCard, auditRootCard } from '../../src/teams/cards/views/audit-view.ts';
import { formCard, formEndedCard } from '../../src/teams/cards/views/form-view.ts';
import { eventRows, requestRows } from '../../src/teams/cards/views/list-rows.ts';
import { listCard } from '../../src/teams/cards/views/list-view.ts';
import { type CardContext, everybody, type Reader } from '../../src/teams/cards/views/reader.ts';
import { requestCard } from '../../src/teams/cards/views/request-card.ts';
import { bugCard, helpCard, refusalCard } from '../../src/teams/cards/views/short-views.ts';
import { commandWorld, formOn } from '../unit/support/command-world.ts';
import { key, noon, resource, sha256, version } from '../unit/support/plans.ts';
import { longLife, names, newKeyWished, planOf, requestStates, secondApprover, seen, wished } from './card-states.ts';
import { approver, requester, tenant } from './fixtures.ts';

export interface GalleryCard {
  readonly name: string;
  readonly card: AdaptiveCard;
}

const contextFor = (request: Request, reader: Reader, change: Partial<CardContext> = {}): CardContext => {
  const awaited = [approver, secondApprover].filter((id) => !request.approvals.some(({ by }) => by === id));
  return {
    reader,
    names,
    awaited: awaited.map(names).join(', '),
    addressed: awaited.map((id) => mention(`29:${id}`, names(id))),
    userIds: [requester, approver, secondApprover].map((id) => `29:${id}`),
    paused: false,
    ...change,
  };
};

/** What each of three people sees, and the short card; the same card is shown once. */
function cardsOf(state: string, request: Request): readonly GalleryCard[] {
  const own: Reader = { kind: 'approver', id: approver };
  const drawn: readonly GalleryCard[] = [
    { name: `${state}.requester`, card: requestCard('status', request, contextFor(request, { kind: 'requester' })) },
    { name: `${state}.approver`, card: requestCard('approval', request, contextFor(request, own)) },
    { name: `${state}.everybody`, card: requestCard('status', request, contextFor(request, everybody)) },
    { name: `${state}.everybody-asked`, card: requestCard('approval', request, contextFor(request, everybody)) },
    { name: `${state}.short`, card: requestCard('short', request, contextFor(request, everybody)) },
  ];
  const seenBefore = new Set<string>();
  return drawn.filter(({ card }) => {
    const json = JSON.stringify(card.body);
    const isNew = !seenBefore.has(json);
    seenBefore.add(json);
    return isNew;
  });
}

function pausedCards(): readonly GalleryCard[] {
  const request = requestStates.approved;
  if (request === undefined) return [];
  const paused = (kind: 'status' | 'approval' | 'short', reader: Reader) =>
    requestCard(kind, request, contextFor(request, reader, { paused: true }));
  return [
    { name: 'paused.requester', card: paused('status', { kind: 'requester' }) },
    { name: 'paused.approver', card: paused('approval', { kind: 'approver', id: approver }) },
    { name: 'paused.short', card: paused('short', everybody) },
  ];
}

const directory = { names: async () => names };

async function lists(): Promise<readonly GalleryCard[]> {
  const id = 'F-2M8D4T7KQX';
  const requests = await requestRows(Object.values(requestStates), directory);
  const events = await eventRows([...longLife].reverse(), directory);
  const open = { title: plain('Open requests'), subject: nothing, empty: nothing };
  const history = {
    title: plain('triage-agent-prod'),
    subject: plain('History of CMK-7F3K9Q, newest first'),
    empty: nothing,
  };
  const none = { ...open, empty: plain('No request is open. To ask, type /enable-cmk'), rows: [] };
  return [
    { name: 'list.first', card: listCard(id, { ...open, rows: requests }, 1) },
    { name: 'list.middle', card: listCard(id, { ...open, rows: requests }, 4) },
    { name: 'list.last', card: listCard(id, { ...open, rows: requests }, Math.ceil(requests.length / 5)) },
    { name: 'list.empty', card: listCard(id, none, 1) },
    { name: 'history.first', card: listCard(id, { ...history, rows: events }, 1) },
    { name: 'history.second', card: listCard(id, { ...history, rows: events }, 2) },
  ];
}

function audit(): readonly GalleryCard[] {
  const hash = sha256('the chain');
  const root = (state: string): readonly GalleryCard[] => {
    const request = requestStates[state];
    return request === undefined ? [] : [{ name: `audit-root.${state}`, card: auditRootCard(request, names, 129) }];
  };
  const request = requestStates.succeeded;
  if (request === undefined) return [];
  return [
    ...root('awaiting-approval'),
    ...root('succeeded'),
    ...root('rejected'),
    { name: 'audit-reply.first', card: auditReplyCard(request, longLife.slice(0, 8), hash, names) },
    { name: 'audit-reply.run', card: auditReplyCard(request, longLife.slice(8), hash, names) },
  ];
}

const refusals: readonly [RefusalCode, string][] = [
  ['not-a-requester', ''],
  ['resource-has-open-request', 'CMK-7F3K9Q'],
  ['azure-unreachable', 'TooManyRequests: The request is being throttled.'],
  ['unknown-resource', 'triage'],
];

function short(): readonly GalleryCard[] {
  const { policy } = commandWorld().ports;
  const facts = { commands, policy, auditChannel: true };
  return [
    { name: 'help.both', card: helpCard({ ...facts, mayAsk: true, mayApprove: true }) },
    { name: 'help.neither', card: helpCard({ ...facts, mayAsk: false, mayApprove: false, auditChannel: false }) },
    { name: 'bug', card: bugCard('E-7F3K9QX2') },
    ...refusals.map(([code, fact]) => ({ name: `refusal.${code}`, card: refusalCard(refuse(code, fact)) })),
  ];
}

const summary = (name: string, underCustomerKey = false) => ({
  id: seen().resource.id,
  name,
  location: 'westeurope',
  resourceGroup: 'rg-care-prod',
  subscriptionId: '40000000-0000-4000-8000-000000000001',
  subscriptionName: 'Care',
  underCustomerKey,
});
const vaultNamed = (name: string, change: Partial<ObservedVault> = {}) => ({
  ...seen().vault,
  name,
  ...change,
});
const vaults = judgeVaults(
  [
    seen().vault,
    vaultNamed('kv-hospital-keys', { purgeProtection: true }),
    vaultNamed('kv-old-wards', { softDelete: false }),
    vaultNamed('kv-north-europe', { location: 'northeurope', purgeProtection: true }),
    vaultNamed('kv-behind-firewall', { firewall: 'closed' }),
    vaultNamed('kv-of-others', { tenantId: '30000000-0000-4000-8000-000000000000' }),
  ],
  { location: 'westeurope' },
  tenant,
);
const keys = judgeKeys(
  [
    key({ name: KeyName.parse('cmk-triage-agent'), version: version('5') }),
    key({ name: KeyName.parse('cmk-virtual-visit'), expires: '2028-01-12T00:00:00.000Z' }),
    key({ name: KeyName.parse('signing-ec'), type: 'EC', size: null }),
    key({ name: KeyName.parse('cmk-2023'), expires: '2025-01-12T00:00:00.000Z' }),
    key({ name: KeyName.parse('cmk-off'), enabled: false }),
  ],
  noon,
);

const reviewFacts = (plan: Plan, approvalsRequired = 1) => ({
  page: 'review' as const,
  plan,
  digest: planDigest(plan, sha256),
  policy: { version: '3f9c21ab', rule: 'environment', approvalsRequired, expiresAt: '2026-03-05T12:00:00.000Z' },
  openRequest: null,
});

function forms(): readonly GalleryCard[] {
  const { ports } = commandWorld();
  const form = (page: Form['page'], change: Partial<Form> = {}): Form =>
    formOn(page, ports, {
      id: FormId.parse('F-2M8D4T7KQX'),
      resourceId: wished.resourceId,
      vaultId: wished.vaultId,
      ...change,
    });
  const resources = ['triage-agent-prod', 'visitor-agent', 'pharmacy-agent'].map((name) => summary(name));
  const all = [...resources, summary('radiology-agent', true)];
  const { resource: chosen } = seen();
  const keyFacts = { page: 'key' as const, resource: chosen, vault: seen().vault, keys, now: noon };
  const newKey = { kind: 'new' as const, name: newKeyWished.keyName, key: newKeyWished.newKey };
  const warned = planOf({
    vault: vaultNamed('kv-care-prod', { location: 'northeurope', softDelete: false }),
    key: key({ name: wished.keyName, version: version('5'), expires: '2026-09-01T00:00:00.000Z' }),
  });
  const blocked = planOf({
    resource: resource({ ...chosen, createdAt: '2021-06-03T08:00:00.000Z', provisioningState: 'Updating' }),
    vault: vaultNamed('kv-care-prod', { firewall: 'closed' }),
  });
  const { key: _key, ...unkeyed } = newKey;
  return [
    {
      name: 'form-agent.empty',
      card: formCard(
        form('resource', { resourceId: null }),
        { page: 'resource', resources: all, resource: null },
        null,
      ),
    },
    {
      name: 'form-agent.chosen',
      card: formCard(form('resource'), { page: 'resource', resources: all, resource: chosen }, null),
    },
    {
      name: 'form-agent.problem',
      card: formCard(
        form('resource'),
        { page: 'resource', resources: all, resource: null },
        refuse('unknown-resource', 'triage'),
      ),
    },
    {
      name: 'form-agent.none',
      card: formCard(form('resource', { resourceId: null }), { page: 'resource', resources: [], resource: null }, null),
    },
    { name: 'form-vault', card: formCard(form('vault'), { page: 'vault', resource: chosen, vaults }, null) },
    {
      name: 'form-vault.problem',
      card: formCard(form('vault'), { page: 'vault', resource: chosen, vaults }, refuse('choice-missing')),
    },
    { name: 'form-vault.none', card: formCard(form('vault'), { page: 'vault', resource: chosen, vaults: [] }, null) },
    { name: 'form-key', card: formCard(form('key'), keyFacts, null) },
    { name: 'form-key.none', card: formCard(form('key'), { ...keyFacts, keys: [] }, null) },
    ...(newKeyWished.newKey === null
      ? []
      : [
          {
            name: 'form-key.new',
            card: formCard(
              form('key', { key: { ...unkeyed, key: newKeyWished.newKey } }),
              keyFacts,
              refuse('new-key-expiry-unfit', '2024-01-01'),
            ),
          },
        ]),
    { name: 'form-review.ready', card: formCard(form('review'), reviewFacts(planOf()), null) },
    {
      name: 'form-review.warned',
      card: formCard(
        form('review', { justification: 'Policy 7.4' }),
        reviewFacts(warned, 2),
        refuse('acknowledge-data-loss'),
      ),
    },
    {
      name: 'form-review.new-key',
      card: formCard(form('review'), reviewFacts(planOf({ key: null }, newKeyWished)), null),
    },
    { name: 'form-review.blocked', card: formCard(form('review'), reviewFacts(blocked), null) },
    { name: 'form-ended.submitted', card: formEndedCard(form('review', { ended: 'submitted' })) },
    { name: 'form-ended.cancelled', card: formEndedCard(form('review', { ended: 'cancelled' })) },
  ];
}

export const galleryCards = async (): Promise<readonly GalleryCard[]> => [
  ...Object.entries(requestStates).flatMap(([state, request]) => cardsOf(state, request)),
  ...pausedCards(),
  ...(await lists()),
  ...audit(),
  ...short(),
  ...forms(),
];
