/** Cards as the product's own views draw them: each template with everything it can show, and the pictures of the documentation. */

import { jest } from '@jest/globals';
import { sha256 } from '../../../src/domain/canonical-json.ts';
import { judge } from '../../../src/domain/check.ts';
import { planDigest } from '../../../src/domain/digest.ts';
import { ArmId, armIdParts, driftIdOf, FormId, KeyName, PersonId, RequestId } from '../../../src/domain/ids.ts';
import type { KeyImpact } from '../../../src/domain/key-impact.ts';
import type { ObservedVault } from '../../../src/domain/observed.ts';
import type { Plan } from '../../../src/domain/plan.ts';
import type { StoredEvent } from '../../../src/domain/request/events.ts';
import { isNotifying } from '../../../src/domain/request/notification-recipients.ts';
import { type Refusal, refuse } from '../../../src/domain/request/refusal.ts';
import type { Request } from '../../../src/domain/request/request.ts';
import type { LastVerified } from '../../../src/domain/watch/drift.ts';
import type { Drift, DriftFinding, ResourceWatch } from '../../../src/domain/watch/resource-watch.ts';
import { type DriftCause, type DriftState, unknownCause } from '../../../src/domain/watch/state.ts';
import { judgeKeys, judgeVaults } from '../../../src/operations/choose.ts';
import { commands } from '../../../src/operations/commands/registry.ts';
import type { ResourceKeyState } from '../../../src/operations/fleet.ts';
import type { Form } from '../../../src/operations/form.ts';
import type { FactsOf, PageFacts } from '../../../src/operations/pages/page.ts';
import { operationOf } from '../../../src/operations/registry.ts';
import { healthcareAgent } from '../../../src/operations/resources/healthcare-agent.ts';
import { kindNamed, readableKinds } from '../../../src/operations/resources/registry.ts';
import { mention } from '../../../src/teams/cards/plain-text.ts';
import { type AdaptiveCard, templates } from '../../../src/teams/cards/render-card.ts';
import { auditCheckpointCard, auditReplyCard, auditRootCard } from '../../../src/teams/cards/views/audit-view.ts';
import { driftCard } from '../../../src/teams/cards/views/drift-view.ts';
import { fleetPage } from '../../../src/teams/cards/views/fleet-view.ts';
import { formAbandonedCard, formOpenCard, formSlowCard } from '../../../src/teams/cards/views/form-place-view.ts';
import { formCard } from '../../../src/teams/cards/views/form-view.ts';
import { helpCard, welcomeCard } from '../../../src/teams/cards/views/help-view.ts';
import { historyPage, requestsPage } from '../../../src/teams/cards/views/list-pages.ts';
import { impactCard, listCard } from '../../../src/teams/cards/views/list-view.ts';
import { eventNotice, notificationCard } from '../../../src/teams/cards/views/notification-view.ts';
import { everybody, type Reader } from '../../../src/teams/cards/views/reader.ts';
import { type CardKind, requestCard } from '../../../src/teams/cards/views/request-card.ts';
import { bugCard, typoCard } from '../../../src/teams/cards/views/short-views.ts';
import { commandWorld, formOn } from '../builders/command-world.ts';
import { secondApprover } from '../builders/commands.ts';
import { appliedPolicy, approver, requester, tenant } from '../builders/fixtures.ts';
import { key, noon, principal, under, vault, version, wishToRepair } from '../builders/plans.ts';
import { policyOf, termsOf } from '../builders/policies.ts';
import { keyed } from '../builders/scripted-azure.ts';
import { forbidden } from './card-failures.ts';
import {
  keyName,
  newestKey,
  oldKey,
  planOf,
  seen,
  seenUnderKey,
  toNewest,
  vaultId,
  visitAgent,
  wished,
} from './card-plans.ts';
import { contextAt, names } from './card-readers.ts';
import { longLife, rotationLife, stateNamed } from './card-states.ts';
import { asked, lifeOf, rejects } from './card-turns.ts';

export interface GalleryCard {
  readonly name: string;
  readonly template: string;
  /** What a view gave to the template, and what the Adaptive Cards designer takes as sample data. */
  readonly data: unknown;
  readonly card: AdaptiveCard;
}

/** Draws a card by a view. */
function drawn(name: string, draw: () => AdaptiveCard): GalleryCard {
  const spies = [...templates].map(([template, one]) => ({ template, spy: jest.spyOn(one, 'expand') }));
  try {
    const card = draw();
    const [made, ...others] = spies.filter(({ spy }) => spy.mock.calls.length > 0);
    if (made === undefined || others.length > 0) throw new Error(`${name} isn't one card`);
    // A card that was too large is made again with fewer rows: the last one counts.
    return { name, template: made.template, data: made.spy.mock.lastCall?.[0].$root, card };
  } finally {
    for (const { spy } of spies) spy.mockRestore();
  }
}

