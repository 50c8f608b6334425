import { type Failure, type Outcome, statusOf } from '../../domain/failure.ts';
import { type ArmId, isAtOrBelow, PersonId } from '../../domain/ids.ts';
import { clockSkew } from '../../domain/write-health.ts';
import { readGuards } from '../../operations/read-guard.ts';
import { actionsOn } from '../../operations/resources/rights.ts';
import { fleetGuardWords } from '../../text/guard.ts';
import { durationWords } from '../../text/instants.ts';
import { countOf } from '../../text/words.ts';
import type { Diagnosis } from '../rpc/diagnosis.ts';
import { changeSetting, giveBotRole, newSecret, setClock, updateBotRole, whoGivesRoles } from './commands.ts';
import { type CheckedResources, diagnoseRights, lookupFailureLine, noRights, scopeOf } from './rights.ts';
import { idsInRules } from './role-members.ts';
import { type About, about, type DoctorEnvironment, fail, ok, type Remedy, unknown, warn } from './subjects.ts';

const network = 'Check the network, the proxy and AZURE_CLOUD, and try again.';
const refused = 'Azure refuses the list if the bot can’t read one of the subscriptions. See its finding above.';
const signIn = 'Check AZURE_CLIENT_ID, its secret or token file, and the managed identity.';

const azure = about('azure/sign-in', 'Azure');
const subscription = (id: string) => about('azure/subscription', `subscription ${id}`);

/** Returns the fix for a refused sign-in: a new secret. */
function fixForSignIn({ azure }: DoctorEnvironment['config']): Remedy {
  const { clientId, clientSecret } = azure.signIn;
  if (clientId === null || clientSecret === null) return [[changeSetting('AZURE_CLIENT_ID')]];
  return [[newSecret(clientId), changeSetting('AZURE_CLIENT_SECRET')], 'an owner of the app registration'];
}

/** Returns the finding for a machine without a managed identity, the only option without secret and token file. */
function withoutIdentity({ azure: { signIn } }: DoctorEnvironment['config'], why: string): Diagnosis {
  const which =
    signIn.clientId === null ? 'the system-assigned one' : `client ID ${signIn.clientId} in AZURE_CLIENT_ID`;
  return fail(
    azure,
    `AZURE_CLIENT_SECRET isn’t set, nor is AZURE_FEDERATED_TOKEN_FILE, so the bot signs in with a managed identity (${which}), which this machine doesn’t have: ${why}`,
    'Run the bot where it has that managed identity, or set AZURE_CLIENT_SECRET.',
    [changeSetting('AZURE_CLIENT_SECRET')],
  );
}

function notSignedIn(config: DoctorEnvironment['config'], failure: Failure): Diagnosis {
  const { clientSecret, federatedTokenFile } = config.azure.signIn;
  const line = lookupFailureLine(failure);
  // Name in Azure's client (`CredentialUnavailableError`, `ManagedIdentityCredential: …`).
  if (clientSecret === null && federatedTokenFile === null && /ManagedIdentity/.test(line)) {
    return withoutIdentity(config, line);
  }
  if (failure.next === 'wait') return fail(azure, line, network);
  return fail(azure, line, signIn, ...fixForSignIn(config));
}

interface SubscriptionRead {
  readonly id: string;
  readonly outcome: Outcome<unknown>;
}

/** Roles on resource groups alone are enough for most of what the bot does. */
const onGroupsOnly = [
  `Without a role on the subscription, the bot lacks ${actionsOn.subscription.join(', ')}.`,
  'Cards then don’t show the subscription’s name, the guard policies, or who changed a key.',
  'Agents without a creation date can be blocked, and writes fail where Azure Policy asks for tokens.',
  'If you need these, assign a custom role with only these reads on the subscription.',
].join(' ');

const isIn = (subscriptionId: string, { id }: { readonly id: ArmId }): boolean =>
  isAtOrBelow(id, scopeOf(subscriptionId));

