/** Lists of what is real: open requests, agents with their keys, a history. */
import { judge } from '../../../src/domain/check.ts';
import { ArmId, RequestId } from '../../../src/domain/ids.ts';
import { type AgentKeyState, countsOf, type FleetState, nextExpiries } from '../../../src/operations/fleet.ts';
import { nothing, plain } from '../../../src/teams/cards/plain-text.ts';
import { agentsCard } from '../../../src/teams/cards/views/agents-view.ts';
import { historyCard, listCard, openChips, requestRows } from '../../../src/teams/cards/views/list-view.ts';
import { historyOf } from '../../../src/text/history.ts';
import { names } from './card-readers.ts';
import { requestStates, rotationLife } from './card-states.ts';

const formId = 'F-2M8D4T7KQX';

const openRequests = [
  ['needs-attention', 'CMK-2M8D4T', 'ward-agent'],
  ['awaiting-approval', 'CMK-7F3K9Q', 'triage-agent-prod'],
  ['rotation-awaiting-newest', 'CMK-9XK2WA', 'virtual-visit-agent'],
  ['awaiting-one-of-two', 'CMK-4QH7RC', 'oncology-faq'],
  ['running-spreading', 'CMK-B6N1ZV', 'radiology-agent'],
] as const;

export async function listOfRequests() {
  const asOf = new Date('2026-03-02T12:09:00.000Z');
  const requests = openRequests.flatMap(([state, id, resourceName]) => {
    const request = requestStates[state];
    return request === undefined ? [] : [{ ...request, id: RequestId.parse(id), resourceName }];
  });
  const rows = await requestRows(
    requests,
    { names: async () => names },
    asOf,
    ({ approvals, state }) => state === 'awaiting-approval' && approvals.length === 0,
  );
  const title = plain<string>(`${rows.length} open requests`);
  const content = { title, subject: nothing, empty: nothing, chips: openChips('all'), asOf, rows, total: rows.length };
  return listCard(formId, content, 1);
}

export function listOfAgents() {
  const now = new Date('2026-03-02T12:04:00.000Z');
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
  const guarded = {
    stripping: 'refused',
    anotherKey: 'refused',
    deletion: 'refused',
    vaultDeletion: 'exempt',
  } as const;
  const unguarded = { stripping: 'not-assigned', anotherKey: 'not-assigned', deletion: 'not-assigned' } as const;
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
      ...{ id: agentId('ward-agent'), name: `agent-${n}`, states: n < 15 ? guarded : unguarded },
    })),
  };
  return agentsCard(formId, content, 1);
}

export function historyOfRotation() {
  const request = requestStates['rotation-succeeded-new-version'] ?? null;
  const entries = historyOf(rotationLife, names, false).map((entry) => ({ ...entry, of: '' }));
  const content = {
    ...{ request, show: 'everything' as const, entries, total: entries.length },
    title: plain(request?.resourceName ?? ''),
    subject: plain<string>(`${entries.length} entries, oldest first. Reasons and comments are on the request’s card.`),
  };
  return historyCard(formId, content, 1);
}
