/** Runs all checks of what the bot depends on, and explains the rule for a named agent. Changes nothing. */
import { setTimeout as sleep } from 'node:timers/promises';
import { armRegistrations, graphAppSecrets } from '../../azure/app-registrations.ts';
import { connectAzure } from '../../azure/azure.ts';
import { claimsFor } from '../../azure/credential.ts';
import { armSubscriptions } from '../../azure/subscriptions.ts';
import { optionsForAzure } from '../../config/azure-from-config.ts';
import type { Config } from '../../config/config.ts';
import { type Diagnosis, type DiagnosisCode, diagnosisCodes, type Look } from '../rpc/diagnosis.ts';
import { diagnoseAttention, diagnoseAuditLog } from './audit-log.ts';
import { diagnoseAzure, diagnoseGuard } from './azure.ts';
import { diagnoseDatabase, diagnoseOwner } from './database.ts';
import { diagnoseOutside, diagnosePackedApp } from './outside.ts';
import { diagnosePolicy, explainResource } from './policy.ts';
import { diagnoseRegistration, diagnoseStepUp } from './registration.ts';
import { diagnoseGraphRights } from './rights.ts';
import { diagnoseLogs, diagnoseSecrets, diagnoseSettings, diagnoseTelemetry, diagnoseVersions } from './settings.ts';
import { about, type DoctorEnvironment, fail, type RecordSubjects, type Subjects, unknown } from './subjects.ts';
import { diagnoseTeams } from './teams.ts';
import { diagnoseVaultKey, diagnoseWitnesses } from './witnesses.ts';

/** An independent check, and the codes of its findings. */
interface Part<S> {
  readonly codes: readonly DiagnosisCode[];
  readonly look: (subjects: S) => Promise<readonly Diagnosis[]>;
}

const parts: readonly Part<DoctorEnvironment>[] = [
  {
    codes: ['config/settings', 'config/mode', 'config/pause', 'people/ask', 'people/approve', 'people/read'],
    look: ({ config }) => diagnoseSettings(config),
  },
  { codes: ['config/versions'], look: diagnoseVersions },
  { codes: ['config/telemetry'], look: diagnoseTelemetry },
  {
    codes: [
      'azure/sign-in',
      'azure/subscription',
      'azure/agents',
      'azure/vaults',
      'azure/rights',
      'azure/keys',
      'azure/clock',
      'people/groups',
      'people/guests',
    ],
    look: diagnoseAzure,
  },
  { codes: ['azure/guard'], look: diagnoseGuard },
  { codes: ['azure/logs'], look: diagnoseLogs },
  { codes: ['record/vault-key'], look: diagnoseVaultKey },
  { codes: ['graph/rights'], look: diagnoseGraphRights },
  { codes: ['people/policy', 'people/rule'], look: diagnosePolicy },
  { codes: ['teams/bot', 'teams/endpoint', 'teams/channel'], look: diagnoseRegistration },
  { codes: ['teams/outside'], look: diagnoseOutside },
  { codes: ['teams/secret'], look: diagnoseSecrets },
  { codes: ['teams/package'], look: diagnosePackedApp },
  { codes: ['people/sign-in'], look: diagnoseStepUp },
  {
    codes: ['people/agent'],
    look: async (subjects) =>
      subjects.look.resource === null ? [] : explainResource(subjects, subjects.look.resource),
  },
];

const recordParts: readonly Part<Subjects>[] = [
  { codes: ['db/answers', 'db/tls', 'db/tables', 'db/engine', 'db/role', 'db/writes'], look: diagnoseDatabase },
  { codes: ['db/owner'], look: diagnoseOwner },
  { codes: ['record/seals', 'record/trail', 'record/anchor', 'record/clock'], look: diagnoseAuditLog },
  { codes: ['record/attention', 'record/drift'], look: diagnoseAttention },
  { codes: ['record/witnesses'], look: diagnoseWitnesses },
  { codes: ['teams/service', 'teams/channels'], look: diagnoseTeams },
];

export const recordCodes: readonly DiagnosisCode[] = recordParts.flatMap(({ codes }) => codes);

/** Timeout of a check; longer than any call's own limit. */
const timeoutMs = 45_000;

/** Runs a check with a timeout. A slow or failed check is reported, and the others go on. */
async function withTimeout<S>({ codes, look }: Part<S>, subjects: S): Promise<readonly Diagnosis[]> {
  const [code = 'config/settings'] = codes;
  const found = `no answer within ${timeoutMs / 1_000} seconds`;
  const late = [unknown(about(code, code), found, 'Check the network, and try again.')];
  const failed = (error: unknown): readonly Diagnosis[] => {
    const message = error instanceof Error ? error.message : String(error);
    return [unknown(about(code, code), message, 'Try again.')];
  };
  const answered = new AbortController();
  const timeout = sleep(timeoutMs, late, { signal: answered.signal });
  return Promise.race([look(subjects).catch(failed), timeout]).finally(() => answered.abort());
}

type Clients = Omit<DoctorEnvironment, 'config' | 'look'>;

/** Creates the clients. Throws if a configured file is unreadable. */
function createClients(config: Config): Clients {
  const options = optionsForAzure(config);
  const { cloud, credential } = options;
  let pending: Promise<string> | null = null;
  return {
    azure: connectAzure(options),
    subscriptions: armSubscriptions(options),
    registrations: armRegistrations(options),
    secrets: graphAppSecrets(options),
    cloud,
    ownObjectId: () => {
      pending ??= claimsFor(credential, cloud.armScope).then(
        (claims) => claims?.oid ?? 'OBJECT_ID',
        () => 'OBJECT_ID',
      );
      return pending;
    },
  };
}

/** Runs the selected checks. `record`: null if the database couldn't be opened. */
export async function diagnose({
  config,
  record,
  look,
}: {
  readonly config: Config;
  readonly record: RecordSubjects | null;
  readonly look: Look;
}): Promise<Diagnosis[]> {
  let joined: Clients;
  try {
    joined = createClients(config);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return [
      ...(await diagnoseSettings(config)),
      fail(about('azure/sign-in', 'Azure'), message, 'Check AZURE_CA_FILE.'),
    ];
  }
  const wanted = (code: DiagnosisCode): boolean => look.only.length === 0 || look.only.includes(code);
  const isWanted = ({ codes }: Part<never>): boolean => codes.some(wanted);
  const subjects = { config, look, ...joined };
  const found = await Promise.all([
    ...parts.filter(isWanted).map((part) => withTimeout(part, subjects)),
    ...(record === null
      ? []
      : recordParts.filter(isWanted).map((part) => withTimeout(part, { ...subjects, ...record }))),
  ]);
  return found
    .flat()
    .filter(({ code }) => wanted(code))
    .sort((a, b) => diagnosisCodes.indexOf(a.code) - diagnosisCodes.indexOf(b.code));
}
