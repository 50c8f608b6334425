/** Whether the key in a vault that is to sign the published log is there, is of the right kind, and signs for the bot. */
import { randomUUID } from 'node:crypto';
import { vaultSigner } from '../../azure/vault-clients.ts';
import { optionsForAzure } from '../../config/azure-from-config.ts';
import { codeOf, type Failure } from '../../domain/failure.ts';
import type { Diagnosis } from '../rpc/diagnosis.ts';
import { giveKeyRole, makeSigningKey, makeSigningRole, setAnew, whoGivesRoles } from './commands.ts';
import { lookupFailureLine } from './rights.ts';
import { about, type DoctorEnvironment, fail, ok, type Remedy } from './subjects.ts';

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
    const words =
      'Assign the role CMK bot signing on this key to the bot’s identity. The first command makes the role: skip it if the tenant has the role. Azure can take 10 minutes to apply it.';
    const commands = [makeSigningRole(vault), giveKeyRole(objectId, vault, name)];
    return { words, remedy: { who: whoGivesRoles('the vault'), commands } };
  }
  if (failure.source === 'bot' && failure.found.code === 'key-not-usable') {
    const words = 'Name a key of the kind EC, curve P-256, that is enabled and may sign.';
    return { words, remedy: { commands: [makeSigningKey(vault, 'checkpoints'), setAnew(setting)] } };
  }
  const words =
    'Look at its address, at the vault’s firewall and at the network between. The log is signed without it meanwhile.';
  return { words, remedy: { commands: [setAnew(setting)] } };
}

export async function diagnoseVaultKey({ config, own }: DoctorEnvironment): Promise<readonly Diagnosis[]> {
  const address = config.anchor?.vaultKey ?? null;
  if (address === null) return [];
  const failedWith = async (failure: Failure): Promise<readonly Diagnosis[]> => {
    const { words, remedy } = mendOf(failure, address, (await own())?.oid ?? 'OBJECT_ID');
    return [fail(subject, `${failure.doing}: ${lookupFailureLine(failure)}`, words, remedy)];
  };
  const signer = vaultSigner(address, optionsForAzure(config));
  const version = await signer.version();
  if (!version.ok) return failedWith(version.failure);
  // No checkpoint, nor the beginning of one: nothing is signed that could be used.
  const signed = await signer.sign(version.value, Buffer.from(`cmk-bot doctor ${randomUUID()}`));
  return signed.ok ? [ok(subject, `${version.value.id} signs for the bot`)] : failedWith(signed.failure);
}
