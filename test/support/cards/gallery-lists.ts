/** Lists: open requests, agents with their keys, histories. */
import { judge } from '../../../src/domain/check.ts';
import { ArmId, KeyName, RequestId } from '../../../src/domain/ids.ts';
import type { KeyImpact } from '../../../src/domain/key-impact.ts';
import type { StoredEvent } from '../../../src/domain/request/events.ts';
import type { Request } from '../../../src/domain/request/request.ts';
import type { HistoryShow } from '../../../src/operations/commands/command.ts';
import { type AgentKeyState, countsOf, type FleetState, nextExpiries } from '../../../src/operations/fleet.ts';
import { nothing, plain } from '../../../src/teams/cards/plain-text.ts';
import { agentsCard } from '../../../src/teams/cards/views/agents-view.ts';
import {
  entriesPerPage,
  historyCard,
  impactCard,
  type ListContent,
  listCard,
  openChips,
  requestRows,
  rowsPerPage,
} from '../../../src/teams/cards/views/list-view.ts';
import { historyOf } from '../../../src/text/history.ts';

import { forbidden } from './card-failures.ts';

import { names } from './card-readers.ts';
import { longLife, requestStates, rotationLife } from './card-states.ts';

import { type GalleryCard, named } from './gallery-requests.ts';

const directory = { names: async () => names };

/** Open requests of several agents. */
const mixedRequests = [
  ['needs-attention', 'CMK-2M8D4T', 'ward-agent'],
  ['awaiting-approval', 'CMK-7F3K9Q', 'triage-agent-prod'],
  ['rotation-awaiting-newest', 'CMK-9XK2WA', 'virtual-visit-agent'],
  ['awaiting-one-of-two', 'CMK-4QH7RC', 'oncology-faq'],
  ['running-spreading', 'CMK-B6N1ZV', 'radiology-agent'],
] as const;

export async function lists(): Promise<readonly GalleryCard[]> {
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
    empty: plain('To request a change, type /enable-cmk'),
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
    ...impacts,
  ];
}

const guardStates = {
  stripping: 'refused',
  anotherKey: 'refused',
  deletion: 'refused',
  vaultDeletion: 'exempt',
} as const;
const unguarded = { stripping: 'not-assigned', anotherKey: 'not-assigned', deletion: 'not-assigned' } as const;

function agents(formId: string): readonly GalleryCard[] {
  const now = new Date('2026-03-02T12:04:00.000Z');
  const end = (days: number): string => new Date(now.getTime() + days * 86_400_000).toISOString();
  const inState = (name: string, state: FleetState, change: Partial<AgentKeyState> = {}): AgentKeyState => ({
    id: ArmId.parse(
      `/subscriptions/40000000-0000-4000-8000-000000000001/resourceGroups/rg-care-prod/providers/Microsoft.HealthBot/healthBots/${name}`,
    ),
    name,
    state,
    request: null,
    keyName: `cmk-${name}`,
    ends: null,
    drift: [],
    ...change,
  });
  const id = RequestId.parse('CMK-7F3K9Q');
  const all = [
    inState('ward-agent', 'needs-attention', { request: { id, waits: 'attention' } }),
    inState('pharmacy-agent', 'not-as-approved', { drift: ['key-disabled', 'purge-protection-off'] }),
    inState('imaging-agent', 'ended', { ends: end(-4) }),
    inState('virtual-visit-agent', 'ends-soon', { ends: end(21) }),
    inState('triage-agent-prod', 'request-open', { request: { id, waits: 'approval' } }),
    inState('outpatient-triage-and-appointment-assistant-production', 'microsofts-key'),
    inState('oncology-faq', 'end-unknown'),
    inState('radiology-agent', 'own-key', { ends: end(400) }),
  ];
  const tooOld = all.filter(({ state }) => state === 'microsofts-key');
  const created = { day: '2021-05-04', cutoff: '2021-11-11' };
  const guards = Array.from({ length: 22 }, (_, n) => ({
    id: all[0]?.id ?? ArmId.parse(care),
    name: `agent-${n}`,
    states: n < 15 ? guardStates : unguarded,
  }));
  const counts = { ...countsOf(all), 'microsofts-key': 4, 'own-key': 12 };
  const content = {
    show: 'all',
    named: '',
    counts,
    subscriptions: 3,
    agents: all,
    repeatedNames: new Set<string>(),
    unsupported: new Map(tooOld.map(({ id: old }) => [old, judge('block', 'created-before-cutoff', created)])),
    total: 22,
    drifts: [
      { code: 'key-disabled', agents: ['pharmacy-agent'], since: end(-0.1) },
      { code: 'purge-protection-off', agents: ['pharmacy-agent'], since: end(-2) },
    ],
    expiries: nextExpiries(all, now, 3),
    guards,
    unread: [],
    asks: true,
    asOf: now,
    now,
  } as const;
  const unread = { subscriptionId: '40000000-0000-4000-8000-000000000003', failure: forbidden };
  const nothingFound = {
    drifts: [],
    expiries: [],
    guards: [],
    unsupported: new Map(),
    repeatedNames: new Set<string>(),
  };
  const none = { ...content, ...nothingFound, counts: countsOf([]), agents: [], total: 0, subscriptions: 0 };
  const calm = { ...content, ...nothingFound, guards: guards.map((one) => ({ ...one, states: unguarded })) };
  return named({
    'agents.all': agentsCard(formId, content, 1),
    'agents.reader': agentsCard(formId, { ...content, asks: false, named: 'agent' }, 2),
    'agents.part': agentsCard(formId, { ...content, unread: [unread] }, 1),
    'agents.calm': agentsCard(formId, { ...calm, agents: all.slice(-2) }, 1),
    'agents.none': agentsCard(formId, none, 1),
  });
}

