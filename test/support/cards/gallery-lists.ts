/** Lists of what is real: open requests, agents with their keys, a history. */
import { judge } from '../../../src/domain/check.ts';
import { ArmId, RequestId } from '../../../src/domain/ids.ts';
import type { KeyImpact } from '../../../src/domain/key-impact.ts';
import { type AgentKeyState, countsOf, type FleetState, nextExpiries } from '../../../src/operations/fleet.ts';
import { nothing, plain } from '../../../src/teams/cards/plain-text.ts';
import { agentsCard } from '../../../src/teams/cards/views/agents-view.ts';
import {
  entriesPerPage,
  historyCard,
  impactCard,
  listCard,
  openChips,
  requestRows,
} from '../../../src/teams/cards/views/list-view.ts';
import { historyOf } from '../../../src/text/history.ts';
import { historySubject, howToAsk, listSubjects, openRequestsTitle, requestTitle } from '../../../src/text/lists.ts';
import { forbidden } from './card-failures.ts';
import { keyName, vaultId } from './card-plans.ts';
import { names } from './card-readers.ts';
import { longLife, rotationLife, stateNamed } from './card-states.ts';
import { type GalleryCard, galleryCard } from './gallery-card.ts';

const formId = 'F-2M8D4T7KQX';
const [care, research] = ['40000000-0000-4000-8000-000000000001', '40000000-0000-4000-8000-000000000002'];

const openRequests = [
  ['needs-attention', 'CMK-2M8D4T', 'ward-agent'],
  ['awaiting-approval', 'CMK-7F3K9Q', 'triage-agent-prod'],
  ['rotation-awaiting-newest', 'CMK-9XK2WA', 'virtual-visit-agent'],
  ['awaiting-one-of-two', 'CMK-4QH7RC', 'oncology-faq'],
  ['running-spreading', 'CMK-B6N1ZV', 'radiology-agent'],
] as const;

async function listOfRequests(): Promise<GalleryCard> {
  const asOf = new Date('2026-03-02T12:09:00.000Z');
  const requests = openRequests.map(([state, id, resourceName]) => ({
    ...stateNamed(state),
    ...{ id: RequestId.parse(id), resourceName },
  }));
  const rows = await requestRows(
    requests,
    { names: async () => names },
    asOf,
    ({ approvals, state }) => state === 'awaiting-approval' && approvals.length === 0,
  );
  const title = plain<string>(openRequestsTitle(rows.length));
  const content = { title, subject: nothing, empty: nothing, chips: openChips('all'), asOf, rows, total: rows.length };
  return galleryCard('list.mixed', () => listCard(formId, content, 1));
}

/** The list that one person asked for, with nothing in it; and one request by its id. */
async function shortLists(): Promise<readonly GalleryCard[]> {
  const asOf = new Date('2026-03-02T12:09:00.000Z');
  const rows = await requestRows([stateNamed('succeeded')], { names: async () => names }, asOf);
  const empty = plain<string>(howToAsk(['/enable-cmk', '/rotate-cmk']));
  const none = { title: plain<string>(openRequestsTitle(0)), rows: [], total: 0, asOf };
  const one = { title: plain<string>(requestTitle('CMK-7F3K9Q')), rows, total: 1, asOf, chips: [], empty: nothing };
  const forApprover = plain<string>(`${listSubjects.for} Approver`);
  return [
    galleryCard('list.empty', () => listCard(formId, { ...none, subject: nothing, empty, chips: openChips('all') }, 1)),
    galleryCard('list.nothing-waits', () =>
      listCard(formId, { ...none, subject: forApprover, empty: nothing, chips: openChips('waiting') }, 1),
    ),
    galleryCard('list.one', () => listCard(formId, { ...one, subject: nothing }, 1)),
  ];
}

const now = new Date('2026-03-02T12:04:00.000Z');

