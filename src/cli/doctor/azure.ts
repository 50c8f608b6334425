import type { Diagnosis } from '../../control/calls.ts';
import { agentActions, vaultActions } from '../../domain/checks.ts';
import type { Failure, Outcome } from '../../domain/failure.ts';
import { type ArmId, armIdParts, PersonId } from '../../domain/ids.ts';
import { countOf } from '../words/table.ts';
import { fail, ok, type Subjects, warn } from './subjects.ts';

const failureLine = ({ code, message, status }: Failure): string =>
  `${status === null ? '' : `${status} `}${code}: ${message.split('\n')[0]}`;

const network = 'Look at the network, the proxy and AZURE_CLOUD, then look again.';
const signIn = 'Look at AZURE_CLIENT_ID, its secret or token file, and the managed identity.';

async function diagnoseSubscriptions({ config, subscriptions }: Subjects): Promise<readonly Diagnosis[]> {
  const looked = await Promise.all(
    config.CMK_SUBSCRIPTIONS.map(async (id) => ({ id, outcome: await subscriptions.read(id) })),
  );
  // An answer of any kind means that Azure was reached and had let the bot in.
  const answered = looked.some(({ outcome }) => outcome.ok || outcome.failure.status !== null);
  const first = looked.flatMap(({ outcome }) => (outcome.ok ? [] : [outcome.failure]))[0];
  if (!answered && first !== undefined) {
    return [fail('Azure', failureLine(first), first.next === 'wait' ? network : signIn)];
  }
  return [
    ok('Azure', 'reached and signed in'),
    ...looked.map(({ id, outcome }) =>
      outcome.ok
        ? ok(`subscription ${id}`, 'readable')
        : fail(
            `subscription ${id}`,
            failureLine(outcome.failure),
            'Give the bot’s identity the role Reader on it, or take it out of CMK_SUBSCRIPTIONS.',
          ),
    ),
  ];
}

/** One resource a group: roles are hardly ever given on single resources. */
function onePerGroup(ids: readonly ArmId[]): readonly ArmId[] {
  const groups = new Map<string, ArmId>();
  for (const id of ids) {
    const { subscriptionId, resourceGroup } = armIdParts(id);
    const group = `${subscriptionId}/${resourceGroup}`.toLowerCase();
    if (!groups.has(group)) groups.set(group, id);
  }
  return [...groups.values()].slice(0, mostGroups);
}
const mostGroups = 20;

const shortAction = (action: string): string => action.split('/').slice(1).join('/');

async function rightsOn(
  { azure }: Subjects,
  kind: 'agents' | 'vaults',
  ids: readonly ArmId[],
  actions: readonly string[],
): Promise<readonly Diagnosis[]> {
  return Promise.all(
    onePerGroup(ids).map(async (id) => {
      const subject = `rights on ${kind} in ${armIdParts(id).resourceGroup}`;
      const allowed = await azure.guards.allowed(id, actions);
      if (!allowed.ok) return warn(subject, failureLine(allowed.failure), 'Give the bot’s identity the role Reader.');
      const missing = actions.filter((action) => allowed.value[action] !== true);
      if (missing.length === 0) return ok(subject, 'all that a plan may need');
      const mend = 'Requests there are blocked until the bot’s identity is given a role with these actions.';
      return warn(subject, `missing: ${missing.map(shortAction).join(', ')}`, mend);
    }),
  );
}

async function diagnoseLists(subjects: Subjects): Promise<readonly Diagnosis[]> {
  const [agents, vaults] = await Promise.all([
    subjects.azure.inventory.agents('', 1000),
    subjects.azure.inventory.vaults(),
  ]);
  const none = 'Nobody can choose one. Look at CMK_SUBSCRIPTIONS and the role Reader.';
  const listed = (subject: string, found: Outcome<readonly unknown[]>): Diagnosis => {
    if (!found.ok) return fail(subject, failureLine(found.failure), network);
    return found.value.length === 0 ? warn(subject, 'none found', none) : ok(subject, `${found.value.length} found`);
  };
  return [
    listed('agents', agents),
    listed('vaults', vaults),
    ...(agents.ok ? await rightsOn(subjects, 'agents', agents.value.map(idOf), agentActions) : []),
    ...(vaults.ok ? await rightsOn(subjects, 'vaults', vaults.value.map(idOf), vaultActions) : []),
  ];
}

const idOf = ({ id }: { readonly id: ArmId }): ArmId => id;

/** Nobody has this id: asking after them needs the same rights, and tells nothing about anybody. */
const nobody = PersonId.parse('00000000-0000-0000-0000-000000000000');

async function diagnoseGroups({ config, azure }: Subjects): Promise<Diagnosis> {
  const ids = [...config.CMK_REQUESTERS, ...config.CMK_APPROVERS];
  if (ids.length === 0) return warn('group check', 'not tried: nobody is configured', '');
  const asked = await azure.groups.memberOf(nobody, ids);
  const rights = 'GroupMember.Read.All and User.ReadBasic.All, with an administrator’s consent';
  return asked.ok
    ? ok('group check', `Microsoft Graph answers about ${countOf(ids.length, 'id', 'ids')}`)
    : fail(
        'group check',
        failureLine(asked.failure),
        `The bot’s identity needs ${rights}: without it nobody may do anything.`,
      );
}

export async function diagnoseAzure(subjects: Subjects): Promise<readonly Diagnosis[]> {
  const reached = await diagnoseSubscriptions(subjects);
  if (reached[0]?.outcome === 'fail') return reached;
  return [...reached, ...(await diagnoseLists(subjects)), await diagnoseGroups(subjects)];
}
