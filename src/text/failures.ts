/** Texts for failures. Azure's own message is quoted unchanged, as Azure's. */

import { type Check, isAvoidableBlock, isRemovableBlock } from '../domain/check.ts';
import { codeOf, type Failure, type Found, type FoundCode } from '../domain/failure.ts';
import type { RecreatedObject } from '../domain/observed.ts';
import { lines } from '../domain/words.ts';
import { kinds } from '../operations/resources/registry.ts';
import { checkWords } from './checks.ts';
import { utcDay, utcMinute } from './instants.ts';
import { doubtfulKeyRemedy, doubtfulKeyWords, otherKeyRemedy, resourceKeyWords } from './keys.ts';
import { roleTaskCommand, roleTaskTitle } from './permission-remedies.ts';
import { placeWords } from './places.ts';

const missingThings = {
  resource: 'The resource',
  vault: 'The vault',
  identity: 'The identity of the resource',
} as const;

const otherKinds: Readonly<Record<string, string>> = {
  'key-vault': 'a key vault',
  'user-assigned-identity': 'a user-assigned identity',
};
const kindWords = (name: string): string => {
  const kind = kinds.find((one) => one.name === name);
  return kind === undefined ? (otherKinds[name] ?? 'a resource the bot knows') : `a ${kind.noun}`;
};

const dayOr = (time: string | null): string => (time === null ? 'never' : utcDay(time));

type Difference = Extract<Found, { readonly code: 'key-made-otherwise' }>['differences'][number];

function differenceWords(difference: Difference): string {
  switch (difference.of) {
    case 'type':
    case 'size':
      return `${difference.of} is ${difference.is}, not ${difference.wanted}`;
    case 'expires':
      return `it expires ${dayOr(difference.is)}, not ${dayOr(difference.wanted)}`;
    case 'operations':
      return 'it doesn’t allow wrapping and unwrapping keys';
    case 'disabled':
      return 'it is disabled';
    case 'not-before':
      return `it is not valid before ${dayOr(difference.is)}`;
  }
}

const grants = { 'role-assignments': 'role assignment', 'access-policies': 'access policy' } as const;
const otherGrant = { 'role-assignments': 'access policy', 'access-policies': 'role assignment' } as const;

/** The approved object was replaced by another with the same name. */
export const replacedTitles = { resource: 'It is another resource', vault: 'It is another vault' } as const;

/** `The agent was deleted and created again …`: the title of a row, and the text of a failure. */
export const replacedWords = ({ what, was, now }: RecreatedObject): string =>
  `${missingThings[what]} was deleted and created again on ${utcMinute(now)}. The approval is for the one of ${utcMinute(was)}.`;

/** What the bot found, what to do, and the state that it expected, if it compared what it did with what Azure shows. */
interface FoundWords {
  readonly message: string;
  /** Empty only if the text of a check says that nothing can be done. */
  readonly remedy: string;
  /** Empty for other failures. */
  readonly expected: string;
}
function found(...written: Parameters<typeof lines>): FoundWords {
  const { title, text, remedy } = lines(...written);
  return { message: title, remedy: text, expected: remedy };
}

const inPortal = 'Check the resource in the Azure portal. When it’s as approved, select Retry.';
const passes = 'This often passes. Select Retry in a few minutes.';
const askOperator = 'Ask an operator to check the bot’s configuration.';
const moveBack = 'Move it back, and then select Retry. Otherwise, end the request and create another one.';
const testKey = 'Check the key in the vault. When it works, select Retry.';
/** A resource has one open request, and an open request keeps its choices. */
const endFirst = 'End this request first.';

/** The texts of checks are for the form, where people can choose again. */
function blockedWords(check: Check): FoundWords {
  const { title, text, remedy } = checkWords(check);
  const again = isAvoidableBlock(check) ? `${remedy} Before you choose again, end this request.` : remedy;
  return found`${text === '' ? title : `${title} ${text}`}
    ${isRemovableBlock(check) ? again : `${endFirst} ${remedy}`.trim()}`;
}

