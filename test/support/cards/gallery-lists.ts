/** Lists of what is real: open requests, agents with their keys, a history. */
import { judge } from '../../../src/domain/check.ts';
import { ArmId, PersonId, RequestId } from '../../../src/domain/ids.ts';
import type { KeyImpact } from '../../../src/domain/key-impact.ts';
import type { StoredEvent } from '../../../src/domain/request/events.ts';
import type { Request } from '../../../src/domain/request/request.ts';
import type { Drift } from '../../../src/domain/watch/resource-watch.ts';
import { unknownCause } from '../../../src/domain/watch/state.ts';
import type { ListSubject } from '../../../src/operations/commands/command.ts';
import type { AgentKeyState, FleetState } from '../../../src/operations/fleet.ts';
import type { Fleet } from '../../../src/operations/read-fleet.ts';
import { agentsPage } from '../../../src/teams/cards/views/agents-view.ts';
import { historyPage, requestsPage } from '../../../src/teams/cards/views/list-pages.ts';
import { impactCard, type ListPage, listCard } from '../../../src/teams/cards/views/list-view.ts';
import { forbidden } from './card-failures.ts';
import { keyName, vaultId } from './card-plans.ts';
import { names } from './card-readers.ts';
import { longLife, rotationLife, stateNamed } from './card-states.ts';
import { type GalleryCard, galleryCard } from './gallery-card.ts';

const [care, research] = ['40000000-0000-4000-8000-000000000001', '40000000-0000-4000-8000-000000000002'];
const viewer = { person: PersonId.parse('20000000-0000-4000-8000-000000000002'), asks: true };
const id = RequestId.parse('CMK-7F3K9Q');
const now = new Date('2026-03-02T12:04:00.000Z');
const later = new Date('2026-03-02T12:09:00.000Z');

/** `ofAgent`: how many requests the agent has. */
const portsOf = (requests: readonly Request[], events: readonly StoredEvent[] = [], ofAgent = 1) => ({
  requests: {
    open: async () => ({ requests, total: requests.length }),
    load: async () => requests[0] ?? null,
    list: async () => requests,
    count: async () => requests.length,
    events: async () => events,
    ofResource: async () =>
      Array.from({ length: ofAgent }, (_, n) => (n === 0 ? id : RequestId.parse(`CMK-00000${n}`))),
  },
  directory: { names: async () => names },
  decidable: async () => (request: Request) => request.state === 'awaiting-approval' && request.approvals.length === 0,
  now: () => later,
});

const drawn = (name: string, subject: ListSubject, list: ListPage, page = 1): GalleryCard =>
  galleryCard(name, () => listCard(subject, page, list));

const openRequests = [
  ['needs-attention', 'CMK-2M8D4T', 'ward-agent'],
  ['awaiting-approval', 'CMK-7F3K9Q', 'triage-agent-prod'],
  ['rotation-awaiting-newest', 'CMK-9XK2WA', 'virtual-visit-agent'],
  ['awaiting-one-of-two', 'CMK-4QH7RC', 'oncology-faq'],
  ['running-spreading', 'CMK-B6N1ZV', 'radiology-agent'],
] as const;

async function listsOfRequests(): Promise<readonly GalleryCard[]> {
  const requests = openRequests.map(([state, name, resourceName]) => ({
    ...stateNamed(state),
    ...{ id: RequestId.parse(name), resourceName },
  }));
  const drawOpen = async (name: string, subject: Extract<ListSubject, { list: 'open' }>, found: readonly Request[]) =>
    drawn(name, subject, await requestsPage(portsOf(found), subject, viewer, 1));
  return [
    await drawOpen('list.mixed', { list: 'open', filter: 'all', id: '' }, requests),
    await drawOpen('list.empty', { list: 'open', filter: 'all', id: '' }, []),
    await drawOpen('list.nothing-waits', { list: 'open', filter: 'waiting', id: viewer.person }, []),
    await drawOpen('list.one', { list: 'open', filter: 'all', id }, [stateNamed('succeeded')]),
  ];
}

const end = (days: number): string => new Date(now.getTime() + days * 86_400_000).toISOString();
const agentId = (name: string, subscription = care) =>
  ArmId.parse(
    `/subscriptions/${subscription}/resourceGroups/rg-care-prod/providers/Microsoft.HealthBot/healthBots/${name}`,
  );

