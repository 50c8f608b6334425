/** The seals' key of a server's record as a secret in a vault. */
import { localBotPrincipal } from '../../../sandbox/bot-environment.ts';
import { serverSealKey } from '../store/seal-keys.ts';
import { giveRole, scopes } from './azure-state.ts';
import { changeState, type RunningAzure } from './local-azure.ts';
import { clientsOf } from './local-azure-clients.ts';
import { owner } from './local-azure-names.ts';

export const sealSecretName = 'seal-key';
const secretsUser = '4633458b-17de-408a-b874-0445c86b69e6';

/** The secret in the first vault that a bot on a server is given to read, as docs/explain/security.md has it; its address, without a version. */
export async function putSealSecret(azure: RunningAzure, ...lines: readonly string[]): Promise<string> {
  const vault = `https://localhost:${azure.port + 1}`;
  await clientsOf(azure, owner).secrets(vault).setSecret(sealSecretName, lines.join('\n'));
  return `${vault}/secrets/${sealSecretName}`;
}

const letBotRead = (azure: RunningAzure): Promise<void> =>
  changeState(
    azure,
    giveRole(
      localBotPrincipal.id,
      secretsUser,
      (state) => `${scopes.vault(state, 'kv-care-prod')}/secrets/${sealSecretName}`,
      'ServicePrincipal',
    ),
  );

/** Puts it there, where the bot may read it; its address. */
export async function sealKeyInVault(azure: RunningAzure): Promise<string> {
  await letBotRead(azure);
  return putSealSecret(azure, serverSealKey);
}
