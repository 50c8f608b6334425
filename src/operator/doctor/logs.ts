/** Checks that vault logs are readable, if usage checks are configured. */
import { ArmId } from '../../domain/ids.ts';
import type { UsageQuery } from '../../domain/usage-check.ts';
import { callServer } from '../../io/call-server.ts';
import { faultOf } from '../../store/db-errors.ts';
import type { Diagnosis } from '../rpc/diagnosis.ts';
import { changeSetting, giveLogsRole, whoGivesRoles } from './commands.ts';
import { lookupFailureLine } from './rights.ts';
import { about, type DoctorEnvironment, fail, ok, warn } from './subjects.ts';

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
  'No vault sends its log there as resource-specific rows. docs/how-to/set-up-usage-checks.md has the command for each vault.';
const refused =
  'Assign the role of infra/custom-role-logs.json on the workspace to the bot’s identity, or set another workspace.';

export async function diagnoseLogs({
  config,
  azure: { vaultLog },
  own,
}: DoctorEnvironment): Promise<readonly Diagnosis[]> {
  const [subscriptionId = ''] = config.azure.subscriptions;
  if (config.logs === null || vaultLog === null) return [];
  const { workspaceId } = config.logs;
  const subject = about('azure/logs', 'vault logs');
  const read = await vaultLog.read(...emptyQuery(subscriptionId));
  if (read.ok) return [ok(subject, `the bot can query workspace ${workspaceId}`)];
  const found = lookupFailureLine(read.failure);
  if (read.failure.source !== 'azure') return [fail(subject, found, 'Check the network and AZURE_CLOUD.')];
  if (read.failure.status === 400)
    return [warn(subject, found, noTable, { commands: [changeSetting('CMK_LOGS_WORKSPACE')] })];
  const objectId = (await own())?.oid ?? 'OBJECT_ID';
  return [
    fail(subject, found, refused, {
      who: whoGivesRoles('the workspace'),
      commands: [giveLogsRole(objectId, workspaceId), changeSetting('CMK_LOGS_WORKSPACE')],
    }),
  ];
}

const variable = 'OTEL_EXPORTER_OTLP_ENDPOINT';
const collector = about('config/telemetry', 'collector');
const limits = { bytes: 1_000_000, ms: 5_000 };

/** Checks that the collector for traces and metrics answers. Nothing depends on it. */
export async function diagnoseTelemetry({ config }: DoctorEnvironment): Promise<readonly Diagnosis[]> {
  const { endpoint } = config.telemetry;
  if (endpoint === null) return [];
  const url = `${endpoint.replace(/\/+$/, '')}/v1/traces`;
  const none = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"resourceSpans":[]}',
    limits,
  };
  const remedy = { commands: [changeSetting(variable)] };
  try {
    const { status } = await callServer(url, none);
    // Whether sending is permitted depends on its own headers, which its library reads.
    if (status !== 404) return [ok(collector, `${url} answers ${status}`)];
    return [warn(collector, `${variable}: ${url} answers 404`, 'That isn’t an OTLP/HTTP receiver.', remedy)];
  } catch (error) {
    const { message } = faultOf(error instanceof Error && error.cause !== undefined ? error.cause : error);
    const advice = 'Traces and metrics are lost. Start the collector, or correct the address.';
    return [warn(collector, `${variable}: ${url} doesn’t answer: ${message}`, advice, remedy)];
  }
}
