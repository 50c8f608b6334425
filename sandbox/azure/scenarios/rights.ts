/** Scenarios for permissions, policies, locks and registration. */

import { subscriptionScope } from '../arm/ids.ts';
import type { PolicyAssignment, PolicyDefinition } from '../state/policies.ts';
import type { DenyAssignment } from '../state/principals.ts';
import { hostPrincipalId, type ManagementLock, type SimulatorState } from '../state/schema.ts';
import { roles } from '../state/seed-roles.ts';
import { type Circumstances, refuses, type ScenarioGroup } from './scenario.ts';

/** Adds an entry for each subscription, and removes these entries. */
const adding = <T>(
  listIn: (state: SimulatorState) => T[],
  entryFor: (subscriptionId: string) => T,
  isAdded: (entry: T) => boolean,
): Circumstances => ({
  on: (state) => {
    listIn(state).push(...state.subscriptions.map(({ id }) => entryFor(id)));
  },
  off: (state) => {
    const list = listIn(state);
    list.splice(0, list.length, ...list.filter((entry) => !isAdded(entry)));
  },
});

const both = (one: Circumstances, other: Circumstances): Circumstances => ({
  on: (state) => [one, other].forEach(({ on }) => void on(state)),
  off: (state) => [one, other].forEach(({ off }) => void off(state)),
});

const policyId = (subscriptionId: string, name: string): string =>
  `${subscriptionScope(subscriptionId)}/providers/Microsoft.Authorization/policyDefinitions/${name}`;

const keyPolicy = (name: string): Circumstances =>
  adding<PolicyDefinition>(
    (state) => state.policyDefinitions,
    (id) => ({
      id: policyId(id, name),
      displayName: 'Keys of healthcare agents come from approved vaults',
      description: '',
      mode: 'Indexed',
      parameters: {},
      policyRule: {
        if: { field: 'Microsoft.HealthBot/healthBots/keyVaultProperties.keyVaultUri', exists: true },
        // biome-ignore lint/suspicious/noThenProperty: the language's own word
        then: { effect: 'deny' },
      },
    }),
    ({ id }) => id.endsWith(`/${name}`),
  );

/** Denies every key in every subscription, with or without the administrators' own reason. */
const denied = (name: string, reasons: readonly string[]): Circumstances =>
  both(
    keyPolicy(name),
    adding<PolicyAssignment>(
      (state) => state.policyAssignments,
      (id) => ({
        name,
        scope: subscriptionScope(id),
        displayName: 'Hospital key rules',
        description: '',
        policyDefinitionId: policyId(id, name),
        parameters: {},
        notScopes: [],
        enforcementMode: 'Default',
        nonComplianceMessages: reasons.map((message) => ({ message })),
      }),
      (one) => one.name === name,
    ),
  );

const healthBot = 'Microsoft.HealthBot';
const notRegistered = adding(
  (state) => state.unregistered,
  (subscriptionId) => ({ subscriptionId, namespace: healthBot }),
  ({ namespace }) => namespace === healthBot,
);

const lockName = 'scenario-everything-locked';
const locked = adding<ManagementLock>(
  (state) => state.locks,
  (id) => ({ name: lockName, scope: subscriptionScope(id), level: 'ReadOnly', notes: '' }),
  ({ name }) => name === lockName,
);

const denial = '5ce0a000-0000-4000-8000-0000000000d1';

/** Deny assignments as Azure creates them for a deployment stack that protects its resources. */
const agentsDenied = adding<DenyAssignment>(
  (state) => state.denyAssignments,
  (id) => ({
    name: denial,
    displayName: `Deny assignment '${denial}' created by Deployment Stack '${subscriptionScope(id)}/providers/Microsoft.Resources/deploymentStacks/agents'.`,
    description: '',
    scope: subscriptionScope(id),
    doNotApplyToChildScopes: false,
    permissions: [
      { actions: ['Microsoft.HealthBot/healthBots/write'], notActions: [], dataActions: [], notDataActions: [] },
    ],
    principals: [{ id: '00000000-0000-0000-0000-000000000000', type: 'SystemDefined' }],
    excludePrincipals: [],
  }),
  ({ name }) => name === denial,
);

const reader = 'acdd72a7-3385-48ef-bd42-f606fba81ae7';

/** Replaces the role in the condition under which the bot assigns roles. */
const inConditions = (state: SimulatorState, from: string, to: string): void => {
  for (const one of state.roleAssignments.filter(({ principalId }) => principalId === hostPrincipalId)) {
    one.condition = one.condition?.replaceAll(from, to) ?? null;
  }
};

const otherCondition: Circumstances = {
  on: (state) => inConditions(state, roles.cryptoServiceEncryptionUser, reader),
  off: (state) => inConditions(state, reader, roles.cryptoServiceEncryptionUser),
};

/** Scenarios for permissions, policies, locks and registration. */
export const rights: ScenarioGroup = {
  title: 'Permissions, policies, locks and registration',
  scenarios: {
    'role-assignment-refused': { faults: [{ match: { method: 'PUT', url: '/roleAssignments/' }, deny: true }] },
    'agent-write-refused': { faults: [{ match: { method: 'PATCH', url: '/healthBots/' }, deny: true }] },
    'grant-condition': { circumstances: otherCondition },
    'deny-assignment': { circumstances: agentsDenied },
    // From public reports, without IDs.
    'identity-not-known-yet': refuses(
      { match: { method: 'PUT', url: '/roleAssignments/' }, times: 3 },
      400,
      'PrincipalNotFound',
      'Principal does not exist in the directory. Check that you have the correct principal ID. If you are creating this principal and then immediately assigning a role, this error might be related to a replication delay. In this case, set the role assignment principalType property to a value, such as ServicePrincipal, User, or Group. See https://aka.ms/docs-principaltype',
    ),
    // Code from Microsoft's troubleshooting page; text from memory.
    'role-assignment-limit': refuses(
      { match: { method: 'PUT', url: '/roleAssignments/' } },
      400,
      'RoleAssignmentLimitExceeded',
      'The number of role assignments for this subscription exceeded the limit of 4000.',
    ),
    'policy-denies': { circumstances: denied('scenario-approved-keys', []) },
    'policy-denies-in-details': {
      circumstances: denied('scenario-approved-keys-with-reason', ['Ask the key office for an approved vault first.']),
    },
    'everything-locked': { circumstances: locked },
    'registration-missing': { circumstances: notRegistered },
    // As reported publicly for 2021-06-10, without the requested version.
    'type-not-offered': refuses(
      { match: { url: String.raw`/providers/Microsoft\.HealthBot/healthBots\b` } },
      404,
      'InvalidResourceType',
      "The resource type 'healthBots' could not be found in the namespace 'Microsoft.HealthBot' for the api version. The supported api-versions are '2020-12-08,2021-08-24,2022-08-08'.",
    ),
  },
};
