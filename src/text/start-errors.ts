/** Texts for errors at the start: a secret key that can't be read, and a port that can't be listened on. */
import type { Failure } from '../domain/failure.ts';
import { messageOf } from './failures.ts';

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
