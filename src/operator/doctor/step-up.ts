import { openAuthority } from '../../teams/sign-in/authority.ts';
import type { Diagnosis } from '../rpc/diagnosis.ts';
import { setAnew } from './commands.ts';
import { about, type DoctorEnvironment, fail, ok, warn } from './subjects.ts';

const subject = about('people/sign-in', 'sign-in to approve');

/**
 * Whether an approver can sign in anew, where that is asked for. What Entra does with the context nobody but an
 * administrator can see: a context without a policy is met by everybody.
 */
export async function diagnoseStepUp({ config, cloud }: DoctorEnvironment): Promise<readonly Diagnosis[]> {
  const { stepUp, teams, server } = config;
  const off = 'off: a click in Teams is enough';
  if (stepUp === null && server.mode === 'local') return [ok(subject, off)];
  if (stepUp === null)
    return [
      warn(subject, off, 'Set CMK_STEP_UP: a stolen Teams session can approve too.', {
        commands: [setAnew('CMK_STEP_UP')],
      }),
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
    return [fail(subject, `nobody can approve: ${message}`, 'Let the bot reach the sign-in authority over https.')];
  }
}
