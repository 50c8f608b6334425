/** What the doctor finds, as data: the running bot, the command line and whatever reads `doctor --json` share it. */
import { z } from 'zod';

/** Everything that is looked at. Names are for ever: scripts ask for them, and alerts are raised on them. */
export const diagnosisCodes = [
  'config/settings',
  'config/mode',
  'config/pause',
  'config/versions',
  'config/telemetry',
  'people/ask',
  'people/approve',
  'people/read',
  'people/groups',
  'people/guests',
  'people/policy',
  'people/rule',
  'people/sign-in',
  'people/agent',
  'graph/rights',
  'teams/bot',
  'teams/endpoint',
  'teams/outside',
  'teams/channel',
  'teams/secret',
  'teams/package',
  'teams/service',
  'teams/channels',
  'azure/sign-in',
  'azure/subscription',
  'azure/agents',
  'azure/vaults',
  'azure/rights',
  'azure/keys',
  'azure/clock',
  'azure/logs',
  'db/answers',
  'db/tls',
  'db/tables',
  'db/engine',
  'db/role',
  'db/writes',
  'db/owner',
  'record/seals',
  'record/trail',
  'record/anchor',
  'record/witnesses',
  'record/vault-key',
  'record/clock',
] as const;
export const DiagnosisCode = z.enum(diagnosisCodes);
export type DiagnosisCode = z.output<typeof DiagnosisCode>;

/** One thing that was looked at, and what to do where it is not well. */
export const Diagnosis = z.object({
  code: DiagnosisCode,
  /** `unknown`: it could not be looked at, which is neither well nor a failure. */
  outcome: z.enum(['ok', 'warn', 'fail', 'unknown']),
  /** In words; tells apart what has the same code. */
  subject: z.string(),
  /** What was seen. */
  found: z.string(),
  /** What to do, in one sentence; empty where nothing has to be done. */
  mend: z.string(),
  /** Who can do it, where not everybody can; else empty. */
  who: z.string(),
  /** Whole commands that mend it, or show what could not be looked at, in order; empty where there is none. */
  commands: z.array(z.string()),
});
export type Diagnosis = z.output<typeof Diagnosis>;

/** What of an app package is compared with the configuration. */
export const PackedApp = z.object({
  file: z.string().max(4_096),
  id: z.string().max(200),
  botIds: z.array(z.string().max(200)).max(10),
  version: z.string().max(200),
  validDomains: z.array(z.string().max(300)).max(100),
  developer: z.record(z.string(), z.string()),
});
export type PackedApp = z.output<typeof PackedApp>;

/** What to look at. */
export const Look = z.object({
  /** An agent by name or id: which rule holds for it is told, too. */
  resource: z.string().max(2_000).nullable(),
  /** These alone; empty: everything. */
  only: z.array(DiagnosisCode),
  /** An app package to compare with the configuration. */
  packed: PackedApp.nullable(),
});
export type Look = z.output<typeof Look>;

/** What `doctor --json` prints. `version` changes when a field is taken away or means something else. */
export const DiagnosisReport = z.object({
  version: z.literal(1),
  /** ISO 8601, UTC. */
  at: z.iso.datetime(),
  /** The process id of the bot that looked; null: the command line looked itself. */
  bot: z.number().nullable(),
  /** Path of the file of settings that the command read; null: none, or a running bot looked with its own. */
  settings: z.string().nullable(),
  /** What the command ends with. */
  exit: z.number(),
  findings: z.array(Diagnosis),
});
export type DiagnosisReport = z.output<typeof DiagnosisReport>;
