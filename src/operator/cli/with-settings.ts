/** Changes settings in the text of a settings file. Everything else stays, including comments. */

import { parseEnv } from 'node:util';
import { statementsOf } from '../../config/env-file.ts';

/** A settings file can't store the value. The message has the setting and the fix, never the value. */
export class ValueNotWritable extends Error {
  override readonly name = 'ValueNotWritable';
}

function isRead(line: string, name: string, value: string): boolean {
  const read = Object.entries(parseEnv(line));
  return read.length === 1 && read[0]?.[0] === name && read[0][1] === value;
}

/** Returns the line that Node reads back unchanged. `docker compose` and shells read the first two forms in the same way. */
function lineFor(name: string, value: string): string {
  const isPlain = /^[^\s#'"`$\\]*$/.test(value);
  const forms = [...(isPlain ? [value] : []), `'${value}'`, `"${value}"`, `\`${value}\``].map(
    (form) => `${name}=${form}`,
  );
  const isBroken = /[\n\r\0]/.test(value);
  const line = isBroken ? undefined : forms.find((one) => isRead(one, name, value));
  if (line !== undefined) return line;
  const why = isBroken ? 'has a line break' : 'has every kind of quotation mark, or a character that is not text';
  throw new ValueNotWritable(
    `${name}: the value ${why}, so no line of a file can hold it. Nothing was written. Choose another value.`,
  );
}

const nameOf = (statement: string): string | null =>
  /^#?[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=/.exec(statement)?.[1] ?? null;

function requireOnlyChanges(before: string, after: string, settings: Readonly<Record<string, string | null>>): void {
  const wanted = new Map(Object.entries(parseEnv(before)));
  const found = new Map(Object.entries(parseEnv(after)));
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
 * Sets variables in place, else at their commented line, else at the end. Null: comments the variable out. Node reads each
 * value back unchanged, and no other variable changes. Throws {@link ValueNotWritable}.
 */
export function withSettings(text: string, settings: Readonly<Record<string, string | null>>): string {
  const pending = new Map(Object.entries(settings));
  const statements = statementsOf(text);
  const isSet = new Set(statements.filter((statement) => !statement.startsWith('#')).map(nameOf));
  const changed = statements.flatMap((statement) => {
    const name = nameOf(statement);
    const value = name === null ? undefined : settings[name];
    const isComment = statement.startsWith('#');
    if (name === null || value === undefined || (isComment && isSet.has(name))) return [statement];
    if (value === null) return [isComment ? statement : `#${name}=`];
    // The last of two definitions counts, so a later one would override this.
    if (!pending.delete(name)) return [];
    return [lineFor(name, value)];
  });
  const added = [...pending].flatMap(([name, value]) => (value === null ? [] : [lineFor(name, value)]));
  const whole = changed.join('\n');
  const result = added.length === 0 ? whole : `${whole.replace(/\n*$/, '\n')}${added.join('\n')}\n`;
  requireOnlyChanges(text, result, settings);
  return result;
}
