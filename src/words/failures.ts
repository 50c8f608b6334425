/** What to do about a failure, in our words. Azure's own words stand beside them. */
import type { Failure } from '../domain/failure.ts';
import { scopeWords } from './places.ts';

/** The right that Azure missed, where its words name one (ARM's `AuthorizationFailed`). */
function missingRight({ message }: Failure): string {
  const action = /perform action '([^']+)'/.exec(message)?.[1];
  if (action === undefined) return 'the right that Azure names';
  const scope = /over scope '(\/[^']+)'/.exec(message)?.[1];
  return scope === undefined ? `the right ${action}` : `the right ${action} on ${scopeWords(scope)}`;
}

const giveRight = (failure: Failure): string => `Give this bot’s identity ${missingRight(failure)}, then retry.`;
const always = (words: string) => (): string => words;

const mends: Readonly<Record<string, (failure: Failure) => string>> = {
  AuthorizationFailed: giveRight,
  ForbiddenByRbac: giveRight,
  ScopeLocked: always('Remove the lock that Azure names, then retry.'),
  RequestDisallowedByPolicy: always('Ask the owner of the policy that Azure names for an exemption, then retry.'),
  RunLost: always(
    'Retry: everything is looked at again first, and what is done is not done twice. The approvals hold.',
  ),
  ReadBackDiffers: always('Look at the resource in the Azure portal. Retry when it is as it should be.'),
  KeyOfOthers: always('Give up, then ask again under another name, or for that key if it is the one you want.'),
  AccessModeChanged: always(
    'Switch the vault back and retry, or give up and ask again: another grant needs another approval.',
  ),
  IdentityLost: always('Give the agent that identity back and retry, or give up and ask again.'),
  Missing: always('Somebody removed what the plan rests on. Put it back and retry, or give up.'),
  NotFound: always('Somebody removed what the plan rests on. Put it back and retry, or give up.'),
  MembershipUnknown: always('Retry when Microsoft Graph answers again. The approvals hold.'),
  UnexpectedError: always('An operator finds it in the log under this id. Retry, or give up.'),
};

/** Empty where nobody knows. */
export const mendWords = (failure: Failure): string =>
  mends[failure.code]?.(failure) ?? (failure.next === 'ask' ? '' : 'This often passes. Retry in a few minutes.');

/** Codes of what the bot itself judged: Azure answered, or was not asked. */
const ownCodes: readonly string[] = [
  'ReadBackDiffers',
  'Missing',
  'MembershipUnknown',
  'RunLost',
  'KeyOfOthers',
  'AccessModeChanged',
  'IdentityLost',
  'AgentBusy',
  'UnexpectedError',
  'OutsideConfiguredSubscriptions',
  'NotAKeyVaultAddress',
  'NotAHealthcareAgentService',
  'NotAKeyVault',
  'NotAnAgentOrVault',
  'KeyProbeMismatch',
  'KeyNotUsable',
];

/** Whose words a failure's message is: they stand on cards under a name. */
export function saidBy({ code, status }: Failure): 'the bot' | 'Azure' | 'nobody' | 'the sign-in' {
  if (ownCodes.includes(code)) return 'the bot';
  if (status !== null) return 'Azure';
  return /^AADSTS|Authentication|Credential|ClientAuth/.test(code) ? 'the sign-in' : 'nobody';
}

/** `Azure says · 403 AuthorizationFailed` without the last part where it says nothing to anybody. */
export function sourceWords(failure: Failure): string {
  switch (saidBy(failure)) {
    case 'the bot':
      return failure.code === 'ReadBackDiffers' ? 'The bot read back' : 'The bot says';
    case 'Azure':
      return `Azure says · ${failure.status} ${failure.code}`;
    case 'the sign-in':
      return `Signing in to Azure · ${failure.code}`;
    case 'nobody':
      return `No answer from Azure · ${failure.code}`;
  }
}
