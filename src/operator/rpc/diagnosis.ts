/** Findings of `doctor` as data, shared by the bot, the command line and readers of `doctor --json`. */
import { z } from 'zod';

/** Codes of all checks with their usual subject, in the order of the output. They never change: scripts and alerts use them. */
export const findings = {
  'config/settings': 'configuration',
  'people/roles': 'roles',
  'people/groups': 'groups and people',
  'people/policy': 'policy',
  'people/sign-in': 'sign-in to approve',
  'graph/rights': 'Graph permissions',
  'teams/bot': 'bot registration',
  'teams/endpoint': 'messaging endpoint',
  'teams/channel': 'Teams channel',
  'teams/secret': 'secrets',
  'teams/channels': 'channels',
  'azure/sign-in': 'Azure',
  'azure/subscription': 'subscription',
  'azure/lists': 'agents and vaults',
  'azure/rights': 'permissions',
  'azure/guard': 'guard policies',
  'azure/logs': 'vault logs',
  'db/answers': 'database',
  'db/tls': 'TLS to the database',
  'db/tables': 'tables',
  'db/role': 'database user',
  'db/writes': 'database writes',
  'db/owner': 'owner of the database',
  'record/seals': 'seals',
  'record/trail': 'audit log',
  'record/anchor': 'published log',
  'record/witnesses': 'witnesses',
  'record/clock': 'clock',
  'record/attention': 'waits for people',
} as const;
export type DiagnosisCode = keyof typeof findings;
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

export const Look = z.object({
  /** Only these codes; empty: all. */
  only: z.array(DiagnosisCode),
});
export type Look = z.output<typeof Look>;

/** Output of `doctor --json`. `version` changes when a field is removed or changes its meaning. */
export const DiagnosisReport = z.object({
  version: z.literal(1),
  /** ISO 8601, UTC. */
  at: z.iso.datetime(),
  /** Process id of the bot that ran the checks; null: the command line. */
  bot: z.number().nullable(),
  /** Path of the settings file; null: none, or a running bot used its own. */
  settings: z.string().nullable(),
  exit: z.number(),
  findings: z.array(Diagnosis),
});
export type DiagnosisReport = z.output<typeof DiagnosisReport>;
