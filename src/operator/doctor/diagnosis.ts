/** Findings of `doctor` as data, as readers of `doctor --json` get them. */
import { z } from 'zod';

/**
 * All findings by code, in the order of the output: the usual subject, and the checks that report it. Codes never change:
 * scripts and alerts use them.
 */
export const findings = {
  'config/settings': ['configuration', 'settings'],
  'people/roles': ['roles', 'people'],
  'people/groups': ['groups and people', 'people'],
  'people/policy': ['policy', 'people'],
  'people/sign-in': ['sign-in to approve', 'stepUp'],
  'graph/rights': ['Graph permissions', 'graph'],
  'teams/bot': ['bot registration', 'registration'],
  'teams/endpoint': ['messaging endpoint', 'registration', 'outside'],
  'teams/channel': ['Teams channel', 'registration'],
  'teams/secret': ['secrets', 'secrets'],
  'teams/channels': ['channels', 'teams'],
  'azure/sign-in': ['Azure', 'azure'],
  'azure/subscription': ['subscription', 'azure'],
  'azure/lists': ['resources and vaults', 'azure'],
  'azure/rights': ['permissions', 'azure'],
  'azure/guard': ['guard policies', 'guard'],
  'azure/logs': ['vault logs', 'logs'],
  'db/answers': ['database', 'database'],
  'db/tls': ['TLS to the database', 'database'],
  'db/tables': ['tables', 'database'],
  'db/role': ['database user', 'database'],
  'db/writes': ['database writes', 'database'],
  'db/owner': ['owner of the database', 'owner'],
  'record/seals': ['seals', 'auditLog'],
  'record/trail': ['audit log', 'auditLog'],
  'record/anchor': ['published log', 'auditLog'],
  'record/witnesses': ['witnesses', 'witnesses'],
  'record/clock': ['clock', 'azure', 'auditLog'],
  'record/attention': ['waits for people', 'attention'],
} as const;
export type DiagnosisCode = keyof typeof findings;
export type DoctorCheck = {
  [C in DiagnosisCode]: (typeof findings)[C] extends readonly [string, ...infer Checks] ? Checks[number] : never;
}[DiagnosisCode];
export const diagnosisCodes = Object.keys(findings).filter((code): code is DiagnosisCode => code in findings);
export const DiagnosisCode = z.enum(diagnosisCodes);

export const Diagnosis = z.object({
  code: DiagnosisCode,
  /** `unknown`: the check couldn't be run, which is neither success nor failure. */
  outcome: z.enum(['ok', 'warn', 'fail', 'unknown']),
  /** In words; distinguishes findings with the same code. */
  subject: z.string(),
  found: z.string(),
  /** The fix in one sentence; empty: none needed. The field keeps its old name: readers of `doctor --json` use it. */
  mend: z.string(),
  /** The role that can do it; empty: anyone. */
  who: z.string(),
  /** Complete commands that fix it or show more, in order; can be empty. */
  commands: z.array(z.string()),
});
export type Diagnosis = z.output<typeof Diagnosis>;

/** Output of `doctor --json`. `version` changes when a field is removed or changes its meaning. */
export const DiagnosisReport = z.object({
  version: z.literal(1),
  /** ISO 8601, UTC. */
  at: z.iso.datetime(),
  /** Path of the settings file; null: none. */
  settings: z.string().nullable(),
  exit: z.number(),
  findings: z.array(Diagnosis),
});
export type DiagnosisReport = z.output<typeof DiagnosisReport>;
