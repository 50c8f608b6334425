/** What to do about a failure: data beside its code, Azure's or the bot's own. */
import type { Failure, FoundCode } from '../domain/failure.ts';
import { azureRemedy, knowsRemedy } from './azure-remedies.ts';
import { checkWords } from './checks.ts';
import { doubtfulKeyRemedy, otherKeyRemedy } from './keys.ts';

const look = 'Look at the resource in the Azure portal. Retry once it looks right.';
const passes = 'This often passes. Retry in a few minutes.';
const configured = 'An operator looks at the bot’s configuration.';

/** By the bot's own codes: one that is missing does not compile. Empty where the check says what to do. */
const ownRemedies: Readonly<Record<FoundCode, string>> = {
  blocked: '',
  'resource-busy': passes,
  'resource-not-settled': look,
  missing: 'Somebody removed what the plan rests on. Put it back and retry, or give up.',
  'vault-moved': 'Move it back and retry, or give up and ask again: another place needs another approval.',
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
  'membership-unknown': 'Retry when Microsoft Graph answers again. The approvals hold.',
  'requester-lost-role': 'Give up, or retry once an operator has made them a requester again. The approvals hold.',
  'run-lost': 'Retry: everything is looked at again first, and what is done is not done twice. The approvals hold.',
  stopped:
    'Retry when it may go on, or give up. The approvals hold, unless it was an approver who stopped it: then they are asked again.',
  unexpected: 'An operator finds it in the log under this id. Retry, or give up.',
  'not-of-kind': configured,
  'outside-subscriptions': 'An operator adds the subscription to those the bot may act in, or you give up.',
  'not-a-vault-address': configured,
  'key-probe-mismatch': 'Look at the key in the vault. Retry when it works.',
  'key-not-usable': 'Look at the key in the vault. Retry when it works.',
};

/** What to do about it; empty only where the words of a check say that nothing can be done. */
export function remedyWords(failure: Failure): string {
  if (failure.source === 'bot') {
    const { found } = failure;
    return found.code === 'blocked' ? checkWords(found.check).remedy : ownRemedies[found.code];
  }
  return azureRemedy(failure);
}

/** The same where somebody is refused a look: there are no details to turn to, and nothing to give up. */
export const remedyWhereRefused = (failure: Failure): string =>
  failure.source !== 'azure' || knowsRemedy(failure)
    ? remedyWords(failure)
    : 'The bot knows no remedy for this code. Tell an operator: trying again does not help.';
