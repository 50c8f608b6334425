/** People, groups and principals of the tenant, and the roles that they have. */

import { z } from 'zod';
import { IsoDate } from './fields.ts';

export const ServicePrincipal = z.object({
  id: z.string(),
  appId: z.string(),
  displayName: z.string(),
  kind: z.enum(['Application', 'ManagedIdentity']),
  /** Null for identities that can't sign in with a secret. */
  secret: z.string().nullable().default(null),
  /** When the secret expires. */
  secretEndsAt: IsoDate.nullable().default(null),
  /** Application permissions of Microsoft Graph that an administrator granted. */
  graphPermissions: z.array(z.string()).default(['Directory.Read.All']),
  /** Until then, role assignments don't find it. */
  replicatedAt: IsoDate,
});
export type ServicePrincipal = z.infer<typeof ServicePrincipal>;

export const User = z.object({
  id: z.string(),
  displayName: z.string(),
  mail: z.string(),
  /** Null for some users that were synchronized before this field existed. */
  userType: z.enum(['Member', 'Guest']).nullable(),
  /** False: the sign-in is blocked. */
  accountEnabled: z.boolean().default(true),
});
export type User = z.infer<typeof User>;

/** Members can be users, service principals and other groups; of a Microsoft 365 group, only users. */
export const UserGroup = z.object({
  id: z.string(),
  displayName: z.string(),
  memberIds: z.array(z.string()),
  /** `Unified`: a Microsoft 365 group. */
  groupTypes: z.array(z.string()).default([]),
});
export type UserGroup = z.infer<typeof UserGroup>;

/** `contexts` are the authentication contexts that the sign-in met. */
export const TeamsSession = z.object({
  userId: z.string(),
  signedInAt: IsoDate,
  contexts: z.array(z.string()),
  methods: z.array(z.string()),
});

export const Permission = z.object({
  actions: z.array(z.string()),
  notActions: z.array(z.string()),
  dataActions: z.array(z.string()),
  notDataActions: z.array(z.string()),
  /** Condition of the role itself. It applies in addition to the assignment's condition. */
  condition: z.string().optional(),
  conditionVersion: z.string().optional(),
});
export type Permission = z.infer<typeof Permission>;

export const RoleDefinition = z.object({
  id: z.string(),
  roleName: z.string(),
  description: z.string(),
  type: z.enum(['BuiltInRole', 'CustomRole']),
  permissions: z.array(Permission),
  assignableScopes: z.array(z.string()),
});
export type RoleDefinition = z.infer<typeof RoleDefinition>;

export const RoleAssignment = z.object({
  name: z.string(),
  /** An ARM ID, or `/` for everything. */
  scope: z.string(),
  /** The last segment of the role definition's ID. */
  roleDefinitionId: z.string(),
  principalId: z.string(),
  principalType: z.enum(['ServicePrincipal', 'User', 'Group']).default('ServicePrincipal'),
  description: z.string().nullable().default(null),
  condition: z.string().nullable().default(null),
  conditionVersion: z.string().nullable().default(null),
  createdOn: IsoDate,
  createdBy: z.string(),
  /** Propagation: until then, it isn't effective. */
  effectiveAt: IsoDate,
});
export type RoleAssignment = z.infer<typeof RoleAssignment>;

const Principal = z.object({ id: z.string(), type: z.enum(['SystemDefined', 'ServicePrincipal', 'User', 'Group']) });

/** Clients can't create one: Azure does, for managed applications and deployment stacks. Here, a change of the state does. */
export const DenyAssignment = z.object({
  name: z.string(),
  displayName: z.string(),
  description: z.string().default(''),
  /** An ARM ID, or `/` for everything. */
  scope: z.string(),
  doNotApplyToChildScopes: z.boolean().default(false),
  permissions: z.array(Permission),
  /** All principals: 00000000-0000-0000-0000-000000000000, `SystemDefined`. */
  principals: z.array(Principal),
  excludePrincipals: z.array(Principal).default([]),
});
export type DenyAssignment = z.infer<typeof DenyAssignment>;