const readers: Readonly<Record<string, readonly [CardKind, Reader]>> = {
  requester: ['status', { kind: 'requester' }],
  approver: ['approval', { kind: 'approver', id: approver }],
  everybody: ['status', everybody],
  'everybody-asked': ['approval', everybody],
  short: ['short', everybody],
};
const requests: readonly (readonly [state: string, ...readers: string[]])[] = [
  ['awaiting-approval', 'requester', 'approver', 'short'],
  ['awaiting-one-of-two', 'approver', 'everybody-asked'],
  ['awaiting-nothing-irreversible', 'approver'],
  ['changed', 'approver'],
  ['rotation-awaiting-newest', 'approver'],
  ['running-side-by-side', 'everybody'],
  ['running-spreading', 'requester'],
  ['needs-attention', 'requester'],
  ['succeeded', 'requester'],
  ['succeeded-use-sought', 'requester'],
  ['succeeded-use-seen', 'requester'],
  ['rejected-with-comment', 'requester'],
];
function requestCards(): readonly GalleryCard[] {
  const draw = (state: string, reader: string, paused = false): GalleryCard => {
    const request = stateNamed(state);
    const awaited = [approver, secondApprover].filter((id) => !request.approvals.some(({ by }) => by === id));
    const [kind, who] = readers[reader] ?? [];
    if (kind === undefined || who === undefined) throw new Error(`no reader ${reader}`);
    // Eight seconds after the last thing that happened.
    const context = contextAt(new Date(Date.parse(request.changedAt) + 8_000).toISOString(), who, {
      awaited: awaited.map(names).join(', '),
      addressed: awaited.map((id) => mention(`29:${id}`, names(id))),
      userIds: [requester, approver, secondApprover].map((id) => `29:${id}`),
      paused: paused ? 'by-operator' : false,
    });
    return drawn(`${paused ? 'paused' : state}.${reader}`, () => requestCard(kind, request, context));
  };
  return [
    ...requests.flatMap(([state, ...who]) => who.map((reader) => draw(state, reader))),
    draw('approved', 'approver', true),
    draw('needs-attention-taken', 'approver'),
  ];
}

const { ports } = commandWorld();
const ids = { id: FormId.parse('F-2M8D4T7KQX'), requestId: RequestId.parse('CMK-7F3K9Q'), revision: 3 };
const id = ids.requestId;

/** A form that enables a key, or with `change` another one. */
const formAt = (page: Form['page'], change: Partial<Form> = {}): Form => ({
  ...formOn(page, ports, { answers: { resource: wished.resource, vault: wished.vaultId }, ...change }),
  ...ids,
});
const page = (name: string, facts: PageFacts, form: Partial<Form> = {}, problem: Refusal | null = null): GalleryCard =>
  drawn(`form-${name}`, () => formCard(formAt(facts.page, form), facts, problem));

