/** When the secrets end that the bot signs in with. */
import type { AppSecret } from '../../azure/app-registrations.ts';
import { countOf } from '../../text/count.ts';
import { utcMinute } from '../../text/instants.ts';
import type { Diagnosis } from '../rpc/diagnosis.ts';
import { command, newSecret, setAnew } from './commands.ts';
import { lookupFailureLine } from './rights.ts';
import { about, type DoctorEnvironment, fail, ok, unknown, warn } from './subjects.ts';

const dayMs = 86_400_000;
/** Less is left to mend it in. */
const soonMs = 30 * dayMs;

/** A secret of the configuration: whose it is, and the variable that holds it. */
interface Held {
  readonly appId: string;
  readonly secret: string;
  readonly variable: string;
}

function heldBy({ config }: DoctorEnvironment): readonly Held[] {
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

/** The one that is held; the directory tells of each no more than how it begins. Else the one that ends last. */
function endOf(secret: string, all: readonly AppSecret[]): Date | null {
  const own = all.filter(({ hint }) => hint !== null && secret.startsWith(hint));
  const ends = (own.length > 0 ? own : all).flatMap(({ endsAt }) => (endsAt === null ? [] : [endsAt.getTime()]));
  return ends.length === 0 ? null : new Date(Math.max(...ends));
}

async function diagnoseSecret({ secrets }: DoctorEnvironment, { appId, secret, variable }: Held): Promise<Diagnosis> {
  const subject = about('teams/secret', `secret in ${variable}`);
  const found = await secrets.of(appId);
  const ends = found.ok && found.value !== null ? endOf(secret, found.value) : null;
  if (ends === null) {
    const why = found.ok ? `Microsoft Graph tells of no secret of app ${appId}` : lookupFailureLine(found.failure);
    const commands = [
      command('az', 'ad', 'app', 'credential', 'list', '--id', appId, '--query', '[].endDateTime', '-o', 'tsv'),
    ];
    const mend = 'The bot need not read it; whoever may can look, and put the day into a calendar.';
    return unknown(subject, `when it ends is not known: ${why}`, mend, {
      who: 'an owner of the app registration',
      commands,
    });
  }
  const leftMs = ends.getTime() - Date.now();
  const on = utcMinute(ends.toISOString());
  const remedy = { who: 'an owner of the app registration', commands: [newSecret(appId), setAnew(variable)] };
  const mend = 'The old one works until it ends: give the new one to every replica, and start them again in turn.';
  if (leftMs <= 0) return fail(subject, `ended on ${on}: the bot cannot sign in`, mend, remedy);
  const left = countOf(Math.floor(leftMs / dayMs), 'day', 'days');
  return leftMs < soonMs
    ? warn(subject, `ends in ${left}, on ${on}`, mend, remedy)
    : ok(subject, `ends in ${left}, on ${on}`);
}

export async function diagnoseSecrets(subjects: DoctorEnvironment): Promise<readonly Diagnosis[]> {
  const { config } = subjects;
  if (config.server.mode === 'local') return [];
  const held = heldBy(subjects);
  if (held.length === 0) return [ok(about('teams/secret', 'secrets'), 'none that could end')];
  return Promise.all(held.map((one) => diagnoseSecret(subjects, one)));
}
