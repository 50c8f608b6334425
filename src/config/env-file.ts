/** A file of settings, `NAME=value` a line, as `.env.example` shows it. */
import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { ConfigurationError, setVariable, type Variables } from './env.ts';

/** Reads the file as Node and `docker compose` do. Throws {@link ConfigurationError} where it cannot be read. */
export function readEnvFile(file: string): Variables {
  try {
    return parseEnv(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new ConfigurationError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Sets what the file says for this process, where nothing is set already. */
export function loadEnvFile(file: string): void {
  for (const [name, value] of Object.entries(readEnvFile(file))) setVariable(name, value ?? '');
}