const { resource } = seen();
function formPages(): readonly GalleryCard[] {
  const agents = [
    { ...resource, underCustomerKey: false },
    { ...visitAgent, underCustomerKey: true },
  ].map((one) => ({ ...one, ...armIdParts(one.id) }));
  const agentPage = {
    page: 'resource',
    resources: agents,
    more: false,
    kinds: [healthcareAgent],
    resource: null,
  } as const;
  const vaultNamed = (name: string, change: Partial<ObservedVault> = {}): ObservedVault =>
    vault({ id: ArmId.parse(wished.vaultId.replace(/[^/]+$/, name)), name, ...change });
  const by = { tenantId: tenant, kind: kindNamed('healthcare-agent'), terms: termsOf() };
  const vaultPage = (vaults: readonly ObservedVault[]): FactsOf<'vault'> => ({
    page: 'vault',
    resource,
    vaults: judgeVaults(vaults, resource, by),
    chosen: null,
  });
  const fit = [seen().key ?? key(), key({ name: KeyName.parse('care-shared'), size: 2048 })];
  const unfit = [key({ name: KeyName.parse('cmk-2023'), enabled: false, expires: '2025-01-01T00:00:00.000Z' })];
  const keyPage = (keys: typeof fit, way: FactsOf<'key'>['way']): FactsOf<'key'> => ({
    page: 'key',
    resource,
    vault: seen().vault,
    keys: judgeKeys(keys, noon),
    way,
    chosen: null,
    now: noon,
  });
  const existing = { kind: 'existing', name: wished.keyName, version: version('5') } as const;
  const versions: FactsOf<'version'> = {
    page: 'version',
    follows: false,
    resource: visitAgent,
    current: visitAgent.customerKey,
    vault: seenUnderKey().vault,
    inUse: oldKey,
    newest: newestKey,
    makes: { type: 'RSA', size: 3072, expires: '2028-03-01T00:00:00.000Z' },
    chosen: null,
    now: noon,
  };
  const rotation = { operation: 'rotate-cmk', answers: { resource: toNewest.resource } } as const;
  const closed = [vaultNamed('kv-lab', { firewall: 'closed' }), vaultNamed('kv-legacy', { tenantId: 'another' })];
  return [
    page('resource.open', agentPage),
    page('resource.chosen', { ...agentPage, resource }),
    page('resource.many', { ...agentPage, resource, more: true }),
    page('resource.none', { ...agentPage, resources: [] }),
    page('vault.open', vaultPage([seen().vault, ...closed])),
    page('vault.none-usable', vaultPage(closed)),
    page('key-existing.open', { ...keyPage([...fit, ...unfit], 'existing'), chosen: existing }),
    page('key-new.open', keyPage([...fit, ...unfit], 'new')),
    page('key-new.none-fits', keyPage(unfit, 'new'), {}, refuse('new-key-expiry-unfit', '2024-01-01')),
    page('version.open', versions, rotation),
    page('version.microsofts-key', { ...versions, current: null }, rotation),
  ];
}

function reviews(): readonly GalleryCard[] {
  const review = (state: string, plan: Plan, facts: Partial<FactsOf<'review'>> = {}, form: Partial<Form> = {}) => {
    const policy = appliedPolicy({ version: '3f9c21ab', expiresAt: '2026-03-05T12:00:00.000Z' });
    const open = { changeReference: null, openRequest: null, publishes: true, change: null };
    const { name: operation, answersOf } = operationOf(plan.spec);
    const shown = { page: 'review', plan, digest: planDigest(plan), policy, ...open, ...facts } as const;
    return page(`review.${state}`, shown, { operation, answers: answersOf(plan.spec), ...form });
  };
  const request = stateNamed('awaiting-approval');
  return [
    review('ready', planOf()),
    review('blocked', planOf({ resource: { ...resource, createdAt: '2021-06-03T10:00:00.000Z' } })),
    review('repair', repairPlan()),
    review('editing', planOf(), { change: { request, refusal: null } }, { changes: { asking: request.asking } }),
  ];
}

function places(): readonly GalleryCard[] {
  const leaving = formAt('resource', { pending: { verb: 'form.next', inputs: {}, look: '' } });
  const person = { name: 'Ana', memberId: `29:${requester}` };
  return [
    drawn('form-slow.looking', () => formSlowCard(leaving, null, true)),
    drawn('form-open.new', () => formOpenCard(formAt('vault'), person)),
    drawn('form-ended.unused', () => formAbandonedCard(formAt('vault'), 'Ana', 'unused')),
  ];
}

const verified: LastVerified = {
  request: id,
  planDigest: 'd'.repeat(64),
  at: '2026-03-01T09:00:00.000Z',
  resource: wished.resource,
  resourceName: resource.name,
  vault: { ...seen().vault, purgeProtection: true },
  keyName,
  keyVersion: version('5'),
  principalId: principal,
  before: null,
  retired: null,
};
const byPortal: DriftCause = {
  source: 'resource-graph',
  at: '2026-03-02T11:57:00.000Z',
  byType: 'User',
  clientType: 'Azure Portal',
  operation: 'Microsoft.HealthBot/healthBots/write',
  correlationId: null,
};

function alert(state: DriftState): GalleryCard {
  const foundAt = '2026-03-02T12:00:00.000Z';
  const watch: ResourceWatch = {
    id: driftIdOf(sha256(resource.id)),
    resource: resource.id,
    resourceName: resource.name,
    revision: 1,
    drifts: [],
  };
  const found: DriftFinding =
    state.code === 'key-stripped'
      ? { state, cause: byPortal, by: 'someone@example.com', foundAt }
      : { state, cause: unknownCause, by: null, foundAt };
  const drift: Drift = {
    number: 1,
    openedAt: foundAt,
    closedAt: null,
    criticalFrom: 1,
    found: [found],
    basis: { request: id, planDigest: verified.planDigest },
  };
  return drawn(`drift.${state.code}`, () => driftCard(watch, drift, verified, [mention('29:operator', 'Operator')]));
}

