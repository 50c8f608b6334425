/** Checks that the bot's identity has all permissions of its role in each configured subscription. */
import { claimsFor, type TokenClaims } from '../../azure/credential.ts';
import type { SubscriptionRights } from '../../azure/subscriptions.ts';
import { optionsForAzure } from '../../config/azure-from-config.ts';
import { codeOf, done, type Failure, type Outcome, statusOf } from '../../domain/failure.ts';
import { type ArmId, armIdParts } from '../../domain/ids.ts';
import type { ObservedVault } from '../../domain/observed.ts';
import { actionsOn, assignIdentity, dataActionsOnVault, makeVersion } from '../../operations/resources/rights.ts';
import { messageOf } from '../../text/failures.ts';
import type { Diagnosis } from '../rpc/diagnosis.ts';
import {
  giveBotRole,
  giveGrantsRole,
  giveGraphPermission,
  graphPermissionIds,
  updateBotRole,
  whoGivesRoles,
} from './commands.ts';
import { about, type DoctorEnvironment, fail, ok, type Remedy, unknown, warn } from './subjects.ts';

export const lookupFailureLine = (failure: Failure): string => {
  const status = statusOf(failure);
  return `${status === null ? '' : `${status} `}${codeOf(failure)}: ${messageOf(failure).split('\n')[0]}`;
};

export const scopeOf = (subscriptionId: string): string => `/subscriptions/${subscriptionId}`;
export const noRights: SubscriptionRights = { actions: [], dataActions: [] };

const wanted = {
  // Assumes that identities are in the resource groups of their agents.
  resources: { actions: [...actionsOn.resource, assignIdentity], dataActions: [] },
  vaults: { actions: actionsOn.vault, dataActions: [] },
  vaultsByRole: { actions: actionsOn.vault, dataActions: dataActionsOnVault },
  subscription: { actions: actionsOn.subscription, dataActions: [] },
} satisfies Record<string, SubscriptionRights>;

interface CheckedScope {
  /** Text after `on`. */
  readonly where: string;
  readonly scope: string;
  readonly wanted: SubscriptionRights;
}

interface CheckedResources {
  readonly resources: readonly { readonly id: ArmId }[];
  readonly vaults: readonly Pick<ObservedVault, 'id' | 'access'>[];
}

const maxGroups = 20;

/** Returns one scope per resource group: roles are rarely assigned on single resources. */
function scopePerGroup<T extends { readonly id: ArmId }>(
  subscriptionId: string,
  kind: string,
  all: readonly T[],
  rightsFor: (one: T) => SubscriptionRights,
): readonly CheckedScope[] {
  const scopes = new Map<string, CheckedScope>();
  for (const one of all) {
    const parts = armIdParts(one.id);
    if (parts.subscriptionId.toLowerCase() !== subscriptionId.toLowerCase()) continue;
    const rights = rightsFor(one);
    const group = `${parts.resourceGroup.toLowerCase()} ${rights.dataActions.length}`;
    scopes.set(group, { where: `${kind} in ${parts.resourceGroup}`, scope: one.id, wanted: rights });
  }
  return [...scopes.values()].slice(0, maxGroups);
}

/** Falls back to the subscription: an empty list can itself mean a missing permission. */
const orWholeSubscription = (
  scopes: readonly CheckedScope[],
  subscriptionId: string,
  kind: string,
  rights: SubscriptionRights,
) => (scopes.length > 0 ? scopes : [{ where: kind, scope: scopeOf(subscriptionId), wanted: rights }]);

const scopesIn = (id: string, { resources, vaults }: CheckedResources): readonly CheckedScope[] => [
  { where: 'the subscription', scope: scopeOf(id), wanted: wanted.subscription },
  ...orWholeSubscription(
    scopePerGroup(id, 'agents', resources, () => wanted.resources),
    id,
    'agents',
    wanted.resources,
  ),
  ...orWholeSubscription(
    scopePerGroup(id, 'vaults', vaults, ({ access }) =>
      access === 'role-assignments' ? wanted.vaultsByRole : wanted.vaults,
    ),
    id,
    'vaults',
    wanted.vaultsByRole,
  ),
];

/** Returns the missing permissions per scope: `X, Y on vaults in rg-care`. */
const linesOf = (found: readonly (readonly [CheckedScope, readonly string[]])[]): string =>
  [
    ...new Set(found.flatMap(([spot, names]) => (names.length === 0 ? [] : [`${names.join(', ')} on ${spot.where}`]))),
  ].join('; ');

async function findMissing(
  { subscriptions }: DoctorEnvironment,
  scopes: readonly CheckedScope[],
): Promise<Outcome<readonly (readonly [CheckedScope, SubscriptionRights])[]>> {
  const found: (readonly [CheckedScope, SubscriptionRights])[] = [];
  const checks = scopes.map(async (spot) => [spot, await subscriptions.lacks(spot.scope, spot.wanted)] as const);
  for (const [spot, outcome] of await Promise.all(checks)) {
    if (!outcome.ok) return outcome;
    found.push([spot, outcome.value]);
  }
  return done(found);
}

