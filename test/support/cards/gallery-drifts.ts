/** Alerts of the key watch, and the plan of the repair that they lead to. */

import { sha256 } from '../../../src/domain/canonical-json.ts';
import { driftIdOf, RequestId } from '../../../src/domain/ids.ts';
import type { LastVerified } from '../../../src/domain/watch/drift.ts';
import type { Drift, DriftFinding, ResourceWatch } from '../../../src/domain/watch/resource-watch.ts';
import { type DriftCause, type DriftState, unknownCause } from '../../../src/domain/watch/state.ts';
import { mention } from '../../../src/teams/cards/plain-text.ts';
import { driftCard } from '../../../src/teams/cards/views/drift-view.ts';
import { tenant } from '../builders/fixtures.ts';
import { key, principal, version, wishToRepair } from '../builders/plans.ts';
import { planOf, seen, wished } from './card-plans.ts';
import { type GalleryCard, galleryCard } from './gallery-card.ts';

const operators = [mention('29:operator', 'Operator')];
const { keyName } = wished;
const keyVersion = version('5');
const request = RequestId.parse('CMK-7F3K9Q');
const { resource: agent, vault } = seen();
const verified: LastVerified = {
  ...{ request, planDigest: 'd'.repeat(64), at: '2026-03-01T09:00:00.000Z' },
  ...{ resource: wished.resource, resourceName: agent.name, vault: { ...vault, purgeProtection: true } },
  ...{ keyName, keyVersion, principalId: principal, before: null, retired: null },
};
const watch: ResourceWatch = {
  ...{ id: driftIdOf(sha256(agent.id)), agent: agent.id, resourceName: agent.name, revision: 1, drifts: [] },
};
const byPortal: DriftCause = {
  source: 'resource-graph',
  at: '2026-03-02T11:57:00.000Z',
  byType: 'User',
  clientType: 'Azure Portal',
  operation: 'Microsoft.HealthBot/healthBots/write',
  correlationId: null,
};

function alert(name: string, states: readonly DriftState[], closedAt: string | null = null): GalleryCard {
  const foundAt = '2026-03-02T12:00:00.000Z';
  const drift: Drift = {
    ...{ number: 1, openedAt: foundAt, closedAt, basis: { request, planDigest: verified.planDigest } },
    criticalFrom: 1,
    found: states.map((state): DriftFinding => {
      const isOnAgent = state.code === 'key-stripped';
      const cause = isOnAgent ? { cause: byPortal, by: 'someone@example.com' } : { cause: unknownCause, by: null };
      return { state, ...cause, foundAt };
    }),
  };
  return galleryCard(`drift.${name}`, () => driftCard(watch, drift, verified, operators));
}

/** The key was removed from the agent, and a role must enable the version. */
export const repairPlan = () =>
  planOf(
    {
      resource: { ...agent, systemAssigned: true, principalId: principal, tenantId: tenant },
      vault: { ...vault, purgeProtection: true },
      key: key({ name: keyName, version: keyVersion, enabled: false, expires: '2028-01-12T00:00:00.000Z' }),
      grantHeld: true,
    },
    wishToRepair({ resource: wished.resource, basis: request, from: null, vaultId: vault.id, keyName, keyVersion }),
  );

export const driftCards = (): readonly GalleryCard[] => [
  alert('key-stripped', [{ code: 'key-stripped' }]),
  alert('key-deleted', [{ code: 'key-deleted' }]),
  alert('key-expires', [{ code: 'key-expires', at: '2026-03-19T00:00:00.000Z' }]),
  alert('two-differences', [{ code: 'key-deleted' }, { code: 'firewall-changed', now: 'closed' }]),
  alert('closed', [{ code: 'key-stripped' }], '2026-03-02T12:40:00.000Z'),
];
