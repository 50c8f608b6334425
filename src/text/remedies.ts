/** Remedies for failures, by Azure's or the bot's own code. */
import { type Check, type CheckCode, isRemovableBlock } from '../domain/check.ts';
import type { Failure, FoundCode } from '../domain/failure.ts';
import { azureRemedy, hasOwnRemedy, knowsRemedy } from './azure-remedies.ts';
import { checkWords } from './checks.ts';
import { messageOf } from './failures.ts';
import { doubtfulKeyRemedy, otherKeyRemedy } from './keys.ts';
import { roleTaskCommand } from './permission-remedies.ts';

const look = 'Check the resource in the Azure portal. When it’s as approved, select Retry.';
const passes = 'This often passes. Select Retry in a few minutes.';
const configured = 'Ask an operator to check the bot’s configuration.';

const identityGone =
  'Ask an owner of the agent who removed it and why. Then retry: the bot turns the identity on again and gives it access to the key.';

const otherVault =
  'Ask an owner of the vault who deleted it. If the approved key is in the new vault, retry: the request asks for approval again. Otherwise, end the request and request another key.';

/** An agent has one open request, and an open request keeps its choices. */
const endFirst = 'End this request first.';

/** Blocks that can be removed, or avoided by another choice. */
const avoidable: ReadonlySet<CheckCode> = new Set<CheckCode>([
  'vault-firewalled',
  'key-missing',
  'key-name-taken',
  'key-name-deleted',
  'key-disabled',
  'key-not-yet-valid',
  'key-expired',
  'key-cannot-wrap',
]);

/** The texts of checks are for the form, where people can choose again. */
function blockRemedy(check: Check): string {
  const { remedy } = checkWords(check);
  if (!isRemovableBlock(check)) return `${endFirst} ${remedy}`.trim();
  return avoidable.has(check.code) ? `${remedy} Before you choose again, end this request.` : remedy;
}

/** Returns whether a retry of the same request can't succeed. */
export const isLastingBlock = (failure: Failure): boolean =>
  failure.source === 'bot' && failure.found.code === 'blocked' && !isRemovableBlock(failure.found.check);

/** By the bot's own codes; a missing one doesn't compile. Empty if the check says what to do. */
const ownRemedies: Readonly<Record<FoundCode, string>> = {
  blocked: '',
  'resource-busy': passes,
  'resource-not-settled': look,
  missing: 'A resource in this plan no longer exists. Restore it and select Retry, or end the request.',
  'vault-moved': 'Move it back, and then select Retry. Otherwise, end the request and create another one.',
  'resource-moved': 'Move it back, and then select Retry. Otherwise, end the request and create another one.',
  replaced:
    'Ask an owner of the agent who deleted it. If the request still fits the new agent, retry: it asks for approval again. Otherwise, end the request.',
  'identity-changed':
    'Retry: the bot gives the new identity access, if needed after another approval. Then ask an owner of the vault to remove the old identity’s access.',
  'access-gone': 'Ask an owner of the vault who removed it and why. Then retry: the bot gives access again.',
  'identity-lost': 'Assign that identity to the agent again, and then select Retry. Otherwise, end the request.',
  'identity-not-shown': look,
  'key-of-others': `${endFirst} ${otherKeyRemedy}`,
  'key-doubtful': `${endFirst} ${doubtfulKeyRemedy}`,
  'stopped-before-making': passes,
  'key-not-there': look,
  'role-needed': 'Then select Retry.',
  'key-made-otherwise': look,
  'access-mode-changed':
    'Switch the vault back, and then select Retry. Otherwise, end the request and create another one.',
  'grant-not-shown': look,
  'protection-not-shown': look,
  'key-not-shown': look,
  'key-moved': look,
  'membership-unknown': 'Wait until Microsoft Graph answers, and then select Retry.',
  'requester-lost-role': 'Ask an operator to restore the requester’s role, and then select Retry. Or end the request.',
  'run-lost': 'Select Retry. The bot checks everything again first and doesn’t repeat completed steps.',
  stopped: 'To continue, select Retry. Otherwise, end the request.',
  unexpected: 'Ask an operator to find this ID in the application log. Then retry, or end the request.',
  'not-of-kind': configured,
  'outside-subscriptions': 'Ask an operator to add the subscription to CMK_SUBSCRIPTIONS. Otherwise, end the request.',
  'not-a-vault-address': configured,
  'key-probe-mismatch': 'Check the key in the vault. When it works, select Retry.',
  'key-not-usable': 'Check the key in the vault. When it works, select Retry.',
};

/** Returns what to do. Empty only if the text of a check says that nothing can be done. */
export function remedyWords(failure: Failure): string {
  if (failure.source === 'bot') {
    const { found } = failure;
    if (found.code === 'role-needed')
      return `Ask that role to run “${roleTaskCommand(found)}”. ${ownRemedies[found.code]}`;
    if (found.code === 'blocked') return blockRemedy(found.check);
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

/** For a secret key that can't be read from a vault, by Key Vault's codes. */
const secretRemedies: Readonly<Record<string, string>> = {
  SecretNotFound:
    'Restore the secret that belongs to this audit log. For a new audit log, create one: see docs/how-to/rotate-secrets.md.',
  SecretDisabled: 'Enable that version again, or set the one that belongs to this audit log.',
  ForbiddenByRbac:
    'Give the bot’s identity the role Key Vault Secrets User on this secret and start again in a few minutes: the role assignment takes effect slowly.',
  AccessDenied: 'Give the bot’s identity “get” on secrets in the vault’s access policies and start again.',
  ForbiddenByFirewall: 'Allow the bot’s network in the vault’s firewall, and start again.',
  ForbiddenByConnection:
    'Give the bot’s network a private link to the vault, or open the vault to it, and start again.',
};

const otherSecretRemedies: Readonly<Record<Failure['source'], string>> = {
  bot: 'Check its address and AZURE_CLOUD.',
  azure: 'Check the vault, and start again.',
  'sign-in': 'Check AZURE_CLIENT_ID and the related settings, and start again.',
  'no-answer': 'Check its address and the network, and start again.',
};

/** The key, and the setting that names its secret. */
interface SecretKey {
  readonly name: string;
  readonly secretSetting: string;
}

/** Returns three sentences for the start and the doctor: what the bot was doing, the error, what to do. */
export function secretReadErrorWords(failure: Failure, { name, secretSetting }: SecretKey): string {
  const code = failure.source === 'bot' ? '' : `${failure.code}: `;
  const remedy =
    (failure.source === 'azure' ? secretRemedies[failure.code] : undefined) ?? otherSecretRemedies[failure.source];
  return `${name} (${secretSetting}): ${failure.doing}: ${code}${messageOf(failure).trim()} ${remedy}`;
}

/** Texts for a port or an address that can't be used, by the code of the system error. Null: something else is wrong. */
export function listenErrorWords(code: string | undefined, port: number, address: string): string | null {
  const words: Readonly<Record<string, string>> = {
    EADDRINUSE: `PORT: port ${port} of ${address} is in use. End the program that uses it, or set PORT to another port.`,
    EACCES: `PORT: this user can’t listen on port ${port}. Set PORT to a port above 1023.`,
    EADDRNOTAVAIL: `CMK_LISTEN: this machine has no address ${address}. Set an address of this machine, 0.0.0.0 or ::.`,
  };
  return words[code ?? ''] ?? null;
}
