import { subscriptionScope } from '../arm/ids.ts';
import { armError } from '../http/reply.ts';
import { hostPrincipalId, type SimulatorState } from '../state/schema.ts';
import { roles } from '../state/seed-roles.ts';
import type { Circumstances, Scenario, ScenarioGroup } from './scenario.ts';

const prefix = 'scenario-approved-keys';

/** Denies every key in every subscription, with or without the administrators' own reason. */
const denied = (name: string, reasons: readonly string[]): Circumstances => ({
  on: (state: SimulatorState) => {
    for (const scope of state.subscriptions.map(({ id }) => subscriptionScope(id))) {
      const id = `${scope}/providers/Microsoft.Authorization/policyDefinitions/${name}`;
      state.policyDefinitions.push({
        id,
        displayName: 'Keys of healthcare agents come from approved vaults',
        description: '',
        mode: 'Indexed',
        parameters: {},
        policyRule: {
          if: { field: 'Microsoft.HealthBot/healthBots/keyVaultProperties.keyVaultUri', exists: true },
          // biome-ignore lint/suspicious/noThenProperty: the language's own word
          then: { effect: 'deny' },
        },
      });
      state.policyAssignments.push({
        name,
        scope,
        displayName: 'Hospital key rules',
        description: '',
        policyDefinitionId: id,
        parameters: {},
        notScopes: [],
        enforcementMode: 'Default',
        nonComplianceMessages: reasons.map((message) => ({ message })),
      });
    }
  },
  off: (state: SimulatorState) => {
    state.policyDefinitions = state.policyDefinitions.filter(({ id }) => !id.endsWith(`/${name}`));
    state.policyAssignments = state.policyAssignments.filter((one) => one.name !== name);
  },
});

const policies: readonly Scenario[] = [
  {
    name: 'policy-denies',
    title: 'Azure Policy denies the key',
    does: 'A policy denies agents a key, and the error message names it.',
    circumstances: denied(prefix, []),
  },
  {
    name: 'policy-denies-in-details',
    title: 'Azure Policy denies, named in details',
    does: 'A policy denies agents a key, and only the error’s details name it.',
    circumstances: denied(`${prefix}-with-reason`, ['Ask the key office for an approved vault first.']),
  },
];

const healthBot = 'Microsoft.HealthBot';

const notRegistered: Circumstances = {
  on: (state) => {
    state.unregistered.push(...state.subscriptions.map(({ id }) => ({ subscriptionId: id, namespace: healthBot })));
  },
  off: (state) => {
    state.unregistered = state.unregistered.filter(({ namespace }) => namespace !== healthBot);
  },
};

const lockName = 'scenario-everything-locked';

const locked: Circumstances = {
  on: (state: SimulatorState) => {
    const scopes = state.subscriptions.map(({ id }) => subscriptionScope(id));
    state.locks.push(...scopes.map((scope) => ({ name: lockName, scope, level: 'ReadOnly' as const, notes: '' })));
  },
  off: (state: SimulatorState) => {
    state.locks = state.locks.filter(({ name }) => name !== lockName);
  },
};

const denial = '5ce0a000-0000-4000-8000-0000000000d1';

/** Deny assignments as Azure creates them for a deployment stack that protects its resources. */
const agentsDenied: Circumstances = {
  on: (state) => {
    state.denyAssignments.push(
      ...state.subscriptions.map(({ id }) => ({
        name: denial,
        displayName: `Deny assignment '${denial}' created by Deployment Stack '${subscriptionScope(id)}/providers/Microsoft.Resources/deploymentStacks/agents'.`,
        description: '',
        scope: subscriptionScope(id),
        doNotApplyToChildScopes: false,
        permissions: [
          { actions: ['Microsoft.HealthBot/healthBots/write'], notActions: [], dataActions: [], notDataActions: [] },
        ],
        principals: [{ id: '00000000-0000-0000-0000-000000000000', type: 'SystemDefined' as const }],
        excludePrincipals: [],
      })),
    );
  },
  off: (state) => {
    state.denyAssignments = state.denyAssignments.filter(({ name }) => name !== denial);
  },
};

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
  scenarios: [
    {
      name: 'role-assignment-refused',
      title: 'Role assignment refused',
      does: 'Azure refuses role assignments by the bot: AuthorizationFailed.',
      faults: [{ match: { method: 'PUT', url: '/roleAssignments/' }, deny: true }],
    },
    {
      name: 'agent-write-refused',
      title: 'Change of an agent refused',
      does: 'Azure refuses changes of agents by the bot: AuthorizationFailed.',
      faults: [{ match: { method: 'PATCH', url: '/healthBots/' }, deny: true }],
    },
    {
      name: 'grant-condition',
      title: 'The bot can assign only another role',
      does: 'The condition on the bot’s role permits it to assign only the role Reader.',
      circumstances: otherCondition,
    },
    {
      name: 'deny-assignment',
      title: 'A deny assignment blocks changes',
      does: 'A deployment stack’s deny assignment blocks all changes of agents.',
      circumstances: agentsDenied,
    },
    {
      name: 'identity-not-known-yet',
      title: 'The new identity isn’t available yet',
      does: 'The next 3 role assignments fail: Entra ID doesn’t find the new identity yet.',
      faults: [
        {
          match: { method: 'PUT', url: '/roleAssignments/' },
          times: 3,
          respond: {
            status: 400,
            // From public reports, without IDs.
            body: armError(
              'PrincipalNotFound',
              'Principal does not exist in the directory. Check that you have the correct principal ID. If you are creating this principal and then immediately assigning a role, this error might be related to a replication delay. In this case, set the role assignment principalType property to a value, such as ServicePrincipal, User, or Group. See https://aka.ms/docs-principaltype',
            ),
          },
        },
      ],
    },
    {
      name: 'role-assignment-limit',
      title: 'Limit of role assignments reached',
      does: 'The subscription has as many role assignments as Azure allows.',
      faults: [
        {
          match: { method: 'PUT', url: '/roleAssignments/' },
          respond: {
            status: 400,
            // Code from Microsoft's troubleshooting page; text from memory.
            body: armError(
              'RoleAssignmentLimitExceeded',
              'The number of role assignments for this subscription exceeded the limit of 4000.',
            ),
          },
        },
      ],
    },
    ...policies,
    {
      name: 'everything-locked',
      title: 'Everything is locked',
      does: 'Read-only locks on all subscriptions block every change.',
      circumstances: locked,
    },
    {
      name: 'registration-missing',
      title: 'Resource provider not registered',
      does: 'Microsoft.HealthBot isn’t registered in any subscription.',
      circumstances: notRegistered,
    },
    {
      name: 'type-not-offered',
      title: 'Azure doesn’t offer healthcare agents',
      does: 'Azure doesn’t offer agents in the API version that the bot uses.',
      faults: [
        {
          match: { url: String.raw`/providers/Microsoft\.HealthBot/healthBots\b` },
          respond: {
            status: 404,
            // As reported publicly for 2021-06-10, without the requested version.
            body: armError(
              'InvalidResourceType',
              "The resource type 'healthBots' could not be found in the namespace 'Microsoft.HealthBot' for the api version. The supported api-versions are '2020-12-08,2021-08-24,2022-08-08'.",
            ),
          },
        },
      ],
    },
  ],
};
