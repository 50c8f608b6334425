/** Checks settings, secrets and the vault logs that they name. */
import type { Config } from '../../config/config.ts';
import { ArmId } from '../../domain/ids.ts';
import type { UsageQuery } from '../../domain/usage-check.ts';
import { utcMinute } from '../../text/instants.ts';
import { countOf } from '../../text/words.ts';
import { checkSettings } from '../check-settings.ts';
import { lookupFailureLine } from './azure.ts';
import { changeSetting, command, giveLogsRole, newSecret, whoGivesRoles } from './commands.ts';
import type { Diagnosis } from './diagnosis.ts';
import { about, type DoctorEnvironment, fail, ok, unknown, warn } from './subjects.ts';

const settings = about('config/settings');

export async function diagnoseSettings(config: Config): Promise<readonly Diagnosis[]> {
  const trusting = 'local mode: every caller on this machine is trusted';
  const mistakes = await checkSettings(config);
  return [
    ...(mistakes.length === 0 ? [ok(settings, 'valid and consistent')] : []),
    ...mistakes.map(([variable, message]) =>
      fail(settings, `${variable}: ${message}`, 'The bot doesn’t start with it.', [changeSetting(variable)]),
    ),
    ...(config.server.mode === 'local'
      ? [warn(about('config/settings', 'sign-in'), trusting, 'Use it only on one machine, for the sandbox.')]
      : []),
    ...(config.paused
      ? [warn(about('config/settings', 'pause'), 'on: nothing is changed in Azure', 'Remove CMK_PAUSE to continue.')]
      : []),
  ];
}

const dayMs = 86_400_000;
const warnBeforeMs = 30 * dayMs;

interface ConfiguredSecret {
  readonly appId: string;
  readonly secret: string;
  readonly variable: string;
}

function secretsIn({ config }: DoctorEnvironment): readonly ConfiguredSecret[] {
  const { teams, azure, stepUp } = config;
  const all = [
    { appId: teams.app.id, secret: teams.app.secret, variable: 'MicrosoftAppPassword' },
    { appId: azure.signIn.clientId, secret: azure.signIn.clientSecret, variable: 'AZURE_CLIENT_SECRET' },
    { appId: stepUp?.appId ?? null, secret: stepUp?.appSecret ?? null, variable: 'CMK_STEP_UP_APP_SECRET' },
  ];
  const held = all.flatMap(({ appId, secret, variable }) => (appId && secret ? [{ appId, secret, variable }] : []));
  return held.filter(
    (one, at) => held.findIndex(({ appId, secret }) => appId === one.appId && secret === one.secret) === at,
  );
}

/**
 * Returns the expiry of the configured secret. The directory only reports the beginning of each secret. If none matches, the
 * latest expiry.
 */
function endOf(
  secret: string,
  all: readonly { readonly hint: string | null; readonly endsAt: Date | null }[],
): Date | null {
  const own = all.filter(({ hint }) => hint !== null && secret.startsWith(hint));
  const ends = (own.length > 0 ? own : all).flatMap(({ endsAt }) => (endsAt === null ? [] : [endsAt.getTime()]));
  return ends.length === 0 ? null : new Date(Math.max(...ends));
}

async function diagnoseSecret(
  { secretsOf }: DoctorEnvironment,
  { appId, secret, variable }: ConfiguredSecret,
): Promise<Diagnosis> {
  const subject = about('teams/secret', `secret in ${variable}`);
  const found = await secretsOf(appId);
  const ends = found.ok && found.value !== null ? endOf(secret, found.value) : null;
  if (ends === null) {
    const why = found.ok ? `Microsoft Graph lists no secret of app ${appId}` : lookupFailureLine(found.failure);
    const commands = [
      command('az', 'ad', 'app', 'credential', 'list', '--id', appId, '--query', '[].endDateTime', '-o', 'tsv'),
    ];
    const fix = 'The bot doesn’t need to read it. Find the date with the command, and put it into a calendar.';
    return unknown(subject, `its expiry isn’t known: ${why}`, fix, commands, 'an owner of the app registration');
  }
  const leftMs = ends.getTime() - Date.now();
  const on = utcMinute(ends.toISOString());
  const remedy = [[newSecret(appId), changeSetting(variable)], 'an owner of the app registration'] as const;
  const fix =
    'The old one works until it expires. Set the new one on every replica, and restart them one after the other.';
  if (leftMs <= 0) return fail(subject, `expired on ${on}: the bot can’t sign in`, fix, ...remedy);
  const left = countOf(Math.floor(leftMs / dayMs), 'day', 'days');
  return leftMs < warnBeforeMs
    ? warn(subject, `ends in ${left}, on ${on}`, fix, ...remedy)
    : ok(subject, `ends in ${left}, on ${on}`);
}

export async function diagnoseSecrets(subjects: DoctorEnvironment): Promise<readonly Diagnosis[]> {
  const { config } = subjects;
  if (config.server.mode === 'local') return [];
  const held = secretsIn(subjects);
  if (held.length === 0) return [ok(about('teams/secret'), 'none that could expire')];
  return Promise.all(held.map((one) => diagnoseSecret(subjects, one)));
}

/** Returns a query for ids that don't exist. It's the query that is sent after a success, and finds nothing. */
const emptyQuery = (subscriptionId: string) => {
  const name = 'nobodys-vault';
  const id = ArmId.parse(
    `/subscriptions/${subscriptionId}/resourceGroups/none/providers/Microsoft.KeyVault/vaults/${name}`,
  );
  const sought: UsageQuery = {
    principalId: null,
    resourceId: id,
    vaultUri: `https://${name}.vault.azure.net/`,
    keyName: 'none',
    keyVersion: '0'.repeat(32),
    since: new Date().toISOString(),
  };
  return [{ id, name }, sought] as const;
};

const noTable =
  'No vault sends its log there as resource-specific rows. docs/install/protect-further.md#usage-checks has the command for each vault.';
const refused =
  'Assign the role of infra/custom-role-logs.json on the workspace to the bot’s identity, or set another workspace.';

export async function diagnoseLogs({
  config,
  azure: { vaultLog },
  ownObjectId,
}: DoctorEnvironment): Promise<readonly Diagnosis[]> {
  const [subscriptionId = ''] = config.azure.subscriptions;
  if (config.logs === null || vaultLog === null) return [];
  const { workspaceId } = config.logs;
  const vaultLogs = about('azure/logs');
  const read = await vaultLog.read(...emptyQuery(subscriptionId));
  if (read.ok) return [ok(vaultLogs, `the bot can query workspace ${workspaceId}`)];
  const found = lookupFailureLine(read.failure);
  if (read.failure.source !== 'azure') return [fail(vaultLogs, found, 'Check the network and AZURE_CLOUD.')];
  if (read.failure.status === 400) return [warn(vaultLogs, found, noTable, [changeSetting('CMK_LOGS_WORKSPACE')])];
  return [
    fail(
      vaultLogs,
      found,
      refused,
      [giveLogsRole(await ownObjectId(), workspaceId), changeSetting('CMK_LOGS_WORKSPACE')],
      whoGivesRoles('the workspace'),
    ),
  ];
}
