/** Files of settings, one `NAME=value` per line, as `.env.example` shows them. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseEnv } from 'node:util';
import { ConfigurationError, setVariable, type Variables } from './env.ts';

/** An empty line, a comment, or a variable. A value in quotes can have several lines. */
const line = /[ \t]*(?:#.*|(?:export[ \t]+)?[A-Za-z_]\w*[ \t]*=[ \t]*(?:(["'`])[\s\S]*?\1.*|(?!["'`]).*))?\r?(?:\n|$)/y;

function brokenLine(text: string): number | null {
  for (line.lastIndex = 0; line.lastIndex < text.length; ) {
    const at = line.lastIndex;
    if (line.exec(text) === null) return text.slice(0, at).split('\n').length;
  }
  return null;
}

/**
 * Splits the text into statements: empty lines, comments and variables, each with all of its lines. An invalid line is a
 * statement of its own.
 */
export function statementsOf(text: string): readonly string[] {
  const statements: string[] = [];
  for (let at = 0; at <= text.length; ) {
    line.lastIndex = at;
    const found = at < text.length ? line.exec(text)?.[0] : '';
    const lineEnd = text.indexOf('\n', at);
    const end = found === undefined ? (lineEnd < 0 ? text.length : lineEnd + 1) : at + found.length;
    const statement = text.slice(at, end);
    statements.push(statement.replace(/\n$/, ''));
    if (!statement.endsWith('\n')) break;
    at = end;
  }
  return statements;
}

/** Returns the message alone, also for errors of another realm. */
export const messageOf = (error: unknown): string => String(error).replace(/^\w*Error: /, '');

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    throw new ConfigurationError(
      `the settings in ${file} can’t be read: ${messageOf(error)}. Let the user that starts this program read the file, or move it away.`,
    );
  }
}

/** Reads the file as Node and `docker compose` do. Throws {@link ConfigurationError} if it can't be read, or a line isn't a setting. */
export function readEnvFile(file: string): Variables {
  const text = textOf(file);
  const broken = brokenLine(text);
  if (broken === null) return parseEnv(text);
  throw new ConfigurationError(
    `line ${broken} of ${file} isn’t a setting: write NAME=value, with a value in quotes closed by the same quote, or begin the line with #.`,
  );
}

/** Sets the file's variables in this process. `isDefault`: unless they're set already. Throws as {@link readEnvFile} does. */
export function loadEnvFile(file: string, isDefault = true): void {
  for (const [name, value] of Object.entries(readEnvFile(file))) setVariable(name, value ?? '', isDefault);
}

/** Loads the folder's `.env`. Returns its path; null: there is none. Throws as {@link readEnvFile} does. */
export function loadSettings(folder: string, isDefault = true): string | null {
  const file = path.join(folder, '.env');
  if (!existsSync(file)) return null;
  loadEnvFile(file, isDefault);
  return file;
}
