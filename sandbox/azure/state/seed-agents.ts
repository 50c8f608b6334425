import { agentId, groupScope } from '../arm/ids.ts';
import { newEtag, newOperationId } from '../health-bots/operations.ts';
import type { UserAssignedIdentity } from './schema.ts';
import { AgentContent, AgentOperation, createdBy, type HealthBot, type KeyVaultProperties } from './schema-agents.ts';
import type { ServicePrincipal } from './schema-directory.ts';
import { ownerPrincipalId, principal } from './seed-directory.ts';
import { seededAt, subscriptions } from './seed-places.ts';

const identityOf = (n: number): string => `90000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

/** Principals of the seeded identities. */
export const principals = {
  virtualVisit: identityOf(1),
  ward: identityOf(2),
  wellness: identityOf(3),
  visitorShared: identityOf(4),
} as const;

export const seedUserAssignedIdentities = (): UserAssignedIdentity[] => [
  {
    id: `${groupScope(subscriptions.care, 'rg-care-prod')}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-visitor`,
    location: 'westeurope',
    principalId: principals.visitorShared,
    clientId: principals.visitorShared,
  },
];

export const seedAgentPrincipals = (): ServicePrincipal[] => [
  principal(principals.virtualVisit, 'virtual-visit-agent'),
  principal(principals.ward, 'ward-agent'),
  principal(principals.wellness, 'wellness-agent'),
  principal(principals.visitorShared, 'id-visitor'),
];

const system = (principalId: string): AgentContent['identity'] => ({
  type: 'SystemAssigned',
  principalId,
  userAssignedIds: [],
});

interface Place {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly location: string;
}

const care: Place = { subscriptionId: subscriptions.care, resourceGroup: 'rg-care-prod', location: 'westeurope' };
const careTest: Place = { ...care, resourceGroup: 'rg-care-test' };
const north: Place = { ...care, resourceGroup: 'rg-care-north', location: 'northeurope' };
const research: Place = { ...care, subscriptionId: subscriptions.research, resourceGroup: 'rg-research' };
const finance: Place = { ...care, subscriptionId: subscriptions.finance, resourceGroup: 'rg-finance' };

const agent = (name: string, place: Place, createdAt: string, content: Partial<AgentContent> = {}): HealthBot => ({
  ...place,
  name,
  etag: newEtag(),
  provisioningState: 'Succeeded',
  content: AgentContent.parse(content),
  systemData: createdBy(ownerPrincipalId, new Date(createdAt)),
});

/** `triage-agent-prod` is the first by name, and has no problems. */
export const seedAgents = (keyInUse: KeyVaultProperties): HealthBot[] => {
  const shared = seedUserAssignedIdentities().map((one) => one.id);
  return [
    agent('triage-agent-prod', care, '2024-05-14T09:30:00.000Z', { sku: 'C1', tags: { environment: 'production' } }),
    agent('triage-agent-test', careTest, '2025-01-20T14:05:00.000Z', { sku: 'F0', tags: { environment: 'test' } }),
    agent('vaccination-agent', care, '2021-06-03T07:45:00.000Z'),
    agent('virtual-visit-agent', care, '2023-09-11T10:00:00.000Z', {
      identity: system(principals.virtualVisit),
      keyVaultProperties: keyInUse,
    }),
    agent('visitor-agent', care, '2024-08-27T12:20:00.000Z', {
      identity: { type: 'UserAssigned', principalId: null, userAssignedIds: shared },
    }),
    { ...agent('waiting-list-agent', care, '2025-03-18T16:40:00.000Z'), provisioningState: 'Accepted' },
    agent('ward-agent', north, '2024-02-06T11:10:00.000Z', { identity: system(principals.ward) }),
    agent('wages-agent', finance, '2024-10-01T08:00:00.000Z'),
    agent('wellness-agent', research, '2025-06-30T09:00:00.000Z', {
      sku: 'PES',
      identity: system(principals.wellness),
    }),
    agent('x-ray-agent', research, '2022-11-15T13:30:00.000Z'),
  ];
};

/** An operation that never ends, for the agent that stays `Accepted`. */
export const seedOperations = (agents: readonly HealthBot[]): AgentOperation[] =>
  agents
    .filter((one) => one.provisioningState === 'Accepted')
    .map((one) =>
      AgentOperation.parse({
        id: newOperationId(),
        agentId: agentId(one),
        location: one.location,
        startTime: seededAt,
        dueAt: null,
        before: one.content,
      }),
    );
