/** Checks of the bot's sign-in to Azure, its permissions there and in Microsoft Graph, and Azure's policies and clock. */

import { inParallel } from '../../azure/connection/limits.ts';
import { claimsFor } from '../../azure/sign-in/token-claims.ts';
import { optionsForAzure } from '../../config/azure-from-config.ts';
import { clockSkew } from '../../domain/clock-skew.ts';
import { codeOf, type Failure, type Outcome, statusOf } from '../../domain/failure.ts';
import { type ArmId, armIdParts, isAtOrBelow } from '../../domain/ids.ts';
import type { ObservedVault } from '../../domain/observed.ts';
import type { Rights } from '../../domain/ports/azure.ts';
import type { ResourceKind } from '../../domain/resource-kind.ts';
import { readGuards } from '../../operations/read-guard.ts';
import { kinds } from '../../operations/resources/registry.ts';
import {
  actionsOn,
  actionsOnResource,
  assignIdentity,
  dataActionsOnVault,
  makeVersion,
} from '../../operations/resources/rights.ts';
import { messageOf } from '../../text/failures.ts';
import { fleetGuardWords } from '../../text/guard.ts';
import { durationWords } from '../../text/instants.ts';
import {
  changeSetting,
  giveBotRole,
  giveGrantsRole,
  giveGraphPermission,
  graphPermissionIds,
  newSecret,
  setClock,
  updateBotRole,
  whoGivesRoles,
} from './commands.ts';
import type { Diagnosis } from './diagnosis.ts';
import { type About, about, type DoctorEnvironment, fail, ok, type Remedy, unknown, warn } from './subjects.ts';

export const lookupFailureLine = (failure: Failure): string => {
  const status = statusOf(failure);
  return `${status === null ? '' : `${status} `}${codeOf(failure)}: ${messageOf(failure).split('\n')[0]}`;
};

const scopeOf = (subscriptionId: string): string => `/subscriptions/${subscriptionId}`;
const noRights: Rights = { actions: [], dataActions: [] };

interface CheckedScope {
  /** Text after `on`. */
  readonly where: string;
  readonly scope: string;
  readonly wanted: Rights;
}

interface CheckedResources {
  readonly resources: readonly { readonly id: ArmId; readonly kind: string }[];
  readonly vaults: readonly Pick<ObservedVault, 'id' | 'access'>[];
}

/**
 * Returns one scope per resource group: roles are rarely assigned on single resources. An empty list can itself mean a missing
 * permission, so then it's the subscription. `rightsFor`: null for the subscription.
 */
function scopePerGroup<T extends { readonly id: ArmId }>(
  subscriptionId: string,
  kind: string,
  all: readonly T[],
  rightsFor: (one: T | null) => Rights,
): readonly CheckedScope[] {
  const scopes = new Map<string, CheckedScope>();
  for (const one of all) {
    const parts = armIdParts(one.id);
    if (parts.subscriptionId.toLowerCase() !== subscriptionId.toLowerCase()) continue;
    const rights = rightsFor(one);
    const group = `${parts.resourceGroup.toLowerCase()} ${rights.dataActions.length}`;
    scopes.set(group, { where: `${kind} in ${parts.resourceGroup}`, scope: one.id, wanted: rights });
  }
  if (scopes.size > 0) return [...scopes.values()];
  return [{ where: kind, scope: scopeOf(subscriptionId), wanted: rightsFor(null) }];
}

/** Assumes that identities are in the resource groups of their resources. */
const scopesIn = (
  id: string,
  { resources, vaults }: CheckedResources,
  enabled: readonly ResourceKind[],
): readonly CheckedScope[] => [
  { where: 'the subscription', scope: scopeOf(id), wanted: { actions: actionsOn.subscription, dataActions: [] } },
  ...enabled.flatMap((kind) =>
    scopePerGroup(
      id,
      `${kind.short}s`,
      resources.filter((one) => one.kind === kind.name),
      () => ({ actions: [...actionsOnResource(kind), assignIdentity], dataActions: [] }),
    ),
  ),
  ...scopePerGroup(id, 'vaults', vaults, (vault) => ({
    actions: actionsOn.vault,
    dataActions: vault?.access === 'access-policies' ? [] : dataActionsOnVault,
  })),
];

type Lacks = readonly (readonly [CheckedScope, Rights])[];

const linesOf = (found: Lacks, of: keyof Rights): string => {
  const lines = found.flatMap(([{ where }, { [of]: names }]) =>
    names.length === 0 ? [] : [`${names.join(', ')} on ${where}`],
  );
  return [...new Set(lines)].join('; ');
};

/** Judges each scope on its own: roles can be assigned on resource groups only. */
async function findMissing(
  { subscriptions }: DoctorEnvironment,
  scopes: readonly CheckedScope[],
): Promise<{ readonly found: Lacks; readonly unread: readonly (readonly [CheckedScope, Failure])[] }> {
  const answers = await inParallel(
    scopes,
    async (spot) => [spot, await subscriptions.lacks(spot.scope, spot.wanted)] as const,
  );
  return {
    found: answers.flatMap(([spot, outcome]) => (outcome.ok ? [[spot, outcome.value] as const] : [])),
    unread: answers.flatMap(([spot, outcome]) => (outcome.ok ? [] : [[spot, outcome.failure] as const])),
  };
}