const care = '/subscriptions/40000000-0000-4000-8000-000000000001/resourceGroups/rg-care/providers';
const impact = (keyName: KeyName | null, users: number, holders: KeyImpact['holders']) =>
  impactCard({
    vault: { id: ArmId.parse(`${care}/Microsoft.KeyVault/vaults/kv-care-prod`), name: 'kv-care-prod' },
    keyName,
    users: Array.from({ length: users }, (_, n) => ({
      id: `${care}/Microsoft.Storage/storageAccounts/stcareimaging${n}`,
      name: `stcareimaging${n}`,
      noun: 'storage account',
      keyName: 'cmk-imaging',
      keyVersion: n % 2 === 0 ? null : '0123456789abcdef0123456789abcdef',
      identities: [`60000000-0000-4000-8000-${String(n).padStart(12, '0')}`],
    })),
    unread: [],
    hidden: [{ subscriptionId: '40000000-0000-4000-8000-000000000003', nouns: ['SQL server', 'storage account'] }],
    holders,
    observed: {
      outcome: 'read',
      first: '2026-02-01T09:00:00.000Z',
      last: '2026-03-02T12:00:00.000Z',
      users: [
        {
          principalId: '70000000-0000-4000-8000-000000000009',
          resourceId: null,
          keyName: 'cmk-imaging',
          keyVersion: '0123456789abcdef0123456789abcdef',
          refused: false,
          first: '2026-02-20T03:00:00.000Z',
          last: '2026-03-01T03:00:00.000Z',
          type: 'app',
          name: null,
          members: null,
        },
      ],
    },
  });

const impacts: readonly GalleryCard[] = [
  { name: 'impact.vault', card: impact(null, 18, [{ id: 'a', type: 'group', name: 'Key custodians', members: 3 }]) },
  { name: 'impact.key', card: impact(KeyName.parse('cmk-imaging'), 1, null) },
];

function histories(formId: string): readonly GalleryCard[] {
  const history = (state: string, events: readonly StoredEvent[], page: number, show: HistoryShow = 'everything') => {
    const all = historyOf(events, names, false).map((entry) => ({ ...entry, of: '' }));
    const content = {
      request: requestStates[state] ?? null,
      title: plain(requestStates[state]?.resourceName ?? 'triage-agent-prod'),
      subject: plain<string>(`${all.length} entries, oldest first. Reasons and comments are on the request’s card.`),
      show,
      entries: all.slice((page - 1) * entriesPerPage, page * entriesPerPage),
      total: all.length,
    };
    return historyCard(formId, content, page);
  };
  return named({
    'history.first': history('succeeded', longLife, 1),
    'history.second': history('needs-attention', [...longLife, ...longLife], 2),
    'history.rotation': history('rotation-succeeded-new-version', rotationLife, 1),
  });
}
