/** Checks the bot's registration: sign-in, messaging endpoint and Teams channel. */
import type { BotRegistration } from '../../azure/arm/bot-registrations.ts';
import { claimsFor } from '../../azure/sign-in/token-claims.ts';
import { credentialForBotFramework } from '../../config/azure-from-config.ts';
import type { Outcome } from '../../domain/failure.ts';
import { botFrameworkOf } from '../../teams/bot-framework.ts';
import { openAuthority } from '../../teams/sign-in/authority.ts';
import { lookupFailureLine } from './azure.ts';
import { changeSetting, command, newSecret } from './commands.ts';
import type { Diagnosis } from './diagnosis.ts';
import { about, type DoctorEnvironment, fail, ok, type Remedy, unknown, warn } from './subjects.ts';

const bot = about('teams/bot');
const endpoint = about('teams/endpoint');
const channel = about('teams/channel');

/** Codes are of Microsoft's reference of AADSTS codes. */
function fixForSignIn(message: string, appId: string): readonly [fix: string, ...Remedy] {
  const [code = ''] = /AADSTS\d+/.exec(message) ?? [];
  const owner = 'an owner of the app registration';
  if (['AADSTS7000215', 'AADSTS7000222'].includes(code)) {
    const fix = 'The secret is wrong or has expired: create a new one, and give it to the bot.';
    return [fix, [newSecret(appId), changeSetting('MicrosoftAppPassword')], owner];
  }
  if (code === 'AADSTS700016') {
    const commands = [
      command('az', 'ad', 'app', 'show', '--id', appId, '--query', 'displayName'),
      changeSetting('MicrosoftAppId'),
    ];
    return ['The tenant has no such app: check the app id and the tenant.', commands, owner];
  }
  if (code === 'AADSTS90002') {
    return ['There is no such tenant.', [changeSetting('MicrosoftAppTenantId')]];
  }
  return ['Check the network, MicrosoftAppType and the managed identity.', []];
}

async function signInOf({ config }: DoctorEnvironment, appId: string): Promise<Diagnosis> {
  const { azure, teams } = config;
  const { scope } = botFrameworkOf({ cloud: azure.cloud.name, appId, ...teams.framework });
  try {
    const claims = await claimsFor(credentialForBotFramework(config), `${scope}/.default`);
    if (claims?.tid && claims.tid !== teams.tenantId) {
      const found = `signed in to tenant ${claims.tid}, not to ${teams.tenantId}`;
      return fail(bot, found, 'Every activity would be refused.', [changeSetting('MicrosoftAppTenantId')]);
    }
    return ok(bot, `signs in to Bot Framework as app ${appId} of tenant ${teams.tenantId}`);
  } catch (error) {
    const message = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    return fail(bot, `Bot Framework’s sign-in refuses the bot: ${message}`, ...fixForSignIn(message, appId));
  }
}

const listThem = "az resource list --resource-type Microsoft.BotService/botServices --query '[].id' -o tsv";

/** Unknown, because the bot needs no permission to read its own registration. */
const notSeen = (of: typeof channel, found: string, commands: readonly string[]): Diagnosis =>
  unknown(
    of,
    found,
    'Someone with permission to read the registration can check it.',
    commands,
    'Reader of the bot’s registration',
  );

function endpointOf(found: BotRegistration, publicUrl: string | null): Diagnosis {
  const { endpoint: there, name, resourceGroup } = found;
  if (publicUrl === null) {
    const fix = 'Set CMK_PUBLIC_URL, so that the doctor can compare it.';
    return warn(endpoint, `the registration says ${there ?? 'nothing'}`, fix, [changeSetting('CMK_PUBLIC_URL')]);
  }
  const wanted = `${publicUrl}/api/messages`;
  if (there === wanted) return ok(endpoint, `${there}, as configured`);
  return fail(
    endpoint,
    `the registration says ${there ?? 'nothing'}, not ${wanted}`,
    'Messages go to another address and never reach the bot.',
    [command('az', 'bot', 'update', '--resource-group', resourceGroup, '--name', name, '--endpoint', wanted)],
    `Contributor of resource group ${resourceGroup}`,
  );
}

async function channelOf(
  { registrations }: DoctorEnvironment,
  { id, name, resourceGroup }: BotRegistration,
): Promise<Diagnosis> {
  const has = await registrations.hasTeams(id);
  const words = ['--resource-group', resourceGroup, '--name', name];
  if (!has.ok)
    return notSeen(channel, lookupFailureLine(has.failure), [command('az', 'bot', 'msteams', 'show', ...words)]);
  if (has.value) return ok(channel, 'on');
  return fail(
    channel,
    'off: Teams can’t reach the bot',
    'Turn it on.',
    [command('az', 'bot', 'msteams', 'create', ...words)],
    `Contributor of resource group ${resourceGroup}`,
  );
}

function registrationNotSeen(found: Outcome<BotRegistration | null>, appId: string): readonly Diagnosis[] {
  const why = found.ok
    ? `no registration of app ${appId} in the configured subscriptions. It might be in another one`
    : lookupFailureLine(found.failure);
  return [
    notSeen(endpoint, why, [listThem, 'az bot show --ids ID --query properties.endpoint']),
    notSeen(channel, why, [listThem, 'az bot show --ids ID --query properties.configuredChannels']),
  ];
}

export async function diagnoseRegistration(subjects: DoctorEnvironment): Promise<readonly Diagnosis[]> {
  const { id: appId } = subjects.config.teams.app;
  if (appId === null) return [];
  const [signIn, found] = await Promise.all([signInOf(subjects, appId), subjects.registrations.of(appId)]);
  if (!found.ok || found.value === null) return [signIn, ...registrationNotSeen(found, appId)];
  return [signIn, endpointOf(found.value, subjects.config.server.publicUrl), await channelOf(subjects, found.value)];
}

const subject = about('people/sign-in');

/**
 * Checks step-up authentication, if configured. Only an administrator can see what Entra ID does with the context: without a
 * policy, everyone satisfies it.
 */
export async function diagnoseStepUp({ config, cloud }: DoctorEnvironment): Promise<readonly Diagnosis[]> {
  const { stepUp, teams, server } = config;
  const off = 'off: a click in Teams is enough to approve';
  if (stepUp === null && server.mode === 'local') return [ok(subject, off)];
  if (stepUp === null)
    return [
      warn(subject, off, 'A stolen Teams session can approve. To prevent this, set CMK_STEP_UP.', [
        changeSetting('CMK_STEP_UP'),
      ]),
    ];
  const { context, maxAgeMs, appId, publicUrl } = stepUp;
  const { authorityHost: host, tls } = cloud;
  const authority = openAuthority({
    host,
    tenantId: teams.tenantId,
    ca: tls.tlsOptions?.ca ?? null,
    now: () => new Date(),
  });
  try {
    const { issuer } = await authority.metadata();
    const asks = `${context}, at most ${Math.ceil(maxAgeMs / 60_000)} minutes old, app ${appId}, pages at ${publicUrl}`;
    return [ok(subject, `${asks}; ${issuer} answers`)];
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return [fail(subject, `no one can approve: ${message}`, 'Let the bot reach the sign-in authority over https.')];
  }
}