function effectOfMissing(found: Lacks): string {
  const missing = new Set(found.flatMap(([, { dataActions }]) => dataActions));
  const onlyForVersions = missing.size === 1 && missing.has('Microsoft.KeyVault/vaults/keys/create/action');
  return [
    ...(onlyForVersions ? [] : ['The bot doesn’t test keys there, and cards say so.']),
    ...(makeVersion.some((name) => missing.has(name)) ? ['A new version of a key is blocked there.'] : []),
  ].join(' ');
}

const assigning = 'Microsoft.Authorization/roleAssignments/write';

async function remedyFor({ ownObjectId, config }: DoctorEnvironment, id: string, found: Lacks): Promise<Remedy> {
  const objectId = await ownObjectId();
  const lacked = found.flatMap(([, lacks]) => [...lacks.actions, ...lacks.dataActions]);
  const checked = found.flatMap(([spot]) => [...spot.wanted.actions, ...spot.wanted.dataActions]);
  const ofBotRole = (names: readonly string[]): readonly string[] => names.filter((name) => name !== assigning);
  const none = ofBotRole(lacked).length === ofBotRole(checked).length;
  const lacking = found.filter(([, { actions, dataActions }]) => actions.length + dataActions.length > 0);
  const scopes = found.some(([{ scope }]) => scope === scopeOf(id))
    ? [scopeOf(id)]
    : [...new Set(lacking.map(([{ scope }]) => scope.split('/').slice(0, 5).join('/')))];
  return [
    [
      ...(none ? scopes.map((scope) => giveBotRole(objectId, scope)) : []),
      ...(!none && ofBotRole(lacked).length > 0 ? [updateBotRole(config.azure.subscriptions)] : []),
      ...(lacked.includes(assigning) ? scopes.map((scope) => giveGrantsRole(objectId, scope)) : []),
    ],
    whoGivesRoles(`subscription ${id}`),
  ];
}

/** Of Owner, Contributor or Key Vault Administrator; no role of the bot has them. */
const neverNeeded: readonly string[] = [
  'Microsoft.Authorization/roleDefinitions/write',
  'Microsoft.KeyVault/vaults/delete',
  ...kinds.map(({ type }) => `${type}/delete`),
];
const widerAdvice = 'The bot doesn’t need it. Remove the role that gives it.';

async function tooWide({ subscriptions }: DoctorEnvironment, id: string): Promise<readonly string[]> {
  const lacks = await subscriptions.lacks(scopeOf(id), { actions: neverNeeded, dataActions: [] });
  return lacks.ok ? neverNeeded.filter((name) => !lacks.value.actions.includes(name)) : [];
}

async function diagnoseRights(
  subjects: DoctorEnvironment,
  id: string,
  resources: CheckedResources,
): Promise<readonly Diagnosis[]> {
  const subject = about('azure/rights', `permissions in ${id}`);
  const { found, unread } = await findMissing(subjects, scopesIn(id, resources, subjects.azure.inventory.kinds));
  // Another finding reports an unreadable subscription.
  const isReported = unread.length > 0 && !(await subjects.subscriptions.lacks(scopeOf(id), noRights)).ok;
  const lines = unread
    .filter(([{ scope }]) => !isReported || scope !== scopeOf(id))
    .map(([{ where }, failure]) => `${where}: ${lookupFailureLine(failure)}`);
  const unreported =
    lines.length === 0 ? [] : [unknown(subject, `not checked: ${lines.join('; ')}`, 'Try again in a minute.')];
  if (found.length === 0) return unreported;
  const actions = linesOf(found, 'actions');
  const wide = await tooWide(subjects, id);
  const dataActions = linesOf(found, 'dataActions');
  const fix =
    'Without a permission, the bot blocks or doesn’t check what needs it. Azure can take 10 minutes to apply a new role.';
  const remedy = await remedyFor(subjects, id, found);
  const checked = unread.length === 0 ? '' : ` in ${found.length} of ${found.length + unread.length} scopes`;
  return [
    actions === ''
      ? ok(subject, `all permissions of the bot’s roles${checked}`)
      : warn(subject, `lacks ${actions}`, fix, ...remedy),
    ...(dataActions === ''
      ? []
      : [warn(about('azure/rights', `key use in ${id}`), `lacks ${dataActions}`, effectOfMissing(found), ...remedy)]),
    ...wide.map((name) =>
      warn(
        about('azure/rights', `wider than needed in ${id}`),
        name,
        widerAdvice,
        [],
        whoGivesRoles(`subscription ${id}`),
      ),
    ),
    ...unreported,
  ];
}