/** Returns the effect of missing data actions: some are for key tests, others for new versions. */
function effectOfMissing(found: readonly (readonly [CheckedScope, SubscriptionRights])[]): string {
  const missing = new Set(found.flatMap(([, { dataActions }]) => dataActions));
  const onlyForVersions = missing.size === 1 && missing.has('Microsoft.KeyVault/vaults/keys/create/action');
  return [
    ...(onlyForVersions ? [] : ['The bot doesn’t test keys there, and cards say so.']),
    ...(makeVersion.some((name) => missing.has(name)) ? ['A new version of a key is blocked there.'] : []),
  ].join(' ');
}

const assigning = 'Microsoft.Authorization/roleAssignments/write';

/** Returns the fix: assign missing roles, or update an assigned role that is older than the file. */
async function remedyFor(
  { own, config }: DoctorEnvironment,
  id: string,
  found: readonly (readonly [CheckedScope, SubscriptionRights])[],
): Promise<Remedy> {
  const objectId = (await own())?.oid ?? 'OBJECT_ID';
  const lacked = found.flatMap(([, lacks]) => [...lacks.actions, ...lacks.dataActions]);
  const checked = found.flatMap(([spot]) => [...spot.wanted.actions, ...spot.wanted.dataActions]);
  const ofBotRole = (names: readonly string[]): readonly string[] => names.filter((name) => name !== assigning);
  const none = ofBotRole(lacked).length === ofBotRole(checked).length;
  return {
    who: whoGivesRoles(`subscription ${id}`),
    commands: [
      ...(none ? [giveBotRole(objectId, scopeOf(id))] : []),
      ...(!none && ofBotRole(lacked).length > 0 ? [updateBotRole(config.azure.subscriptions)] : []),
      ...(lacked.includes(assigning) ? [giveGrantsRole(objectId, scopeOf(id))] : []),
    ],
  };
}

async function diagnoseOne(
  subjects: DoctorEnvironment,
  id: string,
  resources: CheckedResources,
): Promise<readonly Diagnosis[]> {
  const subject = about('azure/rights', `permissions in ${id}`);
  const found = await findMissing(subjects, scopesIn(id, resources));
  if (!found.ok) {
    // Another finding reports an unreadable subscription.
    const reached = await subjects.subscriptions.lacks(scopeOf(id), noRights);
    return reached.ok
      ? [unknown(subject, `not checked: ${lookupFailureLine(found.failure)}`, 'Try again in a minute.')]
      : [];
  }
  const actions = linesOf(found.value.map(([spot, lacks]) => [spot, lacks.actions]));
  const dataActions = linesOf(found.value.map(([spot, lacks]) => [spot, lacks.dataActions]));
  const mend =
    'Without a permission, the bot blocks or doesn’t check what needs it. Azure can take 10 minutes to apply a new role.';
  const remedy = await remedyFor(subjects, id, found.value);
  return [
    actions === ''
      ? ok(subject, 'all permissions of the bot’s roles')
      : warn(subject, `lacks ${actions}`, mend, remedy),
    ...(dataActions === ''
      ? []
      : [warn(about('azure/keys', `key use in ${id}`), `lacks ${dataActions}`, effectOfMissing(found.value), remedy)]),
  ];
}

export async function diagnoseRights(
  subjects: DoctorEnvironment,
  resources: CheckedResources,
): Promise<readonly Diagnosis[]> {
  const each = subjects.config.azure.subscriptions.map((id) => diagnoseOne(subjects, id, resources));
  return (await Promise.all(each)).flat();
}

/** Effect of each missing permission. */
const without: Readonly<Record<keyof typeof graphPermissionIds, string>> = {
  'GroupMember.Read.All': 'no groups can be read: no one has a role',
  'User.Read.All': 'members and guests can’t be told apart: no one has a role',
};

/** Permissions that include these two. */
const wider = ['Directory.Read.All', 'Directory.ReadWrite.All'];

const spreads =
  'It takes effect within minutes for an app. A managed identity keeps its token for up to a day: restart the bot, and check again.';

/** Checks the identity's application permissions of Microsoft Graph, which all decisions depend on. */
export async function diagnoseGraphRights(subjects: DoctorEnvironment): Promise<readonly Diagnosis[]> {
  const { config, cloud } = subjects;
  let claims: TokenClaims | null;
  try {
    claims = await claimsFor(optionsForAzure(config).credential, cloud.graphScope);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    return [
      unknown(
        about('graph/rights', 'Graph permissions'),
        `no token for Microsoft Graph: ${reason}`,
        'See azure/sign-in.',
      ),
    ];
  }
  const { oid = 'OBJECT_ID', roles = [] } = claims ?? {};
  const all = roles.some((role) => wider.includes(role));
  return (['GroupMember.Read.All', 'User.Read.All'] as const).map((name) => {
    const subject = about('graph/rights', name);
    if (all || roles.includes(name)) return ok(subject, 'granted');
    const who = 'Privileged Role Administrator';
    const commands = [giveGraphPermission(cloud.graphEndpoint, oid, graphPermissionIds[name])];
    return fail(subject, `not granted: ${without[name]}`, spreads, { who, commands });
  });
}
