/** Texts for what a role of the vault must do, because the bot has no permission for it: docs/decisions/0083. */
import type { RoleTask } from '../domain/check.ts';
import { shortVersion } from './places.ts';

/** Built-in role in a vault with role-based access; in a vault with access policies, the key permission. */
const doers: Readonly<Record<RoleTask['task'], Readonly<Record<RoleTask['by'], string>>>> = {
  'recover-key': {
    'role-assignments': 'A Key Vault Crypto Officer',
    'access-policies': 'Someone with the key permission Recover',
  },
  'enable-key-version': {
    'role-assignments': 'A Key Vault Crypto Officer',
    'access-policies': 'Someone with the key permission Update',
  },
};

const deeds: Readonly<Record<RoleTask['task'], (task: RoleTask) => string>> = {
  'recover-key': ({ keyName }) => `recover key ${keyName}`,
  'enable-key-version': ({ keyName, keyVersion }) => `enable version ${shortVersion(keyVersion)} of key ${keyName}`,
};

/** For an Azure command line. */
const commands: Readonly<Record<RoleTask['task'], (task: RoleTask) => string>> = {
  'recover-key': ({ vault, keyName }) => `az keyvault key recover --vault-name ${vault} --name ${keyName}`,
  'enable-key-version': ({ vault, keyName, keyVersion }) =>
    `az keyvault key set-attributes --vault-name ${vault} --name ${keyName} --version ${keyVersion} --enabled true`,
};

export const roleTaskCommand = (task: RoleTask): string => commands[task.task](task);

/** `A Key Vault Crypto Officer must recover key cmk-triage` */
export const roleTaskTitle = (task: RoleTask): string => `${doers[task.task][task.by]} must ${deeds[task.task](task)}`;

/** Who does it, in the text of an effect: `by a Key Vault Crypto Officer`. */
export const byRoleWords = 'done by a role of the vault, not by the bot';
