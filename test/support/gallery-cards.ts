/** Every card there is, in every state and for every reader, drawn by the product's own views from real requests. */

import { openCloud } from '../../src/azure/clouds.ts';
import { openPortal } from '../../src/azure/portal.ts';
import type { HistoryShow } from '../../src/commands/command.ts';
import { commands } from '../../src/commands/registry.ts';
import { planDigest } from '../../src/domain/digest.ts';
import { ArmId, FormId, KeyName, RequestId } from '../../src/domain/ids.ts';
import type { ObservedVault } from '../../src/domain/observed.ts';
import type { Plan } from '../../src/domain/plan.ts';
import type { StoredEvent } from '../../src/domain/request/events.ts';
import { type RefusalCode, refuse } from '../../src/domain/request/refusal.ts';
import type { Request } from '../../src/domain/request/request.ts';
import { judgeKeys, judgeVaults } from '../../src/operations/choose.ts';
import { type AgentStanding, countsOf, type FleetState } from '../../src/operations/fleet.ts';
import type { Form } from '../../src/operations/form.ts';
import type { FactsOf } from '../../src/operations/pages/page.ts';
import { mention, nothing, plain } from '../../src/teams/cards/plain-text.ts';
import type { AdaptiveCard } from '../../src/teams/cards/render-card.ts';
import { agentsCard } from '../../src/teams/cards/views/agents-view.ts';
import { auditReplyCard, auditRootCard } from '../../src/teams/cards/views/audit-view.ts';
import { formCancelledCard, formLeftCard, formOpenCard } from '../../src/teams/cards/views/form-place-view.ts';
import { formLookingCard, formUnreadCard } from '../../src/teams/cards/views/form-slow-view.ts';
import { formCard } from '../../src/teams/cards/views/form-view.ts';
import { helpCard } from '../../src/teams/cards/views/help-view.ts';
import { entriesPerPage, historyCard } from '../../src/teams/cards/views/history-view.ts';
import { requestRows } from '../../src/teams/cards/views/list-rows.ts';
import { type ListContent, listCard, openChips, rowsPerPage } from '../../src/teams/cards/views/list-view.ts';
import { withPortal } from '../../src/teams/cards/views/portal-line.ts';
import { type CardContext, everybody, type Reader } from '../../src/teams/cards/views/reader.ts';
import { requestCard } from '../../src/teams/cards/views/request-card.ts';
import {
  bugCard,
  lookingCard,
  notStoringCard,
  refusalCard,
  typoCard,
} from '../../src/teams/cards/views/short-views.ts';
import { welcomeCard } from '../../src/teams/cards/views/welcome-view.ts';
import { historyOf } from '../../src/words/history.ts';
import { commandWorld, formOn } from '../unit/support/command-world.ts';
import { key, kind, noon, resource, sha256, version } from '../unit/support/plans.ts';
import { termsOf } from '../unit/support/policies.ts';
import {
  forbidden,
  longLife,
  lookAlikePlan,
  names,
  newestKey,
  newKeyWished,
  newKind,
  oldKey,
  patienceAt,
  planOf,
  requestStates,
  rotationLife,
  rotationPlan,
  secondApprover,
  seen,
  seenUnderKey,
  toMadeVersion,
  toNewest,
  toOtherKey,
  visitAgent,
  wished,
} from './card-states.ts';
import { approver, requester, tenant } from './fixtures.ts';
import { recordCards } from './gallery-record.ts';

export interface GalleryCard {
  readonly name: string;
  readonly card: AdaptiveCard;
}

const contextFor = (request: Request, reader: Reader, change: Partial<CardContext> = {}): CardContext => {
  const awaited = [approver, secondApprover].filter((id) => !request.approvals.some(({ by }) => by === id));
  return {
    // Eight seconds after the last thing that happened.
    patience: patienceAt(new Date(Date.parse(request.changedAt) + 8_000).toISOString()),
    reader,
    names,
    awaited: awaited.map(names).join(', '),
    addressed: awaited.map((id) => mention(`29:${id}`, names(id))),
    userIds: [requester, approver, secondApprover].map((id) => `29:${id}`),
    paused: false,
    stepUp: false,
    ...change,
  };
};

const portal = openPortal(openCloud({ name: 'public' }), tenant);

