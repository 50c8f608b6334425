/** Texts for failures. Azure's own message is quoted unchanged, as Azure's. */

import { codeOf, type Failure, type Found, type FoundCode } from '../domain/failure.ts';
import type { RecreatedObject } from '../domain/observed.ts';
import { kinds } from '../operations/resources/registry.ts';
import { checkWords } from './checks.ts';
import { utcDay, utcMinute } from './instants.ts';
import { doubtfulKeyWords, resourceKeyWords } from './keys.ts';
import { roleTaskTitle } from './permission-remedies.ts';
import { placeWords } from './places.ts';

const missingThings = { resource: 'The agent', vault: 'The vault', identity: 'The identity of the agent' } as const;

const otherKinds: Readonly<Record<string, string>> = {
  'key-vault': 'a key vault',
  'user-assigned-identity': 'a user-assigned identity',
};
const kindWords = (name: string): string => {
  const kind = kinds.find((one) => one.name === name);
  return kind === undefined ? (otherKinds[name] ?? 'a resource the bot knows') : `a ${kind.nounInFull}`;
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

type Lost = Extract<Found, { readonly code: 'run-lost' }>;

function lostWords({ why, touched }: Lost): string {
  const rest = touched ? 'The current step might have changed Azure.' : 'This run hadn’t changed Azure yet.';
  switch (why.how) {
    case 'unknown-to-engine':
      return `The workflow engine doesn’t know this run: its tables were lost or replaced. ${rest}`;
    case 'ended':
      return `The run ended as ${why.status} without a result. ${rest}`;
    case 'no-replica':
      return `The run belongs to workflow version ${why.workflowVersion}, and no replica of that version runs. ${rest}`;
  }
}

const grants = { 'role-assignments': 'role assignment', 'access-policies': 'access policy' } as const;
const otherGrant = { 'role-assignments': 'access policy', 'access-policies': 'role assignment' } as const;

/** The approved object was replaced by another with the same name. */
export const replacedTitles = { resource: 'It is another agent', vault: 'It is another vault' } as const;

/** `The agent was deleted and created again …`: the title of a row, and the text of a failure. */
export const replacedWords = ({ what, was, now }: RecreatedObject): string =>
  `${missingThings[what]} was deleted and created again on ${utcMinute(now)}. The approval is for the one of ${utcMinute(was)}.`;

/** Returns the text for what the bot found. */
function foundWords(found: Found): string {
  switch (found.code) {
    case 'blocked': {
      const { title, text } = checkWords(found.check);
      return text === '' ? title : `${title} ${text}`;
    }
    case 'resource-busy':
      return `Azure is working on the agent: it is ${found.provisioningState}.`;
    case 'resource-not-settled':
      return `The agent is ${found.provisioningState}.`;
    case 'missing':
      return `${missingThings[found.what]} no longer exists.`;
    case 'vault-moved':
      return `The vault was moved: it is in ${placeWords(found.to)} now.`;
    case 'resource-moved':
      return `The agent was moved: it is in ${placeWords(found.to)} now.`;
    case 'replaced':
      return replacedWords(found);
    case 'identity-changed':
      return `The agent’s identity changed after it got access to the key: it is ${found.now} now, and access was given to ${found.was}.`;
    case 'access-gone':
      return `The ${grants[found.by]} that lets the agent use key ${found.keyName} was removed.`;
    case 'identity-lost':
      return `The agent no longer has ${found.id}.`;
    case 'identity-not-shown':
      return 'The agent shows no system-assigned identity.';
    case 'key-of-others':
      return `Nothing shows that this request created key ${found.keyName}. It was created or imported in another way, and a copy of it might exist.`;
    case 'key-doubtful':
      return doubtfulKeyWords(found.keyName, found.doubt);
    case 'stopped-before-making':
      return `The bot was stopped before it asked for key ${found.keyName}.`;
    case 'key-not-there':
      return `Key ${found.keyName} doesn’t exist.`;
    case 'role-needed':
      return `${roleTaskTitle(found)}.`;
    case 'key-made-otherwise':
      return `The key differs: ${found.differences.map(differenceWords).join('; ')}.`;
    case 'access-mode-changed':
      return `Vault ${found.vault} now uses ${grants[found.now]}. The approval is for ${otherGrant[found.now]}.`;
    case 'grant-not-shown':
      return 'Azure doesn’t list the access to the key.';
    case 'protection-not-shown':
      return 'The vault doesn’t show purge protection.';
    case 'key-not-shown':
      return `Azure accepted the change, and the agent now shows ${resourceKeyWords(found.shows)}.`;
    case 'key-moved':
      return `The agent was changed to ${resourceKeyWords(found.shows)}.`;
    case 'membership-unknown':
      return 'Microsoft Entra ID didn’t say whether the requester and the approvers still have their roles.';
    case 'requester-lost-role':
      return 'The requester no longer has the requester role for this agent.';
    case 'run-lost':
      return lostWords(found);
    case 'stopped':
      return `${found.operator === null ? 'A person' : `Operator ${found.operator}`} stopped the run. No further attempt or step was started.`;
    case 'unexpected':
      return `Something unexpected happened. The application log has it under ${found.errorId}.`;
    case 'not-of-kind':
      return `${found.id} is not the id of ${kindWords(found.kind)}.`;
    case 'outside-subscriptions':
      return `Subscription ${found.subscriptionId} is not one of those configured.`;
    case 'not-a-vault-address':
      return `${found.address} is not the address of a key vault.`;
    case 'key-probe-mismatch':
      return 'The unwrapped test data differs from the wrapped data.';
    case 'key-not-usable':
      return found.message;
  }
}

/** The expected state, by failure of a comparison between what the bot did and what Azure shows. */
const expectations: { readonly [C in FoundCode]?: (found: Extract<Found, { readonly code: C }>) => string } = {
  'identity-not-shown': () => 'It has one.',
  'key-not-there': ({ keyName }) => `Key ${keyName} exists.`,
  'key-made-otherwise': ({ keyName }) => `Key ${keyName} is as it was approved.`,
  'grant-not-shown': () => 'The agent’s identity has the Get, Wrap Key, and Unwrap Key permissions.',
  'protection-not-shown': () => 'Soft delete and purge protection are on.',
  'resource-not-settled': () => 'The agent is Succeeded.',
  'key-not-shown': ({ expected }) => `The agent shows ${resourceKeyWords(expected)}.`,
  'key-moved': ({ expected }) =>
    `The agent still uses ${expected === null ? 'a Microsoft-managed key' : resourceKeyWords(expected)}.`,
};

/** Returns the expected state of such a failure; null for others. */
export function expectedWords(failure: Failure): string | null {
  if (failure.source !== 'bot') return null;
  const words = expectations[failure.found.code] as ((found: Found) => string) | undefined;
  return words?.(failure.found) ?? null;
}

/** Returns the message of a failure. Azure's is word for word. */
export const messageOf = (failure: Failure): string =>
  failure.source === 'bot' ? foundWords(failure.found) : failure.message;

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
