/** Why a secret key can't be read from a vault, and what to do. For the start and the doctor. */
import type { Failure } from '../domain/failure.ts';
import { messageOf } from './failures.ts';

/** By Key Vault's codes. */
const remedies: Readonly<Record<string, string>> = {
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

const otherwise: Readonly<Record<Failure['source'], string>> = {
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

/** Returns three sentences: what the bot was doing, the error, what to do. */
export function secretReadErrorWords(failure: Failure, { name, secretSetting }: SecretKey): string {
  const code = failure.source === 'bot' ? '' : `${failure.code}: `;
  const remedy = (failure.source === 'azure' ? remedies[failure.code] : undefined) ?? otherwise[failure.source];
  return `${name} (${secretSetting}): ${failure.doing}: ${code}${messageOf(failure).trim()} ${remedy}`;
}
