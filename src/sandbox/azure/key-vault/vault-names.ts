import { sameId } from '../arm/ids.ts';
import { armRefusal } from '../http/reply.ts';
import type { SimulatorState } from '../state/schema.ts';

/** The rule is Microsoft's page of naming rules. */
const isName = (name: string): boolean => /^[a-z][a-z0-9-]{1,22}[a-z0-9]$/i.test(name) && !name.includes('--');

/** Names are one space for all of Azure; one whose vault can be had back is not free. Real text (public reports). */
const takenText = (name: string): string =>
  `The vault name '${name}' is already in use. Vault names are globally unique so it is possible that the name is already taken. If you are sure that the vault name was not taken then it is possible that a vault with the same name was recently deleted but not purged after being placed in a recoverable state. If the vault is in a recoverable state then the vault will need to be purged before reusing the name. For more information on soft delete and purging a vault follow this link https://go.microsoft.com/fwlink/?linkid=2147740.`;

const invalidText = (name: string): string =>
  `The vault name '${name}' is invalid. A vault's name must be between 3-24 alphanumeric characters. The name must begin with a letter, end with a letter or digit, and not contain consecutive hyphens.`;

const isTaken = (state: SimulatorState, name: string): boolean =>
  [...state.vaults, ...state.deletedVaults.map(({ vault }) => vault)].some((one) => sameId(one.name, name));

/** Codes by Microsoft's page of common error codes. */
export const requireFreeName = (state: SimulatorState, name: string): void => {
  if (!isName(name)) throw armRefusal(400, 'VaultNameNotValid', invalidText(name));
  if (isTaken(state, name)) throw armRefusal(409, 'VaultAlreadyExists', takenText(name));
};