function listOfAgents(): GalleryCard {
  const end = (days: number): string => new Date(now.getTime() + days * 86_400_000).toISOString();
  const agentId = (name: string) =>
    ArmId.parse(
      `/subscriptions/40000000-0000-4000-8000-000000000001/resourceGroups/rg-care-prod/providers/Microsoft.HealthBot/healthBots/${name}`,
    );
  const inState = (name: string, state: FleetState, change: Partial<AgentKeyState> = {}): AgentKeyState => ({
    ...{ id: agentId(name), name, state, request: null, keyName: `cmk-${name}`, ends: null, drift: [] },
    ...change,
  });
  const id = RequestId.parse('CMK-7F3K9Q');
  const agents = [
    inState('ward-agent', 'needs-attention', { request: { id, waits: 'attention' } }),
    inState('pharmacy-agent', 'not-as-approved', { drift: ['key-disabled', 'purge-protection-off'] }),
    inState('imaging-agent', 'ended', { ends: end(-4) }),
    inState('virtual-visit-agent', 'ends-soon', { ends: end(21) }),
    inState('triage-agent-prod', 'request-open', { request: { id, waits: 'approval' } }),
    inState('outpatient-triage-and-appointment-assistant-production', 'microsofts-key'),
    inState('oncology-faq', 'end-unknown'),
    inState('radiology-agent', 'own-key', { ends: end(400) }),
  ];
  const tooOld = judge('block', 'created-before-cutoff', { day: '2021-05-04', cutoff: '2021-11-11' });
  const content = {
    ...({ show: 'all', named: '', subscriptions: 3, total: 22, asks: true, asOf: now, now, unread: [] } as const),
    counts: { ...countsOf(agents), 'microsofts-key': 4, 'own-key': 12 },
    agents,
    repeatedNames: new Set<string>(),
    unsupported: new Map(
      agents.filter(({ state }) => state === 'microsofts-key').map(({ id: old }) => [old, tooOld] as const),
    ),
    drifts: [
      { code: 'key-disabled', agents: ['pharmacy-agent'], since: end(-0.1) },
      { code: 'purge-protection-off', agents: ['pharmacy-agent'], since: end(-2) },
    ] as const,
    expiries: nextExpiries(agents, now, 3),
    guards: Array.from({ length: 22 }, (_, n) => ({
      ...({ id: agentId('ward-agent'), name: `agent-${n}`, state: n < 15 ? 'all' : 'none' } as const),
    })),
  };
  return galleryCard('agents.all', () => agentsCard(formId, content, 1));
}

const noAgents = (): GalleryCard =>
  galleryCard('agents.none', () =>
    agentsCard(
      formId,
      {
        ...({ show: 'all', named: '', subscriptions: 0, agents: [], total: 0, asks: true, asOf: now, now } as const),
        ...{ counts: countsOf([]), repeatedNames: new Set<string>(), unsupported: new Map() },
        ...{ unread: [{ subscriptionId: care, failure: forbidden }], drifts: [], expiries: [], guards: null },
      },
      1,
    ),
  );

function historyOfRotation(): GalleryCard {
  const request = stateNamed('rotation-succeeded-new-version');
  const entries = historyOf(rotationLife, names, false).map((entry) => ({ ...entry, of: '' }));
  const content = {
    ...{ request, show: 'everything' as const, entries, total: entries.length },
    title: plain(request.resourceName),
    subject: plain<string>(historySubject(entries.length, null, 20)),
  };
  return galleryCard('history.rotation', () => historyCard(formId, content, 1));
}

/** The second page of an agent's history, whose entries name their requests. */
function historyOfAgent(): GalleryCard {
  const all = historyOf(longLife, names, true).map((entry) => ({ ...entry, of: 'CMK-7F3K9Q' }));
  const entries = all.slice(0, entriesPerPage);
  const total = entriesPerPage + all.length;
  const content = {
    ...{ request: null, show: 'decisions' as const, entries, total },
    title: plain('triage-agent-prod'),
    subject: plain<string>(historySubject(total, 3, 20)),
  };
  return galleryCard('history.agent', () => historyCard(formId, content, 2));
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
  await listOfRequests(),
  ...(await shortLists()),
  listOfAgents(),
  noAgents(),
  historyOfRotation(),
  historyOfAgent(),
  galleryCard('impact.none', () => impactCard(noUse)),
  galleryCard('impact.vault', () => impactCard(someUse)),
];
