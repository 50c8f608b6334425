import { z } from 'zod';
import { hostPrincipalId } from '../identity/host-principal.ts';
import { LogSettings } from './schema-logs.ts';

const seconds = (usual: number) => z.number().int().positive().default(usual);

/** What a tenant or an administrator would configure, and what the real service chooses by itself and nobody can choose there. */
export const Settings = z.object({
  /**
   * How long access tokens live. Microsoft's references: about an hour for an application, 24 hours for a managed identity,
   * between 60 and 90 minutes for a person.
   */
  tokenSeconds: z
    .object({ application: seconds(3_599), managedIdentity: seconds(86_399), person: seconds(3_899) })
    .prefault({}),
  /** The most entries of one page of a list of Azure Resource Manager. */
  pageSize: z.number().int().positive().default(1_000),
  /** How far Resource Graph is behind. The real one was never promised to be less than minutes. */
  graphLagMs: z.number().int().nonnegative().default(0),
  /** How far reads of agents, vaults, role assignments and their lists are behind writes. */
  readLagMs: z.number().int().nonnegative().default(0),
  /**
   * Whether requests are counted against the quotas of Azure Resource Manager and Resource Graph; null: at the `realistic`
   * pace only.
   */
  quotas: z.boolean().nullable().default(null),
  /** From a role assignment or access policy until it counts; null: as long as the pace says. */
  grantTakesMs: z.number().int().nonnegative().nullable().default(null),
  /** Every application's secret is past its date. */
  secretsExpired: z.boolean().default(false),
  /** Whether an agent says `Failed` while it cannot use its key. What the real service does is not documented. */
  agentsNoticeLostKeys: z.boolean().default(false),
  /** Whether a write to an agent that carries `If-Match` is refused where the agent is another by then. Not documented either. */
  agentsHeedConditions: z.boolean().default(true),
  logs: LogSettings.prefault({}),
});
export type Settings = z.infer<typeof Settings>;

/** The identities of the machine whose managed identity endpoints are served here. */
export const HostIdentities = z.object({
  /** A principal's id; null for a machine without one of its own. */
  systemAssigned: z.string().nullable().default(hostPrincipalId),
  /** ARM ids. */
  userAssigned: z.array(z.string()).default([]),
});
