/** Whether the key in a vault that is to sign the published log is there, is of the right kind, and signs for the bot. */
import { randomUUID } from 'node:crypto';
import { vaultSigner } from '../../azure/vault-signer.ts';
import { optionsForAzure } from '../../config/azure-from-config.ts';
import { codeOf, type Failure } from '../../domain/failure.ts';
import type { Diagnosis } from '../rpc/diagnosis.ts';
import { giveKeyRole, makeSigningKey, setAnew, whoGivesRoles } from './commands.ts';
import { failureLine } from './rights.ts';
import { about, fail, ok, type Remedy, type Surroundings } from './subjects.ts';

const subject = about('record/vault-key', 'key in the vault');
const setting = 'CMK_LOG_VAULT_KEY';

/** Refusals of the caller; those of a firewall are another matter. */
const notAllowed = /^(Forbidden|ForbiddenByRbac|ForbiddenByPolicy|AccessDenied)$/;

interface Mend {
  readonly words: string;
  readonly remedy: Remedy;
}

function mendOf(failure: Failure, address: string, objectId: string): Mend {
  const code = codeOf(failure);
  const { hostname, pathname } = new URL(address);
  const [vault = '', name = ''] = [hostname.split('.')[0], pathname.split('/')[2]];
  if (code === 'KeyNotFound') {
    const words = 'Make the key, or name the one that is there.';
    return { words, remedy: { commands: [makeSigningKey(vault, name), setAnew(setting)] } };
  }
  if (notAllowed.test(code)) {
    const words = 'Give the bot’s identity the role Key Vault Crypto User on this key; it takes some minutes to count.';
    return { words, remedy: { who: whoGivesRoles('the vault'), commands: [giveKeyRole(objectId, vault, name)] } };
  }
  if (failure.source === 'bot' && failure.found.code === 'key-not-usable') {
    const words = 'Name a key of the kind EC, curve P-256, that is enabled and may sign.';
    return { words, remedy: { commands: [makeSigningKey(vault, 'checkpoints'), setAnew(setting)] } };
  }
  const words =
    'Look at its address, at the vault’s firewall and at the network between. The log is signed without it meanwhile.';
  return { words, remedy: { commands: [setAnew(setting)] } };
}

export async function diagnoseVaultKey({ config, own }: Surroundings): Promise<readonly Diagnosis[]> {
  const address = config.anchor?.vaultKey ?? null;
  if (address === null) return [];
  const failedWith = async (failure: Failure): Promise<readonly Diagnosis[]> => {
    const { words, remedy } = mendOf(failure, address, (await own())?.oid ?? 'OBJECT_ID');
    return [fail(subject, `${failure.doing}: ${failureLine(failure)}`, words, remedy)];
  };
  const signer = vaultSigner(address, optionsForAzure(config));
  const version = await signer.version();
  if (!version.ok) return failedWith(version.failure);
  // No checkpoint, nor the beginning of one: nothing is signed that could be used.
  const signed = await signer.sign(version.value, Buffer.from(`cmk-bot doctor ${randomUUID()}`));
  return signed.ok ? [ok(subject, `${version.value.id} signs for the bot`)] : failedWith(signed.failure);
}
