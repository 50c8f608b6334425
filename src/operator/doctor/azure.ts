import { type Outcome, statusOf } from '../../domain/failure.ts';
import { PersonId } from '../../domain/ids.ts';
import { rulesOf } from '../../domain/policy/policy.ts';
import { countOf } from '../../words/count.ts';
import type { Diagnosis } from '../rpc/calls.ts';
import { lookUp, peopleOf } from './holders.ts';
import { diagnoseRights, failureLine, noRights, scopeOf } from './rights.ts';
import { fail, ok, type Subjects, warn } from './subjects.ts';

const network = 'Look at the network, the proxy and AZURE_CLOUD, then look again.';
const refused = 'Azure lets no list be made while one subscription may not be read: see above, under its id.';
const signIn = 'Look at AZURE_CLIENT_ID, its secret or token file, and the managed identity.';

async function diagnoseReach({ config, subscriptions }: Subjects): Promise<readonly Diagnosis[]> {
  const looked = await Promise.all(
    config.azure.subscriptions.map(async (id) => ({ id, outcome: await subscriptions.lacks(scopeOf(id), noRights) })),
  );
  // An answer of any kind means that Azure was reached and had let the bot in.
  const answered = looked.some(({ outcome }) => outcome.ok || statusOf(outcome.failure) !== null);
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
            'Give the bot’s identity the role of infra/custom-role.json on it, or take it out of CMK_SUBSCRIPTIONS.',
          ),
    ),
  ];
}

async function diagnoseLists(subjects: Subjects): Promise<readonly Diagnosis[]> {
  const [resources, vaults] = await Promise.all([
    subjects.azure.inventory.resources('', 1000),
    subjects.azure.inventory.vaults(),
  ]);
  const none = 'Nobody can choose one. Look at CMK_SUBSCRIPTIONS and at the rights of the bot’s identity.';
  const listed = (subject: string, found: Outcome<readonly unknown[]>): Diagnosis => {
    if (!found.ok) return fail(subject, failureLine(found.failure), found.failure.next === 'wait' ? network : refused);
    return found.value.length === 0 ? warn(subject, 'none found', none) : ok(subject, `${found.value.length} found`);
  };
  const found = { resources: resources.ok ? resources.value : [], vaults: vaults.ok ? vaults.value : [] };
  return [listed('agents', resources), listed('vaults', vaults), ...(await diagnoseRights(subjects, found))];
}

/** Nobody has this id: asking after them needs the same rights, and tells nothing about anybody. */
const nobody = PersonId.parse('00000000-0000-0000-0000-000000000000');

const idsIn = ({ config: { policy, admission } }: Subjects): readonly string[] => [
  ...[...rulesOf(policy), ...policy.tagRules].flatMap(({ requesters = [], approvers = [] }) => [
    ...requesters,
    ...approvers,
  ]),
  ...admission.readers,
];

async function diagnoseGroups(subjects: Subjects): Promise<Diagnosis> {
  const ids = idsIn(subjects);
  if (ids.length === 0) return warn('group check', 'not tried: nobody is configured', '');
  const asked = await subjects.azure.groups.memberOf(nobody, ids);
  const rights = 'GroupMember.Read.All and User.Read.All, with an administrator’s consent';
  return asked.ok
    ? ok('group check', `Microsoft Graph answers about ${countOf(new Set(ids).size, 'id', 'ids')}`)
    : fail(
        'group check',
        failureLine(asked.failure),
        `The bot’s identity needs ${rights}: without it nobody may do anything.`,
      );
}

const mostTried = 20;

/** Whether the directory says who is a guest, of people who are named or in a group that is. */
async function diagnoseGuests(subjects: Subjects): Promise<readonly Diagnosis[]> {
  const { config, azure } = subjects;
  if (config.admission.allowGuests) return [ok('guests', 'allowed: a guest in a group counts like a member')];
  const ids = idsIn(subjects);
  const people = [...(peopleOf((await lookUp(azure.groups, ids))(ids)) ?? [])].slice(0, mostTried);
  const asked = await Promise.all(people.map((id) => azure.groups.memberOf(PersonId.parse(id), [])));
  if (asked.some(({ ok }) => !ok)) return [];
  return [
    asked.some((one) => one.ok && one.value.kind === 'not-told')
      ? fail(
          'guests',
          'Microsoft Graph does not say of everybody whether they are guests (userType): they may do nothing',
          'Give the bot’s identity User.Read.All, and people without a userType one in Entra. Or set CMK_ALLOW_GUESTS.',
        )
      : ok('guests', 'refused, as Microsoft Graph tells them'),
  ];
}

export async function diagnoseAzure(subjects: Subjects): Promise<readonly Diagnosis[]> {
  const reached = await diagnoseReach(subjects);
  if (reached[0]?.outcome === 'fail') return reached;
  return [
    ...reached,
    ...(await diagnoseLists(subjects)),
    await diagnoseGroups(subjects),
    ...(await diagnoseGuests(subjects)),
  ];
}
