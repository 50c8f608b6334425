import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { vaultUri } from '../key-vault/vault-body.ts';
import { SimulatorState } from './schema.ts';

/** Saves the state whenever it has changed, by writing beside and renaming: a killed process leaves the old or the new one. */
export class StateFile {
  private readonly file: string;
  private saved = '';

  constructor(file: string) {
    this.file = file;
  }

  load(): SimulatorState | null {
    if (!existsSync(this.file)) return null;
    this.saved = readFileSync(this.file, 'utf8');
    return SimulatorState.parse(JSON.parse(this.saved));
  }

  save(state: SimulatorState): void {
    const text = JSON.stringify(state);
    if (text === this.saved) return;
    writeFileSync(`${this.file}.new`, text, { mode: 0o600 });
    renameSync(`${this.file}.new`, this.file);
    this.saved = text;
  }
}

/**
 * Moves a state to another main port: vaults listen beside it, and agents follow their vaults' new addresses. For a data
 * folder that was copied, or a machine where the old port is taken.
 */
export const moveToPort = (state: SimulatorState, port: number): void => {
  if (state.port === port) return;
  state.port = port;
  for (const vault of state.vaults) {
    const old = vaultUri(vault);
    vault.port = port + vault.n;
    const contents = [...state.agents.map((one) => one.content), ...state.operations.map((one) => one.before)];
    for (const content of contents) {
      const key = content?.keyVaultProperties;
      if (key && key.keyVaultUri.replace(/\/$/, '') === old.replace(/\/$/, '')) key.keyVaultUri = vaultUri(vault);
    }
  }
};
