/** The text of a file of settings with some of them set: everything else in it stays, comments included. */
import { lstat, readFile, writeFile } from 'node:fs/promises';
import { parseEnv } from 'node:util';
import { statementsOf } from '../../config/env-file.ts';
import { privateMode, replaceFile } from '../../io/files.ts';

/** A file of settings can't hold the value. Says which setting, why, and what to do; never the value. */
export class ValueNotWritable extends Error {
  override readonly name = 'ValueNotWritable';
}

/** Whether Node reads exactly this variable and value from the line, and no other. */
function isRead(line: string, name: string, value: string): boolean {
  const read = Object.entries(parseEnv(line));
  return read.length === 1 && read[0]?.[0] === name && read[0][1] === value;
}

/** As Node reads it back. `docker compose` and shells read the first two forms the same way. */
function written(name: string, value: string): string {
  const isPlain = /^[^\s#'"`$\\]*$/.test(value);
  const forms = [...(isPlain ? [value] : []), `'${value}'`, `"${value}"`, `\`${value}\``].map(
    (form) => `${name}=${form}`,
  );
  const line = /[\n\r\0]/.test(value) ? undefined : forms.find((one) => isRead(one, name, value));
  if (line !== undefined) return line;
  const why = /[\n\r\0]/.test(value)
    ? 'has a line break'
    : 'has every kind of quotation mark, or a character that is not text';
  throw new ValueNotWritable(
    `${name}: the value ${why}, so no line of a file can hold it. Nothing was written. Choose another value.`,
  );
}

const nameOf = (statement: string): string | null =>
  /^#?[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=/.exec(statement)?.[1] ?? null;

/** Throws where the text would set anything but what it is to set. */
function requireOnly(before: string, after: string, settings: Readonly<Record<string, string | null>>): void {
  const [wanted, found] = [new Map(Object.entries(parseEnv(before))), new Map(Object.entries(parseEnv(after)))];
  for (const [name, value] of Object.entries(settings)) {
    if (value === null) wanted.delete(name);
    else wanted.set(name, value);
  }
  const other = [...new Set([...wanted.keys(), ...found.keys()])].find((name) => wanted.get(name) !== found.get(name));
  if (other === undefined) return;
  throw new ValueNotWritable(
    `${other} would get another value: a line of the file isn’t a setting. Nothing was written. Correct the file.`,
  );
}

/**
 * Sets variables where they stand, else where they stand as a comment, else at the end. Null: the variable is not set, and its
 * line becomes a comment. Node reads each value back as it was given, and no other variable changes. Throws
 * {@link ValueNotWritable}.
 */
export function withSettings(text: string, settings: Readonly<Record<string, string | null>>): string {
  const left = new Map(Object.entries(settings));
  const statements = statementsOf(text);
  const isSet = new Set(statements.filter((statement) => !statement.startsWith('#')).map(nameOf));
  const changed = statements.flatMap((statement) => {
    const name = nameOf(statement);
    const value = name === null ? undefined : settings[name];
    const isComment = statement.startsWith('#');
    if (name === null || value === undefined || (isComment && isSet.has(name))) return [statement];
    if (value === null) return [isComment ? statement : `#${name}=`];
    // A variable that stands twice counts as it stands last: what comes behind would undo this.
    if (!left.delete(name)) return [];
    return [written(name, value)];
  });
  const added = [...left].flatMap(([name, value]) => (value === null ? [] : [written(name, value)]));
  const whole = changed.join('\n');
  const result = added.length === 0 ? whole : `${whole.replace(/\n*$/, '\n')}${added.join('\n')}\n`;
  requireOnly(text, result, settings);
  return result;
}

const isThere = (file: string): Promise<boolean> =>
  lstat(file).then(
    () => true,
    () => false,
  );

/** `.env.2026-11-25`, and `.env.2026-11-25.2` where that is taken. */
async function nameForOld(file: string, now: Date): Promise<string> {
  const dated = `${file}.${now.toISOString().slice(0, 10)}`;
  for (let number = 2, name = dated; ; name = `${dated}.${number}`, number += 1) {
    if (!(await isThere(name))) return name;
  }
}

/** The file's text; null where there is none. */
export async function textOf(file: string): Promise<string | null> {
  return (await isThere(file)) ? readFile(file, 'utf8') : null;
}

/** Writes the file at once and as a whole, mode 0600. Answers the name under which the one before is kept; null: there was none. */
export async function writeKept(file: string, text: string, now: Date): Promise<string | null> {
  const old = (await isThere(file)) ? await nameForOld(file, now) : null;
  if (old !== null) {
    // Never through a link that waits under that name.
    await writeFile(old, await readFile(file), { mode: privateMode, flag: 'wx' });
  }
  await replaceFile(file, text);
  return old;
}
