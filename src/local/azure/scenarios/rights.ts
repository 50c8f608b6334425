import { subscriptionScope } from '../arm/ids.ts';
import { armError } from '../http/reply.ts';
import type { SimulatorState } from '../state/schema.ts';
import { policies } from './policies.ts';
import type { Circumstances, ScenarioGroup } from './scenario.ts';

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

/** What a caller may not, and what nobody may. */
export const rights: ScenarioGroup = {
  title: 'Rights, policies, locks and registration',
  scenarios: [
    {
      name: 'role-assignment-refused',
      title: 'Role assignment refused',
      does: 'The bot may not grant: AuthorizationFailed.',
      faults: [{ match: { method: 'PUT', url: '/roleAssignments/' }, deny: true }],
    },
    {
      name: 'agent-write-refused',
      title: 'Change of an agent refused',
      does: 'The bot may not change agents: AuthorizationFailed.',
      faults: [{ match: { method: 'PATCH', url: '/healthBots/' }, deny: true }],
    },
    {
      name: 'identity-not-known-yet',
      title: 'The new identity is not known yet',
      does: 'The next 3 grants fail: the directory does not know the identity yet.',
      faults: [
        {
          match: { method: 'PUT', url: '/roleAssignments/' },
          times: 3,
          respond: {
            status: 400,
            // Public reports; the ids are left out.
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
      title: 'No room for another role assignment',
      does: 'The subscription has as many role assignments as it may have.',
      faults: [
        {
          match: { method: 'PUT', url: '/roleAssignments/' },
          respond: {
            status: 400,
            // Code from Microsoft's troubleshooting page; the text is recalled.
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
      does: 'Read-only locks on all subscriptions stop every change.',
      circumstances: locked,
    },
    {
      name: 'registration-missing',
      title: 'Healthcare agents are not registered',
      does: 'No subscription is registered for healthcare agents.',
      circumstances: notRegistered,
    },
    {
      name: 'type-not-offered',
      title: 'Healthcare agents are not offered',
      does: 'Azure does not offer agents in the API version that is asked for.',
      faults: [
        {
          match: { url: String.raw`/providers/Microsoft\.HealthBot/healthBots\b` },
          respond: {
            status: 404,
            // As reported publicly for 2021-06-10; the version that was asked for is left out.
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
