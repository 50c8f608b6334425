/** Whether the identity was given the application permissions of Microsoft Graph that every answer rests on. */
import { claimsFor, type TokenClaims } from '../../azure/own-id.ts';
import { optionsForAzure } from '../../config/azure-from-config.ts';
import type { Diagnosis } from '../rpc/diagnosis.ts';
import { giveGraphPermission } from './commands.ts';
import { about, fail, ok, type Surroundings, unknown } from './subjects.ts';

/** Ids of application permissions, the same in every tenant (Microsoft Graph permissions reference), and what each is for. */
const permissions = {
  'GroupMember.Read.All': {
    id: '98830695-27a2-44f7-8c18-0c3ebc9698f6',
    without: 'nobody’s groups are known: nobody may ask, approve or look',
  },
  'User.Read.All': {
    id: 'df021288-bdef-4463-88db-98f22de89214',
    without: 'nobody is known to be a member or a guest: nobody may ask, approve or look',
  },
} as const;

/** Permissions that hold these two. */
const wider = ['Directory.Read.All', 'Directory.ReadWrite.All'];

const spreads =
  'An app has it within minutes; a token of a managed identity is kept for up to a day: start the bot again, and look again.';

export async function diagnoseGraphRights(subjects: Surroundings): Promise<readonly Diagnosis[]> {
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
  return Object.entries(permissions).map(([name, { id, without }]) => {
    const subject = about('graph/rights', name);
    if (all || roles.includes(name)) return ok(subject, 'consented to');
    const who = 'Privileged Role Administrator';
    const commands = [giveGraphPermission(cloud.graphEndpoint, oid, id)];
    return fail(subject, `not consented to: ${without}`, spreads, { who, commands });
  });
}
