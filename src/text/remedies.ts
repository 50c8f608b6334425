/** Remedies for failures, by Azure's or the bot's own code. */
import type { Failure, FoundCode } from '../domain/failure.ts';
import { azureRemedy, hasOwnRemedy, knowsRemedy } from './azure-remedies.ts';
import { checkWords } from './checks.ts';
import { doubtfulKeyRemedy, otherKeyRemedy } from './keys.ts';

const look = 'Look at the resource in the Azure portal. Retry once it looks right.';
const passes = 'This often passes. Select Retry in a few minutes.';
const configured = 'An operator looks at the bot’s configuration.';

const identityGone =
  'Ask an owner of the agent who removed it and why. Then retry: the bot turns the identity on again and gives it access to the key.';

const otherVault =
  'Ask an owner of the vault who deleted it. If the approved key is in the new vault, retry: the request asks for approval again. Else end the request and ask again with another key.';

/** By the bot's own codes; a missing one doesn't compile. Empty if the check says what to do. */
const ownRemedies: Readonly<Record<FoundCode, string>> = {
  blocked: '',
  'resource-busy': passes,
  'resource-not-settled': look,
  missing: 'A resource in this plan no longer exists. Restore it and select Retry, or end the request.',
  'vault-moved': 'Move it back and retry, or give up and ask again: another place needs another approval.',
  'resource-moved': 'Move it back and retry, or end the request and ask again: another place needs another approval.',
  replaced:
    'Ask an owner of the agent who deleted it. If the request still fits the new agent, retry: it asks for approval again. Else end the request.',
  'identity-changed':
    'Retry: the bot gives the new identity access to the key. Then ask an owner of the vault to remove the access of the old identity.',
  'access-gone': 'Ask an owner of the vault who removed it and why. Then retry: the bot gives access again.',
  'identity-lost': 'Give the agent that identity back and retry, or give up and ask again.',
  'identity-not-shown': look,
  'key-of-others': otherKeyRemedy,
  'key-doubtful': doubtfulKeyRemedy,
  'stopped-before-making': passes,
  'key-not-there': look,
  'key-made-otherwise': look,
  'access-mode-changed':
    'Switch the vault back and retry, or give up and ask again: another grant needs another approval.',
  'grant-not-shown': look,
  'protection-not-shown': look,
  'key-not-shown': look,
  'key-moved': look,
  'membership-unknown': 'Wait until Microsoft Graph answers, and then select Retry.',
  'requester-lost-role': 'Ask an operator to restore the requester’s role, and then select Retry. Or end the request.',
  'run-lost': 'Select Retry. The bot checks everything again first and doesn’t repeat completed steps.',
  stopped: 'To continue, select Retry. Otherwise, end the request.',
  unexpected: 'An operator finds it in the log under this id. Retry, or give up.',
  'not-of-kind': configured,
  'outside-subscriptions': 'An operator adds the subscription to those the bot may act in, or you give up.',
  'not-a-vault-address': configured,
  'key-probe-mismatch': 'Look at the key in the vault. Retry when it works.',
  'key-not-usable': 'Look at the key in the vault. Retry when it works.',
};

/** Returns what to do. Empty only if the text of a check says that nothing can be done. */
export function remedyWords(failure: Failure): string {
  if (failure.source === 'bot') {
    const { found } = failure;
    if (found.code === 'blocked') return checkWords(found.check).remedy;
    if (found.code === 'missing' && found.what === 'identity') return identityGone;
    return found.code === 'replaced' && found.what === 'vault' ? otherVault : ownRemedies[found.code];
  }
  return azureRemedy(failure);
}

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
