import {
  type LocalGroup,
  localGroups,
  localPeople,
  localTenantId,
  requester,
  secondApprover,
  teamMember,
} from '../../people.ts';
import { groupScope, vaultId } from '../arm/ids.ts';
import { hostPrincipalId } from './schema.ts';
import { RoleAssignment, ServicePrincipal, User, UserGroup } from './schema-directory.ts';
import { logWorkspace, lookAlikeName, seededAt, subscriptions } from './seed-places.ts';
import { botRoles, roles } from './seed-roles.ts';

export const ownerPrincipalId = '50000000-0000-4000-8000-000000000001';
export const principal = (
  id: string,
  displayName: string,
  more: Partial<Pick<ServicePrincipal, 'appId' | 'kind' | 'secret' | 'graphPermissions'>> = {},
): ServicePrincipal =>
  ServicePrincipal.parse({
    id,
    appId: id,
    displayName,
    kind: 'ManagedIdentity',
    graphPermissions: [],
    replicatedAt: seededAt,
    ...more,
  });

export const seedPrincipals = (): ServicePrincipal[] => [
  principal(ownerPrincipalId, 'Owner', {
    kind: 'Application',
    secret: 'local',
    graphPermissions: ['Directory.Read.All', 'Application.ReadWrite.All', 'AppRoleAssignment.ReadWrite.All'],
  }),
  principal(hostPrincipalId, 'CMK bot', {
    kind: 'Application',
    secret: 'local-bot',
    graphPermissions: ['User.Read.All', 'GroupMember.Read.All'],
  }),
];

export const seedUsers = (): User[] =>
  localPeople.map(({ id, name, email, homeTenantId }) =>
    User.parse({ id, displayName: name, mail: email, userType: homeTenantId === localTenantId ? 'Member' : 'Guest' }),
  );

/** The hospital's key custodians. */
const custodians: LocalGroup = {
  id: '60000000-0000-4000-8000-0000000000c1',
  name: 'Key custodians',
  memberIds: [secondApprover.id, teamMember.id],
};

export const seedGroups = (): UserGroup[] =>
  [...localGroups, custodians].map(({ name, ...group }) => UserGroup.parse({ ...group, displayName: name }));

const assignments = 'Microsoft.Authorization/roleAssignments';

/** Azure's own form of a condition that allows one role, for service principals only. */
const onlyEncryptionUser = `((!(ActionMatches{'${assignments}/write'})) OR (@Request[${assignments}:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {${roles.cryptoServiceEncryptionUser}} AND @Request[${assignments}:PrincipalType] ForAnyOfAnyValues:StringEqualsIgnoreCase {'ServicePrincipal'}))`;

export const assignment = (n: number, scope: string, roleDefinitionId: string, principalId: string): RoleAssignment =>
  RoleAssignment.parse({
    name: `80000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
    scope,
    roleDefinitionId,
    principalId,
    createdOn: seededAt,
    createdBy: ownerPrincipalId,
    effectiveAt: seededAt,
  });

const constrained = (grant: RoleAssignment): RoleAssignment => ({
  ...grant,
  condition: onlyEncryptionUser,
  conditionVersion: '2.0',
});

const lookAlike = vaultId({
  subscriptionId: subscriptions.research,
  resourceGroup: 'rg-research',
  name: lookAlikeName,
});

/** The bot has its roles on every subscription except one. */
export const seedRoleAssignments = (): RoleAssignment[] => [
  assignment(1, '/', roles.owner, ownerPrincipalId),
  assignment(2, '/', roles.keyVaultAdministrator, ownerPrincipalId),
  assignment(3, `/subscriptions/${subscriptions.care}`, botRoles.main, hostPrincipalId),
  assignment(4, `/subscriptions/${subscriptions.research}`, botRoles.main, hostPrincipalId),
  constrained(assignment(5, `/subscriptions/${subscriptions.care}`, botRoles.grants, hostPrincipalId)),
  constrained(assignment(6, `/subscriptions/${subscriptions.research}`, botRoles.grants, hostPrincipalId)),
  {
    ...assignment(7, groupScope(subscriptions.care, 'rg-care-prod'), roles.keyVaultAdministrator, custodians.id),
    principalType: 'Group',
  },
  assignment(10, logWorkspace.id, botRoles.logs, hostPrincipalId),
  // The requester owns the vault whose name looks like the hospital's.
  ...[roles.owner, roles.keyVaultAdministrator].map(
    (role, n): RoleAssignment => ({ ...assignment(8 + n, lookAlike, role, requester.id), principalType: 'User' }),
  ),
];
