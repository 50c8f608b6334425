/** What to do about a failure, in our words. Azure's own words stand beside them. */
import type { Failure } from '../../domain/failure.ts';

const mends: Readonly<Record<string, string>> = {
  AuthorizationFailed: 'Give this bot’s identity the right that Azure names, then retry.',
  ForbiddenByRbac: 'Give this bot’s identity the right that Azure names, then retry.',
  ScopeLocked: 'Remove the lock that Azure names, then retry.',
  RequestDisallowedByPolicy: 'Ask the owner of the policy that Azure names for an exemption, then retry.',
  RunLost: 'Retry: everything is looked at again first, and what is done is not done twice. The approvals hold.',
  ReadBackDiffers: 'Look at the resource in the Azure portal. Retry when it is as it should be.',
  KeyOfOthers: 'Give up, then ask again under another name, or for that key if it is the one you want.',
  AccessModeChanged: 'Switch the vault back and retry, or give up and ask again: another grant needs another approval.',
  IdentityLost: 'Give the agent that identity back and retry, or give up and ask again.',
  NotFound: 'Somebody removed what the plan rests on. Put it back and retry, or give up.',
  MembershipUnknown: 'Retry when Microsoft Graph answers again. The approvals hold.',
  UnexpectedError: 'An operator finds it in the log under this id. Retry, or give up.',
};

/** Empty where nobody knows. */
export const mendWords = (failure: Failure): string =>
  mends[failure.code] ?? (failure.next === 'ask' ? '' : 'This often passes. Retry in a few minutes.');
