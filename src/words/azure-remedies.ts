/** What to do about a failure that somebody outside told, by their code. Their list is open: what is not here has the usual words. */

import type { Failure } from '../domain/failure.ts';
import { listed } from './listed.ts';
import { scopeWords } from './places.ts';

type Told = Exclude<Failure, { readonly source: 'bot' }>;
type Remedy = string | ((failure: Told) => string);

/** Where an action and a scope stand in the words of ARM's `AuthorizationFailed` and a vault's `ForbiddenByRbac`. */
const action = /(?:perform action|Action:) '([^']+)'/;
const scope = /(?:over scope|Resource:) '(\/[^']+)'/;
/** The same in `LinkedAuthorizationFailed`, which first names what is allowed. */
const linked = /not have permission to perform action(?:\(s\))? '([^']+)' on the linked scope(?:\(s\))? '(\/[^']+)'/;

/** The right that Azure missed, where its words name one, and on what. */
export function missingRightIn(message: string): { readonly action: string; readonly scope: string | null } | null {
  const [, linkedAction, linkedScope] = linked.exec(message) ?? [];
  if (linkedAction !== undefined) return { action: linkedAction, scope: linkedScope ?? null };
  const missed = action.exec(message)?.[1];
  return missed === undefined ? null : { action: missed, scope: scope.exec(message)?.[1] ?? null };
}

function giveRight({ message }: Told): string {
  const missed = missingRightIn(message);
  if (missed === null) return 'Give this bot’s identity the right that Azure names, then retry.';
  const where = missed.scope === null ? '' : ` on ${scopeWords(missed.scope)}`;
  return `Give this bot’s identity the right ${missed.action}${where}, then retry.`;
}

function askForExemption(failure: Told): string {
  const policies = failure.source === 'azure' ? (failure.policies ?? []) : [];
  const named = policies.map(({ policy, assignment }) =>
    assignment === null ? `“${policy}”` : `“${policy}” (assigned as “${assignment}”)`,
  );
  const which = named.length === 0 ? 'that Azure names' : listed(named);
  return `Ask the owner of policy ${which} for an exemption, then retry.`;
}

function register({ message }: Told): string {
  const namespace = /'(Microsoft\.[A-Za-z.]+)'/.exec(message)?.[1] ?? 'that Azure names';
  return `An owner of the subscription registers the resource provider ${namespace} in it and waits until it says Registered; then retry.`;
}

const removed = 'Somebody removed what the plan rests on. Put it back and retry, or give up.';
const signIn = 'An operator looks at how the bot signs in, and at its machine’s clock; then retry. The approvals hold.';
const secret = (what: string): string =>
  `The secret of the bot’s app ${what}. An operator makes a new one in Entra, sets AZURE_CLIENT_SECRET to it and restarts the bot; then retry. The approvals hold.`;
const noSuchApp =
  'An operator looks at AZURE_CLIENT_ID and at the tenant: the bot’s app is not there. Then retry; the approvals hold.';
const noTenant =
  'Entra did not say where to sign in: it cannot be reached, or there is no such tenant. An operator looks at the network and at MicrosoftAppTenantId; then retry. The approvals hold.';
const notOffered =
  'Azure does not offer agents, or the interface the bot speaks, in this cloud or subscription. Retrying does not help: an operator looks for a newer version of the bot.';
const limit = 'Ask the owner of the subscription to remove what nobody needs, or to have the limit raised; then retry.';
const keyGone =
  'Look for the key and its version in the vault: recover it where it was deleted, then retry. Or give up and ask for another key.';
const mendKey = (what: string): string => `${what} in the vault and retry, or give up and ask for another key.`;
const operationsMissing = mendKey('Let the key’s version wrap and unwrap keys');
const policyMissing =
  'Give this bot’s identity the permission that Azure names in the vault’s access policies, then retry.';
const closed =
  'Open the vault to all networks and retry, or give up and ask for a vault that is: agents are not among the services that a firewall lets in.';

export const azureRemedies: Readonly<Record<string, Remedy>> = {
  AuthorizationFailed: giveRight,
  LinkedAuthorizationFailed: giveRight,
  ForbiddenByRbac: giveRight,
  ForbiddenByPolicy: policyMissing,
  AccessDenied: policyMissing,
  ScopeLocked: 'Remove the lock that Azure names, then retry.',
  RequestDisallowedByPolicy: askForExemption,
  NotFound: removed,
  ResourceNotFound: removed,
  ResourceGroupNotFound: removed,
  ParentResourceNotFound: removed,
  SubscriptionNotFound:
    'The subscription is gone, or the bot’s identity has no role in it. Correct that and retry, or give up.',
  ReadOnlyDisabledSubscription: 'The owner of the subscription has it enabled again; then retry.',
  MissingSubscriptionRegistration: register,
  InvalidResourceType: notOffered,
  NoRegisteredProviderFound: notOffered,
  InvalidApiVersionParameter: notOffered,
  RoleAssignmentLimitExceeded: limit,
  QuotaExceeded: limit,
  KeyNotFound: keyGone,
  ObjectIsDeletedButRecoverable: 'Recover what was deleted under that name in the vault, or purge it; then retry.',
  KeyDisabled: mendKey('Enable the key’s version'),
  KeyExpired: mendKey('Give the key’s version a later expiry date'),
  KeyNotYetValid: mendKey('Give the key’s version an earlier start date'),
  KeyOperationForbidden: operationsMissing,
  KeyOperationNotAllowed: operationsMissing,
  ForbiddenByFirewall: closed,
  ForbiddenByConnection: closed,
  KeyVaultNetworkAccessDenied: closed,
  PrincipalNotFound: 'Azure did not know the agent’s new identity in time. Retry in a few minutes.',
  OperationCanceled: 'Somebody stopped Azure’s operation on the agent. Ask who it was, then retry.',
  Canceled: 'Somebody stopped Azure’s operation on the agent. Ask who it was, then retry.',
  ExpiredAuthenticationToken: signIn,
  InvalidAuthenticationToken: signIn,
  InvalidAuthenticationTokenTenant: signIn,
  AuthenticationFailed: signIn,
  AADSTS7000222: secret('has expired'),
  AADSTS7000215: secret('is not the one that Entra knows'),
  AADSTS700016: noSuchApp,
  AADSTS90002: noSuchApp,
  endpoints_resolution_error: noTenant,
  ForeignChallenge:
    'The vault asked for a token that is meant for another place, so none was sent. An operator looks at AZURE_CLOUD, and at who answers under the vault’s address; then retry.',
  CredentialUnavailableError:
    'An operator gives the machine a managed identity, or sets how else the bot signs in; then retry. The approvals hold.',
  UnexpectedAnswer:
    'Something answered that is not Azure as the bot knows it. An operator looks at the network between them, such as a proxy; then retry.',
};

/** A certificate stays untrusted until somebody changes a setting. */
const certificate = 'An operator looks at AZURE_CA_FILE and the network: what answered is not trusted. Then retry.';
const passes = 'This often passes. Retry in a few minutes.';
const spreads =
  'Azure had not let the agent’s identity use the key in time. See in the vault that the grant is there, then retry: it may just have needed longer.';
const byIds = 'whoever runs Azure here finds the call by the ids under Details.';
const mayPass = `This may pass: retry in a few minutes. If it does not, see in the vault that the grant is there and that the key works; ${byIds}`;
const unknown = `The bot knows no remedy for this code: ${byIds} Retry once it is put right, or give up.`;

/** The agent’s identity is refused the key, not the bot’s: the codes are the same. */
const isAgentRefused = ({ next, code }: Told): boolean => next === 'retry-until' && code !== 'PrincipalNotFound';

/** What Azure could not do, once it had begun, and says nothing of why. */
const isUnexplained = (failure: Told): boolean => failure.source === 'azure' && failure.status < 400;

/** Whether somebody told what to do about it before it happened. */
export const knowsRemedy = ({ code, next }: Told): boolean => azureRemedies[code] !== undefined || next !== 'ask';

/** Never empty: somebody has to know where to turn. */
export function azureRemedy(failure: Told): string {
  if (isAgentRefused(failure)) return spreads;
  const known = azureRemedies[failure.code];
  if (known !== undefined) return typeof known === 'string' ? known : known(failure);
  if (failure.next === 'wait') return isUnexplained(failure) ? mayPass : passes;
  if (failure.source === 'no-answer') return certificate;
  return failure.source === 'sign-in' ? signIn : unknown;
}