async function listOfAgents(): Promise<GalleryCard> {
  const inState = (name: string, state: FleetState, change: Partial<AgentKeyState> = {}): AgentKeyState => ({
    ...{ id: agentId(name), name, state, request: null, keyName: `cmk-${name}`, ends: null, drift: [] },
    ...change,
  });
  const agents = [
    inState('ward-agent', 'needs-attention', { request: { id, waits: 'attention' } }),
    inState('pharmacy-agent', 'not-as-approved', { drift: ['key-disabled', 'purge-protection-off'] }),
    inState('imaging-agent', 'ended', { ends: end(-4) }),
    inState('virtual-visit-agent', 'ends-soon', { ends: end(21) }),
    inState('triage-agent-prod', 'request-open', { request: { id, waits: 'approval' } }),
    inState('outpatient-triage-and-appointment-assistant-production', 'microsofts-key'),
    inState('oncology-faq', 'end-unknown'),
    inState('radiology-agent', 'own-key', { ends: end(400) }),
    ...Array.from({ length: 14 }, (_, n) => {
      const other = inState(`agent-${n}`, n < 3 ? 'microsofts-key' : 'own-key');
      return n < 2 ? { ...other, id: agentId(other.name, `${research.slice(0, -1)}${n + 2}`) } : other;
    }),
  ];
  const found = (code: 'key-disabled' | 'purge-protection-off', days: number): Drift['found'][number] => ({
    ...{ state: { code }, cause: unknownCause, by: null, foundAt: end(days) },
  });
  const drift: Drift = {
    ...{ number: 1, openedAt: end(-2), closedAt: null, criticalFrom: 1 },
    basis: { request: id, planDigest: '' },
    found: [found('key-disabled', -0.1), found('purge-protection-off', -2)],
  };
  const drifts = new Map([[agentId('pharmacy-agent').toLowerCase(), drift]]);
  return drawAgents('agents.all', { agents, drifts, unread: [], asOf: now });
}

async function drawAgents(name: string, fleet: Fleet): Promise<GalleryCard> {
  const subject = { list: 'agents', filter: 'all', id: '' } as const;
  const tooOld = judge('block', 'created-before-cutoff', { day: '2021-05-04', cutoff: '2021-11-11' });
  const unsupported = async (ids: readonly ArmId[]) => new Map(ids.map((one) => [one, tooOld]));
  const page = await agentsPage({ read: async () => fleet, unsupported }, subject, viewer, now, 1);
  return drawn(name, subject, page);
}

const noAgents = (): Promise<GalleryCard> =>
  drawAgents('agents.none', {
    ...{ agents: [], drifts: new Map(), asOf: now },
    unread: [{ subscriptionId: care, failure: forbidden }],
  });

/** And the second page of an agent's history, whose entries name their requests. */
async function histories(): Promise<readonly GalleryCard[]> {
  const one = { list: 'history', filter: 'everything', id } as const;
  const all = { list: 'history', filter: 'everything', id: agentId('triage-agent-prod') } as const;
  return [
    drawn('history.rotation', one, await historyPage(portsOf([], rotationLife), one, 1)),
    drawn('history.agent', all, await historyPage(portsOf([], longLife, 3), all, 2), 2),
  ];
}

const idOf = (digit: number): string => `60000000-0000-4000-8000-00000000000${digit}`;
const noUse: KeyImpact = {
  ...{ vault: { id: vaultId, name: 'kv-care-prod' }, keyName, users: [], holders: [], unread: [], hidden: [] },
  observed: { outcome: 'read', first: '2026-02-01T12:00:00.000Z', last: '2026-03-02T12:00:00.000Z', users: [] },
};
const someUse: KeyImpact = {
  ...noUse,
  ...{ keyName: null, observed: { outcome: 'not-configured' } },
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

export const listCards = async (): Promise<readonly GalleryCard[]> => [
  ...(await listsOfRequests()),
  await listOfAgents(),
  await noAgents(),
  ...(await histories()),
  galleryCard('impact.none', () => impactCard(noUse)),
  galleryCard('impact.vault', () => impactCard(someUse)),
];
