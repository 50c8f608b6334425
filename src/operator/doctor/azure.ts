import { type Failure, type Outcome, statusOf } from '../../domain/failure.ts';
import { type ArmId, isAtOrBelow } from '../../domain/ids.ts';
import { clockSkew } from '../../domain/write-health.ts';
import { readGuards } from '../../operations/read-guard.ts';
import { actionsOn } from '../../operations/resources/rights.ts';
import { fleetGuardWords } from '../../text/guard.ts';
import { durationWords } from '../../text/instants.ts';
import type { Diagnosis } from '../rpc/diagnosis.ts';
import { changeSetting, giveBotRole, newSecret, setClock, updateBotRole, whoGivesRoles } from './commands.ts';
import { type CheckedResources, diagnoseRights, lookupFailureLine, noRights, scopeOf } from './rights.ts';
import { type About, about, type DoctorEnvironment, fail, ok, type Remedy, unknown, warn } from './subjects.ts';

const network = 'Check the network, the proxy and AZURE_CLOUD, and try again.';
const refused = 'Azure refuses the list if the bot can’t read one of the subscriptions. See its finding above.';
const signIn = 'Check AZURE_CLIENT_ID, its secret or token file, and the managed identity.';

const azure = about('azure/sign-in');
const subscription = (id: string) => about('azure/subscription', `subscription ${id}`);

function fixForSignIn({ azure }: DoctorEnvironment['config']): Remedy {
  const { clientId, clientSecret } = azure.signIn;
  if (clientId === null || clientSecret === null) return [[changeSetting('AZURE_CLIENT_ID')]];
  return [[newSecret(clientId), changeSetting('AZURE_CLIENT_SECRET')], 'an owner of the app registration'];
}

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
  { id, outcome }: { readonly id: string; readonly outcome: Outcome<unknown> },
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
    diagnoseList(about('azure/lists', 'agents'), resources),
    diagnoseList(about('azure/lists', 'vaults'), vaults),
    ...(await diagnoseRights(subjects, found)),
  ];
}

function diagnoseList(subject: About, found: Outcome<readonly unknown[]>): Diagnosis {
  const none = 'Requesters have nothing to choose. Check CMK_SUBSCRIPTIONS and the roles of the bot’s identity.';
  if (!found.ok)
    return fail(subject, lookupFailureLine(found.failure), found.failure.next === 'wait' ? network : refused);
  return found.value.length === 0 ? warn(subject, 'none found', none) : ok(subject, `${found.value.length} found`);
}

/**
 * Checks the clock: tokens are valid by Azure's clock, events are dated by this one. Azure reports whole seconds, some of them
 * late.
 */
async function diagnoseAzureClock({ config, subscriptions }: DoctorEnvironment): Promise<readonly Diagnosis[]> {
  const subject = about('record/clock', 'clock of Azure');
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
  return [...reached, ...(await diagnoseAzureClock(subjects))];
}

const guard = about('azure/guard');
const guardPage = 'docs/install/protect-further.md has the steps.';

/** Warns if Azure Policy doesn't refuse every change of keys around the bot. */
export async function diagnoseGuard({ azure, config }: DoctorEnvironment): Promise<readonly Diagnosis[]> {
  const kept = await azure.inventory.resourceKeys();
  if (!kept.ok) return [unknown(guard, lookupFailureLine(kept.failure), 'See azure/sign-in and azure/lists.')];
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