/** The key was removed from the agent, and a role must enable the version. */
function repairPlan(): Plan {
  const place = { ...seen().vault, purgeProtection: true };
  const { keyVersion } = verified;
  return planOf(
    {
      resource: { ...resource, systemAssigned: true, principalId: principal, tenantId: tenant },
      vault: place,
      key: key({ name: keyName, version: keyVersion, enabled: false, expires: '2028-01-12T00:00:00.000Z' }),
      grantHeld: true,
    },
    wishToRepair({ resource: wished.resource, basis: id, from: null, vaultId: place.id, keyName, keyVersion }),
  );
}

const care = '40000000-0000-4000-8000-000000000001';
const research = '40000000-0000-4000-8000-000000000002';
const viewer = { person: PersonId.parse('20000000-0000-4000-8000-000000000002'), asks: true };
const now = new Date('2026-03-02T12:04:00.000Z');
const end = (days: number): string => new Date(now.getTime() + days * 86_400_000).toISOString();

async function listOfRequests(): Promise<GalleryCard> {
  const open = [
    ['needs-attention', 'CMK-2M8D4T', 'ward-agent'],
    ['awaiting-approval', 'CMK-7F3K9Q', 'triage-agent-prod'],
    ['rotation-awaiting-newest', 'CMK-9XK2WA', 'virtual-visit-agent'],
    ['awaiting-one-of-two', 'CMK-4QH7RC', 'oncology-faq'],
    ['running-spreading', 'CMK-B6N1ZV', 'radiology-agent'],
  ] as const;
  const found = open.map(([state, name, resourceName]) => ({
    ...stateNamed(state),
    id: RequestId.parse(name),
    resourceName,
  }));
  const subject = { list: 'open', filter: 'all', id: '' } as const;
  const list = await requestsPage(portsOf(found), subject, viewer, 1);
  return drawn('list.mixed', () => listCard(subject, 1, list));
}

const portsOf = (found: readonly Request[], events: readonly StoredEvent[] = []) => ({
  requests: {
    open: async () => ({ requests: found, total: found.length }),
    load: async () => found[0] ?? null,
    list: async () => found,
    count: async () => found.length,
    events: async () => events,
    ofResource: async () => [id],
  },
  directory: { names: async () => names },
  decidable: async () => (request: Request) => request.state === 'awaiting-approval' && request.approvals.length === 0,
  now: () => new Date('2026-03-02T12:09:00.000Z'),
});

async function listOfAgents(): Promise<GalleryCard> {
  const idIn = (subscription: string, name: string, type = 'Microsoft.HealthBot/healthBots') =>
    ArmId.parse(`/subscriptions/${subscription}/resourceGroups/rg-care-prod/providers/${type}/${name}`);
  const cmkOf = (name: string) => under(version('5'), { keyName: `cmk-${name}` });
  const inState = (
    name: string,
    state: ResourceKeyState['state'],
    change: Partial<ResourceKeyState> = {},
  ): ResourceKeyState => ({
    ...keyed({ id: idIn(care, name), name, customerKey: cmkOf(name) }),
    state,
    request: null,
    sharedWith: 0,
    canRequest: true,
    ends: null,
    drift: [],
    ...change,
  });
  const other = (noun: string, ...given: Parameters<typeof inState>): ResourceKeyState[] =>
    readableKinds
      .filter((one) => one.noun === noun)
      .map((kind) => ({ ...inState(...given), id: idIn(care, given[0], kind.type), kind }));
  const agents = [
    inState('ward-agent', 'needs-attention', { request: { id, waits: 'attention' } }),
    inState('pharmacy-agent', 'not-as-approved', { drift: ['key-disabled', 'purge-protection-off'] }),
    ...other('SQL server', 'sql-imaging', 'ended', { ends: end(-4), canRequest: false, follows: null }),
    inState('virtual-visit-agent', 'ends-soon', { ends: end(21) }),
    inState('triage-agent-prod', 'request-open', { request: { id, waits: 'approval' } }),
    inState('outpatient-triage-and-appointment-assistant-production', 'microsofts-key'),
    ...other('Cosmos DB account', 'cosmos-oncology', 'end-unknown', { canRequest: false }),
    ...other('storage account', 'stradiology', 'own-key', { ends: end(400), follows: true, sharedWith: 2 }),
    ...Array.from({ length: 14 }, (_, n) => {
      const agent = inState(`agent-${n}`, n < 3 ? 'microsofts-key' : 'own-key');
      return n < 2 ? { ...agent, id: idIn(`${research.slice(0, -1)}${n + 2}`, agent.name) } : agent;
    }),
  ];
  const found = (code: 'key-disabled' | 'purge-protection-off', days: number): DriftFinding => ({
    state: { code },
    cause: unknownCause,
    by: null,
    foundAt: end(days),
  });
  const drift: Drift = {
    number: 1,
    openedAt: end(-2),
    closedAt: null,
    criticalFrom: 1,
    basis: { request: id, planDigest: '' },
    found: [found('key-disabled', -0.1), found('purge-protection-off', -2)],
  };
  const drifts = new Map([[idIn(care, 'pharmacy-agent').toLowerCase(), drift]]);
  const tooOld = judge('block', 'created-before-cutoff', { day: '2021-05-04', cutoff: '2021-11-11' });
  const fleet = {
    read: async () => ({ resources: agents, drifts, unread: [], hidden: [], asOf: now }),
    unsupported: async (those: readonly ArmId[]) => new Map(those.map((one) => [one, tooOld])),
  };
  const subject = { list: 'agents', filter: 'all', id: '' } as const;
  const list = await fleetPage(fleet, subject, viewer, now, 1);
  return drawn('resources.all', () => listCard(subject, 1, list));
}