async function diagnoseSubscription(
  { ownObjectId, subscriptions }: DoctorEnvironment,
  { id, outcome }: SubscriptionRead,
  { resources, vaults }: CheckedResources,
): Promise<Diagnosis> {
  if (outcome.ok) return ok(subscription(id), 'readable');
  const who = whoGivesRoles(`subscription ${id}`);
  // Without the permission to read permissions, no scope answers.
  const [inGroup] = [...resources, ...vaults].filter((one) => isIn(id, one));
  const isRefused = statusOf(outcome.failure) === 403 && inGroup !== undefined;
  if (isRefused && (await subscriptions.lacks(inGroup.id, noRights)).ok)
    return warn(subscription(id), 'readable in resource groups only', onGroupsOnly, [], who);
  return fail(
    subscription(id),
    lookupFailureLine(outcome.failure),
    'Assign the role of infra/custom-role.json on it to the bot’s identity, or remove it from CMK_SUBSCRIPTIONS.',
    [giveBotRole(await ownObjectId(), scopeOf(id)), changeSetting('CMK_SUBSCRIPTIONS')],
    who,
  );
}

async function diagnoseReach(subjects: DoctorEnvironment): Promise<readonly Diagnosis[]> {
  const { config, subscriptions } = subjects;
  const reads = await Promise.all(
    config.azure.subscriptions.map(async (id) => ({ id, outcome: await subscriptions.lacks(scopeOf(id), noRights) })),
  );
  // Any answer means that Azure was reached and the sign-in worked.
  const answered = reads.some(({ outcome }) => outcome.ok || statusOf(outcome.failure) !== null);
  const first = reads.flatMap(({ outcome }) => (outcome.ok ? [] : [outcome.failure]))[0];
  if (!answered && first !== undefined) return [notSignedIn(config, first)];
  const [resources, vaults] = await Promise.all([
    subjects.azure.inventory.resources('', 1000),
    subjects.azure.inventory.vaults(),
  ]);
  const found = { resources: resources.ok ? resources.value : [], vaults: vaults.ok ? vaults.value : [] };
  return [
    ok(azure, 'reached and signed in'),
    ...(await Promise.all(reads.map((read) => diagnoseSubscription(subjects, read, found)))),
    diagnoseList(about('azure/agents', 'agents'), resources),
    diagnoseList(about('azure/vaults', 'vaults'), vaults),
    ...(await diagnoseRights(subjects, found)),
  ];
}

function diagnoseList(subject: About, found: Outcome<readonly unknown[]>): Diagnosis {
  const none = 'Requesters have nothing to choose. Check CMK_SUBSCRIPTIONS and the roles of the bot’s identity.';
  if (!found.ok)
    return fail(subject, lookupFailureLine(found.failure), found.failure.next === 'wait' ? network : refused);
  return found.value.length === 0 ? warn(subject, 'none found', none) : ok(subject, `${found.value.length} found`);
}

const groups = about('people/groups', 'group check');

/** An id without a person. The query needs the same permissions, and reveals nothing. */
const nobody = PersonId.parse('00000000-0000-0000-0000-000000000000');

const idsIn = ({ config: { policy, admission } }: DoctorEnvironment): readonly string[] => [
  ...idsInRules(policy),
  ...admission.readers,
];

async function diagnoseGroups(subjects: DoctorEnvironment): Promise<Diagnosis> {
  const ids = idsIn(subjects);
  if (ids.length === 0)
    return unknown(groups, 'not checked: no one is configured', 'See people/ask and people/approve.');
  const outcome = await subjects.azure.groups.memberOf(nobody, ids);
  const rights = 'GroupMember.Read.All and User.Read.All, with an administrator’s consent';
  return outcome.ok
    ? ok(groups, `Microsoft Graph answers for ${countOf(new Set(ids).size, 'ID', 'IDs')}`)
    : fail(
        groups,
        lookupFailureLine(outcome.failure),
        `The bot’s identity needs ${rights}. Without them, no one has a role.`,
      );
}

