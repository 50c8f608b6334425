/** The file of the state, replaced as a whole. */

import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { SimulatorState } from './schema.ts';

/** Replaces a file atomically: a killed process leaves the old or the new one. */
const replaceFile = (file: string, text: string): void => {
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
};

/** Saves the state when it has changed. */
export class StateFile {
  private readonly file: string;
  private saved = '';
  /** Number of saves that changed the file. */
  changes = 0;

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
    replaceFile(this.file, text);
    this.saved = text;
    this.changes += 1;
  }
}