async function history(): Promise<GalleryCard> {
  const subject = { list: 'history', filter: 'everything', id } as const;
  const list = await historyPage(portsOf([], rotationLife), subject, 1);
  return drawn('history.rotation', () => listCard(subject, 1, list));
}

const idOf = (digit: number): string => `60000000-0000-4000-8000-00000000000${digit}`;
const impact: KeyImpact = {
  vault: { id: vaultId, name: 'kv-care-prod' },
  keyName: null,
  observed: { outcome: 'not-configured' },
  users: [
    { id: idOf(1), name: 'triage-agent-prod', noun: 'healthcare agent service', keyName, keyVersion: null },
    { id: idOf(2), name: 'stcareimaging', noun: 'storage account', keyName: 'cmk-imaging', keyVersion: null },
  ].map((user, n) => ({ ...user, identities: [idOf(n + 3)] })),
  holders: [
    { id: idOf(3), type: 'app', name: 'triage-agent-prod', members: null },
    { id: idOf(9), type: 'app', name: null, members: null },
  ],
  unread: [{ subscriptionId: care, failure: forbidden }],
  hidden: [{ subscriptionId: research, nouns: ['App Configuration store', 'storage account'] }],
};

function posts(): readonly GalleryCard[] {
  const meant = '/enable-cmk triage-agent-prod';
  const help = { commands: [...commands], policy: policyOf(), mayAsk: true, mayApprove: true, auditChannel: true };
  const event = lifeOf(asked(), rejects('Wrong vault: kv-hospita1-keys with a digit 1.')).at(-1);
  if (event === undefined || !isNotifying(event)) throw new Error('no rejection');
  const rejected = stateNamed('rejected');
  const notice = eventNotice('requester', event, rejected, names);
  const url = 'https://teams.microsoft.com/l/message/19%3Aapprovals%40thread.tacv2/1700000000000?parentMessageId=1';
  const hash = '9c0e51d7b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881';
  const note = `example.org/audit\n121\nfC52gmfi09DShlIGmbam68lxIxQxJ1AzvTOvkAiV03c=\n\n— example.org/audit 3MQ/3Skw==\n`;
  return [
    drawn('help.both', () => helpCard(help)),
    drawn('welcome.channel', () => welcomeCard(null)),
    drawn('refusal.typo', () => typoCard('/enabel-cmk', meant, { text: meant, weight: 'form' })),
    drawn('message.bug', () => bugCard('E-5Q2X8M')),
    drawn('notification.rejected', () => notificationCard(rejected, notice, { to: 'requester', addressees: [], url })),
    drawn('audit-root.running', () => auditRootCard(stateNamed('running-irreversible-done'), names, 121)),
    drawn('audit-reply.long', () => auditReplyCard(stateNamed('needs-attention'), longLife.slice(0, 20), hash, names)),
    drawn('audit-checkpoint.plain', () => auditCheckpointCard({ size: 121, note }, null)),
  ];
}

export const galleryCards = async (): Promise<readonly GalleryCard[]> => [
  ...requestCards(),
  ...([{ code: 'key-stripped' }, { code: 'key-deleted' }] as const).map(alert),
  alert({ code: 'key-expires', at: '2026-03-19T00:00:00.000Z' }),
  ...formPages(),
  ...reviews(),
  ...places(),
  await listOfRequests(),
  await listOfAgents(),
  await history(),
  drawn('impact.vault', () => impactCard(impact)),
  ...posts(),
];
