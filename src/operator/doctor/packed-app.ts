/** Whether the app package that was uploaded, or is about to be, is this bot's. */
import { ownVersion } from '../../config/software.ts';
import { listed } from '../../domain/listed.ts';
import type { Diagnosis, PackedApp } from '../rpc/diagnosis.ts';
import { command } from './commands.ts';
import { about, type DoctorEnvironment, fail, ok } from './subjects.ts';

const subject = about('teams/package', 'app package');

/** Builds it anew with what the configuration says and the package says of its maker. */
function buildAnew({ config }: DoctorEnvironment, { developer, file, validDomains }: PackedApp): string {
  const { app } = config.teams;
  const host =
    config.server.publicUrl === null ? (validDomains[0] ?? 'HOST') : new URL(config.server.publicUrl).hostname;
  const of = (name: string): string => developer[name] ?? name;
  return command(
    'npm',
    'run',
    'package',
    '--',
    '--app-id',
    app.id ?? 'APP_ID',
    '--app-type',
    app.secret === null ? 'UserAssignedMSI' : 'SingleTenant',
    '--host',
    host,
    '--developer-name',
    of('name'),
    '--website-url',
    of('websiteUrl'),
    '--privacy-url',
    of('privacyUrl'),
    '--terms-url',
    of('termsOfUseUrl'),
    '--out',
    file,
  );
}

/** Nothing where none was named. */
export async function diagnosePackedApp(subjects: DoctorEnvironment): Promise<readonly Diagnosis[]> {
  const { config, look } = subjects;
  const { packed } = look;
  if (packed === null) return [];
  const appId = config.teams.app.id?.toLowerCase() ?? null;
  const host = config.server.publicUrl === null ? null : new URL(config.server.publicUrl).hostname;
  const version = await ownVersion();
  const ids = [packed.id, ...packed.botIds];
  const wrong = [
    ...(ids.every((id) => id.toLowerCase() === appId)
      ? []
      : [`its ids are ${listed([...new Set(ids)])}, the bot’s is ${appId ?? 'none'}`]),
    ...(host === null || packed.validDomains.includes(host)
      ? []
      : [`its domains are ${packed.validDomains.join(', ') || 'none'}, the bot’s is ${host}`]),
    ...(packed.version === version ? [] : [`its version is ${packed.version}, the bot’s is ${version}`]),
  ];
  if (wrong.length === 0) return [ok(subject, `${packed.file} is of this bot, version ${version}`)];
  const upload = 'Build it anew; then Teams admin center, Manage apps: upload it.';
  return [
    fail(subject, `${packed.file}: ${wrong.join('; ')}`, upload, {
      who: 'a Teams administrator uploads it',
      commands: [buildAnew(subjects, packed)],
    }),
  ];
}
