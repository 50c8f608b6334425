/** Runs all checks of what the bot depends on. Changes nothing. */
import { setTimeout as sleep } from 'node:timers/promises';
import { armRegistrations } from '../../azure/arm/bot-registrations.ts';
import { armSubscriptions } from '../../azure/arm/subscriptions.ts';
import { connectAzure } from '../../azure/azure.ts';
import { readAppSecrets } from '../../azure/graph/app-secrets.ts';
import { ownIdOf } from '../../azure/sign-in/token-claims.ts';
import { optionsForAzure } from '../../config/azure-from-config.ts';
import type { Config } from '../../config/config.ts';
import { diagnoseAttention, diagnoseAuditLog } from './audit-log.ts';
import { diagnoseAzure, diagnoseGraphRights, diagnoseGuard } from './azure.ts';
import { diagnoseDatabase, diagnoseOwner } from './database.ts';
import { type Diagnosis, type DiagnosisCode, type DoctorCheck, diagnosisCodes, findings } from './diagnosis.ts';
import { diagnoseOutside } from './outside.ts';
import { diagnosePeople } from './people.ts';
import { diagnoseRegistration, diagnoseStepUp } from './registration.ts';
import { diagnoseLogs, diagnoseSecrets, diagnoseSettings } from './settings.ts';
import { about, type DoctorEnvironment, fail, type RecordSubjects, type Subjects, unknown } from './subjects.ts';
import { diagnoseTeams } from './teams.ts';
import { diagnoseWitnesses } from './witnesses.ts';

/** An independent check, and the codes of its findings. If the first one fails, the others can be missing. */
interface Part<S> {
  readonly codes: readonly DiagnosisCode[];
  readonly look: (subjects: S) => Promise<readonly Diagnosis[]>;
}

type Looks<S> = Readonly<Record<string, Part<S>['look']>>;

const recordLooks = {
  database: diagnoseDatabase,
  owner: diagnoseOwner,
  auditLog: diagnoseAuditLog,
  attention: diagnoseAttention,
  witnesses: diagnoseWitnesses,
  teams: diagnoseTeams,
} satisfies Looks<Subjects>;

const looks: Readonly<Record<Exclude<DoctorCheck, keyof typeof recordLooks>, Part<DoctorEnvironment>['look']>> = {
  settings: ({ config }) => diagnoseSettings(config),
  azure: diagnoseAzure,
  guard: diagnoseGuard,
  logs: diagnoseLogs,
  graph: diagnoseGraphRights,
  people: diagnosePeople,
  registration: diagnoseRegistration,
  outside: diagnoseOutside,
  secrets: diagnoseSecrets,
  stepUp: diagnoseStepUp,
};

const partsOf = <S>(checks: Looks<S>): readonly Part<S>[] =>
  Object.entries(checks).map(([check, look]) => ({ codes: codesBy((by) => by === check), look }));

const codesBy = (isBy: (check: string) => boolean): readonly DiagnosisCode[] =>
  diagnosisCodes.filter((code) => findings[code].slice(1).some(isBy));

const timeoutMs = 45_000;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * Runs a check with a timeout, and returns its findings with the codes of `only`. If one of these codes has no finding, what explains
 * that is returned, too: the check's failed first finding, on which the others depend, and what couldn't be checked. A slow or failed
 * check is reported, and the others continue.
 */
export async function runPart<S>(
  { codes, look }: Part<S>,
  subjects: S,
  only: readonly DiagnosisCode[],
  limitMs = timeoutMs,
): Promise<readonly Diagnosis[]> {
  const wanted = codes.filter((code) => only.length === 0 || only.includes(code));
  const [first] = wanted;
  if (first === undefined) return [];
  const late = [
    unknown(about(first, first), `no answer within ${limitMs / 1_000} seconds`, 'Check the network, and try again.'),
  ];
  const failed = (error: unknown) => [unknown(about(first, first), messageOf(error), 'Try again.')];
  const answered = new AbortController();
  const timeout = sleep(limitMs, late, { signal: answered.signal });
  const found = await Promise.race([look(subjects).catch(failed), timeout]).finally(() => answered.abort());
  const isMissing = wanted.some((code) => found.every((one) => one.code !== code));
  const explains = ({ code, outcome }: Diagnosis): boolean =>
    outcome === 'unknown' || (outcome === 'fail' && code === codes[0]);
  return found.filter((one) => wanted.includes(one.code) || (isMissing && explains(one)));
}

function openEnvironment(config: Config): DoctorEnvironment {
  const options = optionsForAzure(config);
  const { cloud, credential } = options;
  let pending: Promise<string> | null = null;
  return {
    config,
    azure: connectAzure(options),
    subscriptions: armSubscriptions(options),
    registrations: armRegistrations(options),
    secretsOf: (appId) => readAppSecrets(options, appId),
    cloud,
    ownObjectId: () => {
      pending ??= ownIdOf(credential, cloud.armScope).then((id) => id ?? 'OBJECT_ID');
      return pending;
    },
  };
}

/** Runs the checks of `only`; empty: all. `record`: null if the database couldn't be opened. */
export async function diagnose(
  config: Config,
  record: RecordSubjects | null,
  only: readonly DiagnosisCode[],
): Promise<Diagnosis[]> {
  let subjects: DoctorEnvironment;
  try {
    subjects = openEnvironment(config);
  } catch (error) {
    const settings = { codes: codesBy((check) => check === 'settings'), look: () => diagnoseSettings(config) };
    return [
      ...(await runPart(settings, null, only)),
      fail(about('azure/sign-in'), messageOf(error), 'Check AZURE_CA_FILE.'),
    ];
  }
  const found = await Promise.all([
    ...partsOf(looks).map((part) => runPart(part, subjects, only)),
    ...(record === null ? [] : partsOf(recordLooks).map((part) => runPart(part, { ...subjects, ...record }, only))),
  ]);
  return found.flat().sort((a, b) => diagnosisCodes.indexOf(a.code) - diagnosisCodes.indexOf(b.code));
}
