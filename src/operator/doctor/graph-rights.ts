/** Whether the identity was given the application permissions of Microsoft Graph that every answer rests on. */
import { claimsFor, type TokenClaims } from '../../azure/credential.ts';
import { optionsForAzure } from '../../config/azure-from-config.ts';
import type { Diagnosis } from '../rpc/diagnosis.ts';
import { giveGraphPermission, graphPermissionIds } from './commands.ts';
import { about, type DoctorEnvironment, fail, ok, unknown } from './subjects.ts';

/** What is not known without each. */
const without: Readonly<Record<keyof typeof graphPermissionIds, string>> = {
  'GroupMember.Read.All': 'nobody’s groups are known: nobody may ask, approve or look',
  'User.Read.All': 'nobody is known to be a member or a guest: nobody may ask, approve or look',
};

/** Permissions that hold these two. */
const wider = ['Directory.Read.All', 'Directory.ReadWrite.All'];

const spreads =
  'An app has it within minutes; a token of a managed identity is kept for up to a day: start the bot again, and look again.';

export async function diagnoseGraphRights(subjects: DoctorEnvironment): Promise<readonly Diagnosis[]> {
  const { config, cloud } = subjects;
  let claims: TokenClaims | null;
  try {
    claims = await claimsFor(optionsForAzure(config).credential, cloud.graphScope);
  } catch (error) {
    const said = error instanceof Error ? error.message.split('\n')[0] : String(error);
    return [
      unknown(
        about('graph/rights', 'Graph permissions'),
        `no token for Microsoft Graph: ${said}`,
        'See azure/sign-in.',
      ),
    ];
  }
  const { oid = 'OBJECT_ID', roles = [] } = claims ?? {};
  const all = roles.some((role) => wider.includes(role));
  return (['GroupMember.Read.All', 'User.Read.All'] as const).map((name) => {
    const subject = about('graph/rights', name);
    if (all || roles.includes(name)) return ok(subject, 'consented to');
    const who = 'Privileged Role Administrator';
    const commands = [giveGraphPermission(cloud.graphEndpoint, oid, graphPermissionIds[name])];
    return fail(subject, `not consented to: ${without[name]}`, spreads, { who, commands });
  });
}