const guests = about('people/guests', 'guests');

/** Checks that Entra ID reports guests among the named people and group members. */
async function diagnoseGuests(subjects: DoctorEnvironment): Promise<readonly Diagnosis[]> {
  const { config, azure } = subjects;
  if (config.admission.allowGuests) return [ok(guests, 'allowed: a guest in a group counts like a member')];
  const outcomes = await Promise.all([...new Set(idsIn(subjects))].map((id) => azure.groups.look(id)));
  if (outcomes.some(({ ok }) => !ok)) return [unknown(guests, 'not checked', 'See people/groups.')];
  const people = outcomes.flatMap((one) => (one.ok ? (one.value?.members ?? []) : []));
  return [
    people.some(({ kind }) => kind === 'not-told')
      ? fail(
          guests,
          'Microsoft Graph doesn’t say whether some people are guests (userType), so they have no role',
          'Grant User.Read.All to the bot’s identity, and set the userType of these people in Entra ID. CMK_ALLOW_GUESTS admits all guests: the security lead decides.',
        )
      : ok(guests, 'refused; Microsoft Graph says who is a guest'),
  ];
}

/**
 * Checks the clock: tokens are valid by Azure's clock, events are dated by this one. Azure reports whole seconds, some of them
 * late.
 */
async function diagnoseAzureClock({ config, subscriptions }: DoctorEnvironment): Promise<readonly Diagnosis[]> {
  const subject = about('azure/clock', 'clock of Azure');
  const [id] = config.azure.subscriptions;
  if (id === undefined) return [];
  const before = new Date();
  const azureTime = await subscriptions.time(id);
  if (!azureTime.ok) return [unknown(subject, lookupFailureLine(azureTime.failure), network)];
  if (azureTime.value === null) return [unknown(subject, 'not checked: Azure’s answer has no time', network)];
  const apart = clockSkew(before, azureTime.value, new Date(Date.now() + 1_000));
  if (apart === null) return [ok(subject, 'less than a minute from this machine’s')];
  const far = `this machine is ${durationWords(Math.abs(apart.aheadMs))} ${apart.aheadMs > 0 ? 'ahead' : 'behind'}`;
  return [
    fail(subject, far, 'Azure and the bot refuse tokens with wrong times. Correct this machine’s clock.', ...setClock),
  ];
}

export async function diagnoseAzure(subjects: DoctorEnvironment): Promise<readonly Diagnosis[]> {
  const reached = await diagnoseReach(subjects);
  if (reached[0]?.outcome === 'fail') return reached;
  return [
    ...reached,
    await diagnoseGroups(subjects),
    ...(await diagnoseGuests(subjects)),
    ...(await diagnoseAzureClock(subjects)),
  ];
}

const guard = about('azure/guard', 'guard policies');
const guardPage = 'docs/install/protect-further.md has the steps.';

/** Warns if Azure Policy doesn't refuse every change of keys around the bot. */
export async function diagnoseGuard({ azure, config }: DoctorEnvironment): Promise<readonly Diagnosis[]> {
  const kept = await azure.inventory.resourceKeys();
  if (!kept.ok) return [unknown(guard, lookupFailureLine(kept.failure), 'See azure/sign-in and azure/agents.')];
  const { resources } = kept.value;
  const { agents, unread } = await readGuards(azure, resources, new Date());
  const found = fleetGuardWords(agents, agents.length);
  const isWhole = agents.every(({ state }) => state === 'all');
  return [
    ...(agents.length === 0 ? [] : [isWhole ? ok(guard, found) : warn(guard, found, guardPage)]),
    ...[...kept.value.unread, ...unread].map(({ subscriptionId, failure }) =>
      unknown(
        about('azure/guard', `guard policies in ${subscriptionId}`),
        lookupFailureLine(failure),
        guardPage,
        [updateBotRole(config.azure.subscriptions)],
        whoGivesRoles(`subscription ${subscriptionId}`),
      ),
    ),
  ];
}