/** What each of three people sees, and the short card; the same card is shown once. */
function cardsOf(state: string, request: Request): readonly GalleryCard[] {
  const own: Reader = { kind: 'approver', id: approver };
  const drawn: GalleryCard[] = [
    { name: `${state}.requester`, card: requestCard('status', request, contextFor(request, { kind: 'requester' })) },
    { name: `${state}.approver`, card: requestCard('approval', request, contextFor(request, own)) },
    { name: `${state}.everybody`, card: requestCard('status', request, contextFor(request, everybody)) },
    { name: `${state}.everybody-asked`, card: requestCard('approval', request, contextFor(request, everybody)) },
    { name: `${state}.short`, card: requestCard('short', request, contextFor(request, everybody)) },
  ];
  const { outputs, plan } = request;
  if (['running', 'succeeded', 'needs-attention'].includes(state))
    drawn.push({
      name: `${state}.portal`,
      card: withPortal(
        requestCard('status', request, contextFor(request, everybody)),
        portal,
        plan,
        outputs.keyVersion,
      ),
    });
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

/** Open requests of several agents. */
const mixedRequests = [
  ['needs-attention', 'CMK-2M8D4T', 'ward-agent'],
  ['awaiting-approval', 'CMK-7F3K9Q', 'triage-agent-prod'],
  ['rotation-awaiting-newest', 'CMK-9XK2WA', 'virtual-visit-agent'],
  ['awaiting-one-of-two', 'CMK-4QH7RC', 'oncology-faq'],
  ['running-spreading', 'CMK-B6N1ZV', 'radiology-agent'],
] as const;

async function lists(): Promise<readonly GalleryCard[]> {
  const id = 'F-2M8D4T7KQX';
  const decidable = ({ approvals, state }: Request) => state === 'awaiting-approval' && approvals.length === 0;
  const asOf = new Date('2026-03-02T12:04:00.000Z');
  const requests = await requestRows(Object.values(requestStates), directory, asOf, decidable);
  const open = {
    title: plain<string>(`${requests.length} open requests`),
    subject: nothing,
    empty: nothing,
    chips: openChips('all'),
    asOf,
  };
  const later = new Date('2026-03-02T12:09:00.000Z');
  const mixed = mixedRequests.flatMap(([state, id, resourceName]) => {
    const request = requestStates[state];
    return request === undefined ? [] : [{ ...request, id: RequestId.parse(id), resourceName }];
  });
  const mixedRows = await requestRows(mixed, directory, later, decidable);
  const list = (content: Omit<ListContent, 'rows' | 'total'>, all: ListContent['rows'], page: number) => {
    const rows = all.slice((page - 1) * rowsPerPage, page * rowsPerPage);
    return listCard(id, { ...content, rows, total: all.length }, page);
  };
  const waiting = { ...open, title: plain('1 open request'), subject: plain('Waiting for Approver') };
  const none = {
    ...open,
    title: plain('No open requests'),
    empty: plain('To ask, type /enable-cmk'),
  };
  return [
    { name: 'list.first', card: list(open, requests, 1) },
    {
      name: 'list.mixed',
      card: list({ ...open, title: plain<string>(`${mixed.length} open requests`), asOf: later }, mixedRows, 1),
    },
    { name: 'list.middle', card: list(open, requests, 4) },
    { name: 'list.last', card: list(open, requests, Math.ceil(requests.length / 5)) },
    { name: 'list.waiting', card: list({ ...waiting, chips: openChips('waiting') }, requests.slice(0, 1), 1) },
    { name: 'list.empty', card: list(none, [], 1) },
    ...agents(id),
    ...histories(id),
  ];
}

function agents(formId: string): readonly GalleryCard[] {
  const now = new Date('2026-03-02T12:04:00.000Z');
  const end = (days: number): string => new Date(now.getTime() + days * 86_400_000).toISOString();
  const standing = (name: string, state: FleetState, change: Partial<AgentStanding> = {}): AgentStanding => ({
    id: ArmId.parse(
      `/subscriptions/40000000-0000-4000-8000-000000000001/resourceGroups/rg-care-prod/providers/Microsoft.HealthBot/healthBots/${name}`,
    ),
    name,
    state,
    request: null,
    keyName: `cmk-${name}`,
    ends: null,
    ...change,
  });
  const id = RequestId.parse('CMK-7F3K9Q');
  const all = [
    standing('ward-agent', 'needs-attention', { request: { id, waits: 'attention' } }),
    standing('imaging-agent', 'ended', { ends: end(-4) }),
    standing('virtual-visit-agent', 'ends-soon', { ends: end(21) }),
    standing('triage-agent-prod', 'request-open', { request: { id, waits: 'approval' } }),
    standing('outpatient-triage-and-appointment-assistant-production', 'microsofts-key'),
    standing('oncology-faq', 'end-unknown'),
    standing('radiology-agent', 'own-key', { ends: end(400) }),
    standing('wellness-agent', 'own-key'),
  ];
  const counts = { ...countsOf(all), 'microsofts-key': 4, 'own-key': 12 };
  const content = {
    show: 'all',
    named: '',
    counts,
    subscriptions: 3,
    agents: all,
    total: 21,
    unread: [],
    asks: true,
    asOf: now,
    now,
  } as const;
  const unread = { subscriptionId: '40000000-0000-4000-8000-000000000003', failure: forbidden };
  const none = { ...content, counts: countsOf([]), agents: [], total: 0, subscriptions: 0 };
  return [
    { name: 'agents.all', card: agentsCard(formId, content, 1) },
    { name: 'agents.reader', card: agentsCard(formId, { ...content, asks: false, named: 'agent' }, 2) },
    { name: 'agents.part', card: agentsCard(formId, { ...content, unread: [unread] }, 1) },
    { name: 'agents.none', card: agentsCard(formId, none, 1) },
  ];
}

function histories(formId: string): readonly GalleryCard[] {
  const history = (state: string, events: readonly StoredEvent[], page: number, show: HistoryShow = 'everything') => {
    const all = historyOf(events, names, false).map((entry) => ({ ...entry, of: '' }));
    const content = {
      request: requestStates[state] ?? null,
      title: plain(requestStates[state]?.resourceName ?? 'triage-agent-prod'),
      subject: plain<string>(
        `${all.length} entries, oldest first. What people wrote stands on the request’s own card.`,
      ),
      show,
      entries: all.slice((page - 1) * entriesPerPage, page * entriesPerPage),
      total: all.length,
    };
    return historyCard(formId, content, page);
  };
  return [
    { name: 'history.first', card: history('succeeded', longLife, 1) },
    { name: 'history.second', card: history('needs-attention', [...longLife, ...longLife], 2) },
    { name: 'history.rotation', card: history('rotation-succeeded-new-version', rotationLife, 1, 'changes') },
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
    ...root('rotation-running'),
    { name: 'audit-reply.first', card: auditReplyCard(request, longLife.slice(0, 8), hash, names) },
    { name: 'audit-reply.run', card: auditReplyCard(request, longLife.slice(8), hash, names) },
    ...recordCards(request, requestCard('status', request, contextFor(request, everybody))),
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
    { name: 'welcome', card: welcomeCard({ kind: 'roles', asks: true, approves: true }) },
    { name: 'welcome.team', card: welcomeCard(null) },
    { name: 'help.both', card: helpCard({ ...facts, mayAsk: true, mayApprove: true }) },
    {
      name: 'typo',
      card: typoCard('/enabel-cmk', '/enable-cmk triage-agent-prod', {
        text: '/enable-cmk triage-agent-prod',
        weight: 'form',
      }),
    },
    { name: 'help.asks', card: helpCard({ ...facts, mayAsk: true, mayApprove: false }) },
    { name: 'help.reader', card: helpCard({ ...facts, mayAsk: false, mayApprove: false, auditChannel: false }) },
    { name: 'bug', card: bugCard('E-7F3K9QX2') },
    { name: 'not-storing', card: notStoringCard('E-7F3K9QX2') },
    { name: 'looking', card: lookingCard() },
    ...refusals.map(([code, fact]) => ({ name: `refusal.${code}`, card: refusalCard(refuse(code, fact)) })),
    {
      name: 'refusal.near',
      card: refusalCard(
        { ...refuse('unknown-resource', 'triage-agent-prdo'), near: 'triage-agent-prod' },
        { text: '/enable-cmk triage-agent-prod', weight: 'form' },
      ),
    },
  ];
}

const summary = (name: string, underCustomerKey = false) => ({
  kind: 'healthcare-agent',
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
const elsewhere = ArmId.parse(
  '/subscriptions/40000000-0000-4000-8000-000000000002/resourceGroups/rg-research/providers/Microsoft.KeyVault/vaults/kv-hospita1-keys',
);
const vaults = judgeVaults(
  [
    seen().vault,
    vaultNamed('kv-hospital-keys', { purgeProtection: true }),
    vaultNamed('kv-old-wards', { softDelete: false }),
    vaultNamed('kv-north-europe', { location: 'northeurope', purgeProtection: true }),
    vaultNamed('kv-behind-firewall', { firewall: 'closed' }),
    vaultNamed('kv-hospita1-keys', { id: elsewhere, purgeProtection: true }),
    vaultNamed('kv-of-others', { tenantId: '30000000-0000-4000-8000-000000000000' }),
  ],
  seen().resource,
  { tenantId: tenant, kind, terms: termsOf() },
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
  change: null,
});

const { ports } = commandWorld();
const card = (form: Form, facts: Parameters<typeof formCard>[1], problem: Parameters<typeof formCard>[2] = null) =>
  formCard(
    { ...form, id: FormId.parse('F-2M8D4T7KQX'), requestId: RequestId.parse('CMK-7F3K9Q'), revision: 3 },
    facts,
    problem,
  );

function forms(): readonly GalleryCard[] {
  const answers = { resource: wished.resource, vault: wished.vaultId };
  const form = (page: Form['page'], change: Partial<Form> = {}): Form => formOn(page, ports, { answers, ...change });
  const empty = form('resource', { answers: {} });
  const resources = ['triage-agent-prod', 'visitor-agent', 'pharmacy-agent'].map((name) => summary(name));
  const all = [...resources, summary('radiology-agent', true)];
  const { resource: chosen } = seen();
  const resourceFacts = { page: 'resource', resources: all, more: true, resource: null } as const;
  const vaultFacts = { page: 'vault', resource: chosen, vaults, chosen: null } as const;
  const keyFacts = {
    page: 'key',
    resource: chosen,
    vault: seen().vault,
    keys,
    way: null,
    chosen: null,
    now: noon,
  } as const;
  const pending = { verb: 'form.next', inputs: {}, look: '' };
  const outage = 'TooManyRequests: The request is being throttled.';
  const newKey = { kind: 'new', name: newKeyWished.keyName, key: newKind } as const;
  const warned = planOf({
    vault: vaultNamed('kv-care-prod', { location: 'northeurope', softDelete: false }),
    key: key({ name: wished.keyName, version: version('5'), expires: '2026-09-01T00:00:00.000Z' }),
  });
  const blocked = planOf({
    resource: resource({ ...chosen, createdAt: '2021-06-03T08:00:00.000Z', provisioningState: 'Updating' }),
    vault: vaultNamed('kv-care-prod', { firewall: 'closed' }),
  });
  const underAnother = planOf({ resource: { ...chosen, customerKey: visitAgent.customerKey } });
  return [
    { name: 'form-agent.empty', card: card(empty, resourceFacts) },
    { name: 'form-agent.chosen', card: card(form('resource'), { ...resourceFacts, resource: chosen }) },
    {
      name: 'form-agent.problem',
      card: card(form('resource'), resourceFacts, refuse('unknown-resource', 'triage')),
    },
    { name: 'form-agent.none', card: card(empty, { ...resourceFacts, resources: [], more: false }) },
    { name: 'form-vault', card: card(form('vault'), vaultFacts) },
    { name: 'form-vault.problem', card: card(form('vault'), vaultFacts, refuse('choice-missing')) },
    { name: 'form-vault.none', card: card(form('vault'), { ...vaultFacts, vaults: [] }) },
    { name: 'form-key', card: card(form('key'), keyFacts) },
    { name: 'form-key.existing', card: card(form('key'), { ...keyFacts, way: 'existing' }) },
    { name: 'form-key.none', card: card(form('key'), { ...keyFacts, way: 'new', keys: [] }) },
    {
      name: 'form-key.new',
      card: card(
        form('key'),
        { ...keyFacts, way: 'new', chosen: newKey },
        refuse('new-key-expiry-unfit', '2024-01-01'),
      ),
    },
    { name: 'form-slow.looking', card: formLookingCard(form('vault', { pending }), true) },
    {
      name: 'form-slow.unread',
      card: formUnreadCard(form('vault', { pending }), refuse('azure-unreachable', outage), true),
    },
    { name: 'form-review.ready', card: card(form('review'), reviewFacts(planOf())) },
    {
      name: 'form-review.warned',
      card: card(
        form('review', { justification: 'Policy 7.4' }),
        reviewFacts(warned, 2),
        refuse('acknowledge-data-loss'),
      ),
    },
    { name: 'form-review.new-key', card: card(form('review'), reviewFacts(planOf({ key: null }, newKeyWished))) },
    { name: 'form-review.look-alike', card: card(form('review'), reviewFacts(lookAlikePlan(true))) },
    { name: 'form-review.look-alike-blocked', card: card(form('review'), reviewFacts(lookAlikePlan(false))) },
    { name: 'form-review.blocked', card: card(form('review'), reviewFacts(blocked)) },
    { name: 'form-review.under-another-key', card: card(form('review'), reviewFacts(underAnother)) },
    { name: 'form-ended.cancelled', card: formCancelledCard(form('review', { ended: 'cancelled' })) },
    { name: 'form-ended.left', card: formLeftCard(form('vault', { ended: 'left' }), 'Requester') },
    { name: 'form-open', card: formOpenCard(form('review'), { name: 'Requester', memberId: '29:requester' }) },
  ];
}

function rotationForms(): readonly GalleryCard[] {
  const { from } = toNewest;
  const { vaultId, keyName } = toNewest.to;
  const newest = { way: 'version', from, vaultId, keyName, keyVersion: newestKey.version, newest: true };
  const made = { way: 'new-version', from, vaultId, keyName, after: oldKey.version, make: newKind };
  const form = (page: Form['page'], version: unknown, change: Partial<Form> = {}): Form =>
    formOn(page, ports, {
      operation: 'rotate-cmk',
      answers: { resource: toNewest.resource, ...(version === null ? {} : { version }) },
      ...change,
    });
  const answered = form('version', null);
  const other = form('review', { way: 'other-key', from });
  const facts: FactsOf<'version'> = {
    page: 'version',
    resource: visitAgent,
    current: visitAgent.customerKey,
    vault: seenUnderKey().vault,
    inUse: oldKey,
    newest: newestKey,
    makes: { ...newKind, expires: '2028-03-01T00:00:00.000Z' },
    chosen: null,
    now: noon,
  };
  const unseen = { ...facts, vault: null, inUse: null, newest: null, makes: null };
  const microsofts = { ...visitAgent, customerKey: null };
  const disabled = { ...oldKey, enabled: false };
  const unversioned = { ...visitAgent, customerKey: { ...from, keyVersion: null } };
  const moved = { ...visitAgent, customerKey: { ...from, keyVersion: newestKey.version } };
  return [
    {
      name: 'rotation-form-agent',
      card: card(form('resource', null, { answers: {} }), {
        page: 'resource',
        resources: [summary('virtual-visit-agent', true), summary('triage-agent-prod')],
        more: false,
        resource: visitAgent,
      }),
    },
    { name: 'rotation-form-version', card: card(answered, facts) },
    {
      name: 'rotation-form-version.newest-in-use',
      card: card(answered, { ...facts, resource: moved, current: moved.customerKey, inUse: newestKey }),
    },
    { name: 'rotation-form-version.disabled', card: card(answered, { ...facts, inUse: disabled }) },
    { name: 'rotation-form-version.vault-not-seen', card: card(answered, unseen) },
    {
      name: 'rotation-form-version.none-named',
      card: card(answered, { ...facts, resource: unversioned, current: unversioned.customerKey, inUse: null }),
    },
    {
      name: 'rotation-form-version.microsofts-key',
      card: card(answered, { ...unseen, resource: microsofts, current: null }),
    },
    {
      name: 'rotation-form-version.problem',
      card: card(answered, { ...facts, chosen: 'new' }, refuse('choice-missing')),
    },
    {
      name: 'rotation-form-vault',
      card: card({ ...other, page: 'vault' }, { page: 'vault', resource: visitAgent, vaults, chosen: null }),
    },
    { name: 'rotation-form-review.newest', card: card(form('review', newest), reviewFacts(rotationPlan())) },
    {
      name: 'rotation-form-review.new-version',
      card: card(form('review', made), reviewFacts(rotationPlan(toMadeVersion))),
    },
    { name: 'rotation-form-review.other-key', card: card(other, reviewFacts(rotationPlan(toOtherKey))) },
    {
      name: 'rotation-form-review.old-version-disabled',
      card: card(form('review', newest), reviewFacts(rotationPlan(toNewest, { from: disabled }))),
    },
    {
      name: 'rotation-form-review.moved',
      card: card(form('review', made), reviewFacts(rotationPlan(toMadeVersion, { resource: moved }))),
    },
    {
      name: 'rotation-form-review.microsofts-key',
      card: card(form('review', newest), reviewFacts(rotationPlan(toNewest, { resource: microsofts }))),
    },
    { name: 'rotation-form-ended.cancelled', card: formCancelledCard(form('review', newest, { ended: 'cancelled' })) },
  ];
}

export const galleryCards = async (): Promise<readonly GalleryCard[]> => [
  ...Object.entries(requestStates).flatMap(([state, request]) => cardsOf(state, request)),
  ...pausedCards(),
  ...(await lists()),
  ...audit(),
  ...short(),
  ...forms(),
  ...rotationForms(),
];
