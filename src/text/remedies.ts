/** Remedies for failures, by Azure's or the bot's own code. The list of Azure's is open: others get a general remedy. */

import { isRemovableBlock } from '../domain/check.ts';
import type { Failure } from '../domain/failure.ts';
import { joinList } from '../domain/strings.ts';
import { foundWords } from './failures.ts';
import { deniedRemedy, policyRemedy, roleRemedy } from './permission-remedies.ts';

type ExternalFailure = Exclude<Failure, { readonly source: 'bot' }>;
type Remedy = string | ((failure: ExternalFailure) => string);

function askForExemption(failure: ExternalFailure): string {
  const policies = failure.source === 'azure' ? (failure.policies ?? []) : [];
  const named = policies.map(({ policy, assignment }) =>
    assignment === null ? `“${policy}”` : `“${policy}” (assigned as “${assignment}”)`,
  );
  const which = named.length === 0 ? 'that Azure names' : joinList(named);
  return `Ask the owner of policy ${which} for an exemption for this resource. Then select Retry.`;
}

function register({ message }: ExternalFailure): string {
  const namespace = /'(Microsoft\.[A-Za-z.]+)'/.exec(message)?.[1] ?? 'that Azure names';
  return `Ask an Owner or Contributor of the subscription to register the resource provider ${namespace} in it. When the portal shows Registered, select Retry.`;
}

const removed =
  'Something in this plan no longer exists: the resource, the vault, or the key. Restore it and select Retry, or end the request.';
const signIn =
  'Ask an operator to check how the bot signs in, and the clock of its machine, and then select Retry. The approvals stay valid.';
const conditionalAccess =
  'A Conditional Access policy of Microsoft Entra ID blocks the bot’s sign-in. Such a policy applies to the bot’s app as a workload identity. Ask a Conditional Access Administrator to find it in the service principal sign-in logs. They can allow this sign-in from where the bot runs. Then select Retry. The approvals stay valid.';
const secret = (what: string): string =>
  `The secret of the bot’s app ${what}. Ask an operator to create a new one in Entra ID, set AZURE_CLIENT_SECRET to it, and restart the bot. Then select Retry. The approvals stay valid.`;
const noSuchApp =
  'The bot’s app isn’t in this tenant. Ask an operator to check AZURE_CLIENT_ID and the tenant, and then select Retry. The approvals stay valid.';
const noCredential =
  'Ask an operator to compare the issuer and subject of this sign-in with the federated credentials of the bot’s app, and then select Retry. The approvals stay valid.';
const noTenant =
  'Entra ID can’t be reached, or the tenant doesn’t exist. Ask an operator to check the network and MicrosoftAppTenantId, and then select Retry. The approvals stay valid.';
const notOffered =
  'Azure doesn’t offer this kind of resource, or the API version that the bot uses, in this cloud or subscription. Retrying doesn’t help. Ask an operator to look for a newer version of the bot.';
const limit =
  'Ask the owner of the subscription to remove what is no longer needed, or to request a higher limit, and then select Retry.';
/** For the bot's own calls: whether a resource is let in is checked, and has its own words. */
const closed =
  'The vault’s firewall blocks the bot. Ask the vault’s owner to let the bot’s network in, and then select Retry. Or end this request, and request a key that the vault already has.';
const stopped =
  'Someone canceled Azure’s operation on the resource. Find out why in the resource’s activity log, and then select Retry.';

const notAzure =
  'The answer isn’t one of Azure’s. Ask an operator to check the network between the bot and Azure, such as a proxy, and then select Retry.';

const assignRole = ({ message }: ExternalFailure): string => roleRemedy(message);

export const azureRemedies: Readonly<Record<string, Remedy>> = {
  AuthorizationFailed: assignRole,
  LinkedAuthorizationFailed: assignRole,
  ForbiddenByRbac: assignRole,
  DenyAssignmentAuthorizationFailed: deniedRemedy,
  ForbiddenByPolicy: policyRemedy,
  AccessDenied: policyRemedy,
  ScopeLocked:
    'Ask the owner of the lock that Azure names to remove it for the time of this change, and then select Retry.',
  RequestDisallowedByPolicy: askForExemption,
  RequestDisallowedByAzure:
    'Microsoft doesn’t permit this for the subscription, for example in this region. No role and no policy exemption changes that. Ask the subscription owner to open a support request with Microsoft, and then select Retry. Or end the request.',
  ResourceGroupBeingDeleted:
    'The resource group is being deleted with everything in it. Ask its owner whether that is intended. If it is, end the request: retrying doesn’t help.',
  FailedIdentityOperation: ({ message }) =>
    /\bNotFound\b/.test(message)
      ? 'An identity of the resource no longer exists. Ask the owner of the resource to remove it from the resource, and then select Retry.'
      : 'Azure couldn’t update the resource’s managed identity. This often passes: select Retry in a few minutes. If it doesn’t, ask the subscription owner to open a support request with Microsoft.',
  NotFound: removed,
  ResourceNotFound: removed,
  ResourceGroupNotFound: removed,
  ParentResourceNotFound: removed,
  SubscriptionNotFound:
    'The subscription doesn’t exist, or the bot’s identity has no role in it. Ask an Owner or User Access Administrator of the subscription to check the bot’s roles, and then select Retry. Or end the request.',
  ReadOnlyDisabledSubscription: 'Ask the subscription owner to re-enable the subscription, and then select Retry.',
  MissingSubscriptionRegistration: register,
  InvalidResourceType: notOffered,
  NoRegisteredProviderFound: notOffered,
  InvalidApiVersionParameter: notOffered,
  RoleAssignmentLimitExceeded: limit,
  RoleAssignmentUpdateNotPermitted:
    'Ask an Owner or User Access Administrator to delete the role assignment of the resource’s earlier identity, which is in the way, and then select Retry.',
  Authorization_RequestDenied:
    'Microsoft Graph no longer lets the bot read groups. Ask a Privileged Role Administrator to grant its permissions again, and then select Retry.',
  QuotaExceeded: limit,
  ObjectIsDeletedButRecoverable:
    'A deleted key still has this name. Ask a Key Vault Crypto Officer whether it can be recovered, or end the request and choose another name.',
  KeyDisabled:
    'Ask a Key Vault Crypto Officer to enable the key version, and then select Retry. Or end the request and choose another key.',
  ForbiddenByFirewall: closed,
  ForbiddenByConnection: closed,
  PrincipalNotFound: 'Azure didn’t know the resource’s new identity in time. Select Retry in a few minutes.',
  OperationCanceled: stopped,
  Canceled: stopped,
  ExpiredAuthenticationToken: signIn,
  InvalidAuthenticationToken: signIn,
  InvalidAuthenticationTokenTenant:
    'The subscription is in another tenant now. Move it back and select Retry, or end the request.',
  AuthenticationFailed: signIn,
  AADSTS7000222: secret('has expired'),
  AADSTS7000215: secret('isn’t the one that Entra ID has'),
  AADSTS7000112:
    'The bot’s app is disabled in Entra ID. Ask a Cloud Application Administrator to enable it, and then select Retry. The approvals stay valid.',
  AADSTS700016: noSuchApp,
  AADSTS90002: noSuchApp,
  endpoints_resolution_error: noTenant,
  ForeignChallenge:
    'The vault asked for a token of another cloud or server, so the bot sent none. Ask an operator to check AZURE_CLOUD and what answers at the vault’s address, and then select Retry.',
  CredentialUnavailableError:
    'Ask an operator to assign a managed identity to the machine, or to set another way to sign in. Then select Retry. The approvals stay valid.',
  UnexpectedAnswer: notAzure,
};