/** By the bot's own codes; a missing one doesn't compile. */
const words: { readonly [C in FoundCode]: (facts: Extract<Found, { readonly code: C }>) => FoundWords } = {
  blocked: ({ check }) => blockedWords(check),
  'resource-busy': ({ provisioningState }) => found`Azure is working on the resource: it is ${provisioningState}.
    ${passes}`,
  'resource-not-settled': ({ provisioningState }) => found`The resource is ${provisioningState}.
    ${inPortal}
    The resource is Succeeded.`,
  missing: ({ what }) => found`${missingThings[what]} no longer exists.
    ${
      what === 'identity'
        ? 'Ask an owner of the resource who removed it and why. Then retry: the bot turns the identity on again and gives it access to the key.'
        : 'A resource in this plan no longer exists. Restore it and select Retry, or end the request.'
    }`,
  'vault-moved': ({ to }) => found`The vault was moved: it is in ${placeWords(to)} now.
    ${moveBack}`,
  'resource-moved': ({ to }) => found`The resource was moved: it is in ${placeWords(to)} now.
    ${moveBack}`,
  replaced: (facts) => found`${replacedWords(facts)}
    ${
      facts.what === 'vault'
        ? 'Ask an owner of the vault who deleted it. If the approved key is in the new vault, retry: the request asks for approval again. Otherwise, end the request and request another key.'
        : 'Ask an owner of the resource who deleted it. If the request still fits the new resource, retry: it asks for approval again. Otherwise, end the request.'
    }`,
  'identity-changed': ({
    now,
    was,
  }) => found`The resource’s identity changed after it got access to the key: it is ${now} now, and access was given to ${was}.
    Retry: the bot gives the new identity access, if needed after another approval. Then ask an owner of the vault to remove the old identity’s access.`,
  'access-gone': ({ by, keyName }) => found`The ${grants[by]} that lets the resource use key ${keyName} was removed.
    Ask an owner of the vault who removed it and why. Then retry: the bot gives access again.`,
  'identity-lost': ({ id }) => found`The resource no longer has ${id}.
    Assign that identity to the resource again, and then select Retry. Otherwise, end the request.`,
  'identity-not-shown': () => found`The resource shows no system-assigned identity.
    ${inPortal}
    It has one.`,
  'key-of-others': ({
    keyName,
  }) => found`Nothing shows that this request created key ${keyName}. It was created or imported in another way, and a copy of it might exist.
    ${endFirst} ${otherKeyRemedy}`,
  'key-doubtful': ({ keyName, doubt }) => found`${doubtfulKeyWords(keyName, doubt)}
    ${endFirst} ${doubtfulKeyRemedy}`,
  interrupted: () => found`The bot was interrupted during an attempt, and Azure doesn’t show the change.
    ${passes}`,
  'key-not-there': ({ keyName }) => found`Key ${keyName} doesn’t exist.
    ${inPortal}
    Key ${keyName} exists.`,
  'role-needed': (task) => found`${roleTaskTitle(task)}.
    Ask that role to run “${roleTaskCommand(task)}”. Then select Retry.`,
  'key-made-otherwise': ({
    keyName,
    differences,
  }) => found`The key differs: ${differences.map(differenceWords).join('; ')}.
    ${inPortal}
    Key ${keyName} is as it was approved.`,
  'access-mode-changed': ({
    vault,
    now,
  }) => found`Vault ${vault} now uses ${grants[now]}. The approval is for ${otherGrant[now]}.
    Switch the vault back, and then select Retry. Otherwise, end the request and create another one.`,
  'grant-not-shown': () => found`Azure doesn’t list the access to the key.
    ${inPortal}
    The resource’s identity has the Get, Wrap Key, and Unwrap Key permissions.`,
  'protection-not-shown': () => found`The vault doesn’t show purge protection.
    ${inPortal}
    Soft delete and purge protection are on.`,
  'key-not-shown': ({
    shows,
    expected,
  }) => found`Azure accepted the change, and the resource now shows ${resourceKeyWords(shows)}.
    ${inPortal}
    The resource shows ${resourceKeyWords(expected)}.`,
  'key-moved': ({ shows, expected }) => found`The resource was changed to ${resourceKeyWords(shows)}.
    ${inPortal}
    The resource still uses ${expected === null ? 'a Microsoft-managed key' : resourceKeyWords(expected)}.`,
  'membership-unknown':
    () => found`Microsoft Entra ID didn’t say whether the requester and the approvers still have their roles.
    Wait until Microsoft Graph answers, and then select Retry.`,
  'requester-lost-role': () => found`The requester no longer has the requester role for this resource.
    Ask an operator to restore the requester’s role, or to turn on the resource’s kind in CMK_KINDS. Then select Retry. Or end the request.`,
  stopped: ({
    operator,
  }) => found`${operator === null ? 'A person' : `Operator ${operator}`} stopped the run. No further attempt or step was started.
    To continue, select Retry. Otherwise, end the request.`,
  unexpected: ({ errorId }) => found`Something unexpected happened. The application log has it under ${errorId}.
    Ask an operator to find this ID in the application log. Then retry, or end the request.`,
  'not-of-kind': ({ id, kind }) => found`${id} is not the id of ${kindWords(kind)}.
    ${askOperator}`,
  'outside-subscriptions': ({ subscriptionId }) => found`Subscription ${subscriptionId} is not one of those configured.
    Ask an operator to add the subscription to CMK_SUBSCRIPTIONS. Otherwise, end the request.`,
  'not-a-vault-address': ({ address }) => found`${address} is not the address of a key vault.
    ${askOperator}`,
  'key-probe-mismatch': () => found`The unwrapped test data differs from the wrapped data.
    ${testKey}`,
  'key-not-usable': ({ message }) => found`${message}
    ${testKey}`,
};

/** Returns the texts for what the bot found. */
export const foundWords = <C extends FoundCode>(facts: Extract<Found, { readonly code: C }>): FoundWords =>
  (words[facts.code] as (of: typeof facts) => FoundWords)(facts);

/** Returns the expected state of such a failure; null for others. */
export const expectedWords = (failure: Failure): string | null =>
  failure.source === 'bot' ? foundWords(failure.found).expected || null : null;

/** Returns the message of a failure. Azure's is word for word. */
export const messageOf = (failure: Failure): string =>
  failure.source === 'bot' ? foundWords(failure.found).message : failure.message;

/** `AuthorizationFailed: The client …` */
export const failureLine = (failure: Failure): string => `${codeOf(failure)}: ${messageOf(failure)}`;

/** Returns true for a failed operation: the poll itself succeeded. */
const isFailedOperation = ({ status, code }: Extract<Failure, { readonly source: 'azure' }>): boolean =>
  status < 400 && code !== 'UnexpectedAnswer';

/** Returns true if Azure showed something unexpected when the bot read it back. */
export const isReadBack = (failure: Failure): boolean => expectedWords(failure) !== null;

/** Returns the source of the message on a card: `Azure says · 403 AuthorizationFailed`. */
export function sourceWords(failure: Failure): string {
  switch (failure.source) {
    case 'bot':
      return isReadBack(failure) ? 'The bot read back' : 'The bot says';
    case 'azure':
      return `Azure says · ${isFailedOperation(failure) ? 'operation failed ·' : failure.status} ${failure.code}`;
    case 'sign-in':
      return `Signing in to Azure · ${failure.code}`;
    case 'no-answer':
      return `No answer from Azure · ${failure.code}`;
  }
}
