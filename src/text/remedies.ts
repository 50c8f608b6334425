/** Remedies for failures, by Azure's or the bot's own code. */
import { isRemovableBlock } from '../domain/check.ts';
import type { Failure } from '../domain/failure.ts';
import { azureRemedy, hasOwnRemedy, knowsRemedy } from './azure-remedies.ts';
import { foundWords, messageOf } from './failures.ts';

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

/** For a secret key that can't be read from a vault, by Key Vault's codes. */
const secretRemedies: Readonly<Record<string, string>> = {
  SecretNotFound:
    'Restore the secret that belongs to this audit log. For a new audit log, create one: see docs/operate/rotate-secrets.md.',
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
