import { z } from 'zod';

/** Dates are ISO 8601 in UTC everywhere in the state. */
export const IsoDate = z.iso.datetime();

export const ServicePrincipal = z.object({
  id: z.string(),
  appId: z.string(),
  displayName: z.string(),
  kind: z.enum(['Application', 'ManagedIdentity']),
  /** Null for identities that cannot sign in with a secret. */
  secret: z.string().nullable(),
  /** When the secret ends. */
  secretEndsAt: IsoDate.nullable().default(null),
  /** Application permissions of Microsoft Graph that an administrator consented to. */
  graphPermissions: z.array(z.string()).default(['Directory.Read.All']),
  /** Until then role assignments do not find it. */
  replicatedAt: IsoDate,
});
export type ServicePrincipal = z.infer<typeof ServicePrincipal>;

export const User = z.object({
  id: z.string(),
  displayName: z.string(),
  mail: z.string(),
  /** Null of some who were synchronised before there was such a thing. */
  userType: z.enum(['Member', 'Guest']).nullable(),
});
export type User = z.infer<typeof User>;

/** Members may be users, service principals and other groups. */
export const UserGroup = z.object({ id: z.string(), displayName: z.string(), memberIds: z.array(z.string()) });
export type UserGroup = z.infer<typeof UserGroup>;

/** `contexts` are the authentication contexts the sign-in met. */
export const TeamsSession = z.object({
  userId: z.string(),
  signedInAt: IsoDate,
  contexts: z.array(z.string()),
  methods: z.array(z.string()),
});
export type TeamsSession = z.infer<typeof TeamsSession>;

export const Permission = z.object({
  actions: z.array(z.string()),
  notActions: z.array(z.string()),
  dataActions: z.array(z.string()),
  notDataActions: z.array(z.string()),
  /** Of a role that carries a condition itself; it counts beside that of an assignment. */
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
  /** An ARM id, or `/` for everything. */
  scope: z.string(),
  /** The last segment of the role definition's id. */
  roleDefinitionId: z.string(),
  principalId: z.string(),
  principalType: z.enum(['ServicePrincipal', 'User', 'Group']),
  description: z.string().nullable(),
  condition: z.string().nullable(),
  conditionVersion: z.string().nullable(),
  createdOn: IsoDate,
  createdBy: z.string(),
  /** Grants take time: until then it does not count. */
  effectiveAt: IsoDate,
});
export type RoleAssignment = z.infer<typeof RoleAssignment>;

const Principal = z.object({ id: z.string(), type: z.enum(['SystemDefined', 'ServicePrincipal', 'User', 'Group']) });

/** Nobody can make one: Azure does, for managed applications and deployment stacks. Here whoever changes the state. */
export const DenyAssignment = z.object({
  name: z.string(),
  displayName: z.string(),
  description: z.string().default(''),
  /** An ARM id, or `/` for everything. */
  scope: z.string(),
  doNotApplyToChildScopes: z.boolean().default(false),
  permissions: z.array(Permission),
  /** Everybody is 00000000-0000-0000-0000-000000000000, `SystemDefined`. */
  principals: z.array(Principal),
  excludePrincipals: z.array(Principal).default([]),
});
export type DenyAssignment = z.infer<typeof DenyAssignment>;
