/** Why a secret key can't be read from a vault, and what to do. For the start and the doctor. */
import type { Failure } from '../domain/failure.ts';
import { messageOf } from './failures.ts';

/** By Key Vault's codes. */
const remedies: Readonly<Record<string, string>> = {
  SecretNotFound:
    'Put back the secret that belongs to this record; for a new record make one, as docs/how-to/rotate-secrets.md shows.',
  SecretDisabled: 'Enable that version again, or name the one that belongs to this record.',
  ForbiddenByRbac:
    'Give the bot’s identity the role Key Vault Secrets User on this secret and start again in a few minutes: it takes a while to count.',
  AccessDenied: 'Give the bot’s identity “get” on secrets in the vault’s access policies and start again.',
  ForbiddenByFirewall: 'Let the bot’s network in at the vault’s firewall and start again.',
  ForbiddenByConnection:
    'Give the bot’s network a private link to the vault, or open the vault to it, and start again.',
};

const otherwise: Readonly<Record<Failure['source'], string>> = {
  bot: 'Look at its address, and at AZURE_CLOUD.',
  azure: 'Look at the vault and start again.',
  'sign-in': 'Look at how the bot signs in to Azure, AZURE_CLIENT_ID and what belongs to it, and start again.',
  'no-answer': 'Look at its address and at the network between, and start again.',
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