const without: Readonly<Record<keyof typeof graphPermissionIds, string>> = {
  'GroupMember.Read.All': 'no groups can be read: no one has a role',
  'User.Read.All': 'members and guests can’t be told apart: no one has a role',
};

const wider = ['Directory.Read.All', 'Directory.ReadWrite.All'];
/** The last one is optional: the doctor reads when secrets expire. */
const needed: readonly string[] = [...Object.keys(graphPermissionIds), 'Application.Read.All'];

const spreads =
  'It takes effect within minutes for an app. Azure caches the token of a managed identity for up to a day, and a restart might not renew it: check again later.';

export async function diagnoseGraphRights(subjects: DoctorEnvironment): Promise<readonly Diagnosis[]> {
  const { config, cloud } = subjects;
  let claims: Awaited<ReturnType<typeof claimsFor>>;
  try {
    claims = await claimsFor(optionsForAzure(config).credential, cloud.graphScope);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    return [unknown(about('graph/rights'), `no token for Microsoft Graph: ${reason}`, 'See azure/sign-in.')];
  }
  const { oid = 'OBJECT_ID', roles = [] } = claims ?? {};
  const all = roles.some((role) => wider.includes(role));
  const excess = roles
    .filter((name) => !needed.includes(name))
    .map((name) => warn(about('graph/rights', `wider than needed: ${name}`), 'granted', widerAdvice));
  const found = (['GroupMember.Read.All', 'User.Read.All'] as const).map((name) => {
    const subject = about('graph/rights', name);
    if (all || roles.includes(name)) return ok(subject, 'granted');
    const who = 'Privileged Role Administrator';
    const commands = [giveGraphPermission(cloud.graphEndpoint, oid, graphPermissionIds[name])];
    return fail(subject, `not granted: ${without[name]}`, spreads, commands, who);
  });
  return [...found, ...excess];
}

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

function notSignedIn(config: DoctorEnvironment['config'], failure: Failure): Diagnosis {
  const { clientId, clientSecret, federatedTokenFile } = config.azure.signIn;
  const line = lookupFailureLine(failure);
  // Name in Azure's client (`CredentialUnavailableError`, `ManagedIdentityCredential: …`).
  if (clientSecret === null && federatedTokenFile === null && /ManagedIdentity/.test(line)) {
    const which = clientId === null ? 'the system-assigned one' : `client ID ${clientId} in AZURE_CLIENT_ID`;
    return fail(
      azure,
      `AZURE_CLIENT_SECRET isn’t set, nor is AZURE_FEDERATED_TOKEN_FILE, so the bot signs in with a managed identity (${which}), which this machine doesn’t have: ${line}`,
      'Run the bot where it has that managed identity, or set AZURE_CLIENT_SECRET.',
      [changeSetting('AZURE_CLIENT_SECRET')],
    );
  }
  if (failure.next === 'wait') return fail(azure, line, network);
  return fail(azure, line, signIn, ...fixForSignIn(config));
}

/** Roles on resource groups alone are enough for most of what the bot does. */
const onGroupsOnly = [
  `Without a role on the subscription, the bot lacks ${actionsOn.subscription.join(', ')}.`,
  'Cards then don’t show the subscription’s name, the guard policies, or who changed a key.',
  'Resources without a creation date can be blocked, and writes fail where Azure Policy asks for tokens.',
  'If you need these, assign a custom role with only these reads on the subscription.',
].join(' ');

async function diagnoseSubscription(
  { ownObjectId, subscriptions }: DoctorEnvironment,
  { id, outcome }: { readonly id: string; readonly outcome: Outcome<unknown> },
  { resources, vaults }: CheckedResources,
): Promise<Diagnosis> {
  if (outcome.ok) return ok(subscription(id), 'readable');
  const who = whoGivesRoles(`subscription ${id}`);
  // Without the permission to read permissions, no scope answers.
  const [inGroup] = [...resources, ...vaults].filter((one) => isAtOrBelow(one.id, scopeOf(id)));
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
    ...(await Promise.all(config.azure.subscriptions.map((id) => diagnoseRights(subjects, id, found)))).flat(),
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
const deployGuard =
  'az deployment sub create --location REGION --template-file infra/guard/main.bicep --parameters FILE effect=Deny';

/** Warns if Azure Policy doesn't refuse every change of keys around the bot. */
export async function diagnoseGuard({ azure, config }: DoctorEnvironment): Promise<readonly Diagnosis[]> {
  const kept = await azure.inventory.resourceKeys(azure.inventory.kinds);
  if (!kept.ok) return [unknown(guard, lookupFailureLine(kept.failure), 'See azure/sign-in and azure/lists.')];
  const { resources } = kept.value;
  const { agents, unread } = await readGuards(azure, resources, new Date());
  const found = fleetGuardWords(agents, agents.length);
  const isWhole = agents.every(({ state }) => state === 'all');
  return [
    ...(agents.length === 0
      ? []
      : [
          isWhole
            ? ok(guard, found)
            : warn(guard, found, guardPage, [deployGuard], 'Resource Policy Contributor or Owner'),
        ]),
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