/** A certificate stays untrusted until a setting changes. */
const certificate =
  'The bot doesn’t trust the certificate of what answered. Ask an operator to check AZURE_CA_FILE and the network, and then select Retry.';
const passes = 'This often passes. Select Retry in a few minutes.';
const spreads =
  'The bot read that the resource’s identity has access, that the key can be used, and that the vault lets it in. Azure still refuses the key, for the reason above. If access is new, it might need longer: select Retry.';
const byIds = 'Your Azure administrator can find the call by the ids under Details.';
const mayPass = `This might pass: select Retry in a few minutes. If it doesn’t, check in the vault that the resource’s access is there and that the key works. ${byIds}`;
const unknown = `The bot has no remedy for this code. ${byIds} When the cause is fixed, select Retry. Or end the request.`;

const isResourceRefused = ({ next, code }: ExternalFailure): boolean =>
  next === 'retry-until' && code !== 'PrincipalNotFound';

const isUnexplained = (failure: ExternalFailure): boolean => failure.source === 'azure' && failure.status < 400;

/** Families of codes: Conditional Access has a number for each reason, and a 4xx without a code isn't Azure's own. */
const families: readonly (readonly [of: RegExp, remedy: string])[] = [
  [/^AADSTS53\d{1,4}$/, conditionalAccess],
  [/^AADSTS70021\d?$/, noCredential],
  [/^Http[34]\d\d$/, notAzure],
];

/** Key Vault can say it in the message alone. */
const deletedName = /deleted but recoverable/;

const remedyFor = ({ code, message }: Pick<ExternalFailure, 'code' | 'message'>): Remedy | undefined =>
  deletedName.test(message)
    ? azureRemedies.ObjectIsDeletedButRecoverable
    : (azureRemedies[code] ?? families.find(([of]) => of.test(code))?.[1]);

const knowsRemedy = (failure: ExternalFailure): boolean => hasOwnRemedy(failure) || failure.next !== 'ask';

const hasOwnRemedy = (failure: ExternalFailure): boolean => remedyFor(failure) !== undefined;

/** Returns a remedy; never empty, so that people know what to do. */
export function azureRemedy(failure: ExternalFailure): string {
  if (isResourceRefused(failure)) return spreads;
  const known = remedyFor(failure);
  if (known !== undefined) return typeof known === 'string' ? known : known(failure);
  if (failure.next === 'wait') return isUnexplained(failure) ? mayPass : passes;
  if (failure.source === 'no-answer') return certificate;
  return failure.source === 'sign-in' ? signIn : unknown;
}

/** Returns whether a retry of the same request can't succeed. */
export const isLastingBlock = (failure: Failure): boolean =>
  failure.source === 'bot' && failure.found.code === 'blocked' && !isRemovableBlock(failure.found.check);

/** Returns what to do. Empty only if the text of a check says that nothing can be done. */
export const remedyWords = (failure: Failure): string =>
  failure.source === 'bot' ? foundWords(failure.found).remedy : azureRemedy(failure);

/** The same for a refused lookup: there are no details and no request to end. */
export const remedyWhereRefused = (failure: Failure): string =>
  failure.source !== 'azure' || knowsRemedy(failure)
    ? remedyWords(failure).replaceAll('select Retry', 'try again').replaceAll('Select Retry', 'Try again')
    : 'The bot has no remedy for this code. Tell an operator: trying again doesn’t help.';

/** For a failure that might be temporary: try again, unless its code has its own remedy. */
export const remedyWhereUnreachable = (failure: Failure | undefined): string =>
  failure !== undefined && failure.source !== 'bot' && hasOwnRemedy(failure)
    ? remedyWhereRefused(failure)
    : 'Try again in a minute.';
