/** The text of a file of settings with some of them set: everything else in it stays, comments included. */

/** As Node, `docker compose` and shells read it. */
function written(value: string): string {
  if (/^[^\s#'"`$\\]*$/.test(value)) return value;
  return value.includes("'") ? `"${value}"` : `'${value}'`;
}

const nameOf = (line: string): string | null => /^#?\s*([A-Za-z_]\w*)=/.exec(line)?.[1] ?? null;

/**
 * Sets variables where they stand, else where they stand as a comment, else at the end. Null: the variable is not set, and its
 * line becomes a comment.
 */
export function withSettings(text: string, settings: Readonly<Record<string, string | null>>): string {
  const left = new Map(Object.entries(settings));
  const lines = text.split('\n');
  const isSet = new Set(lines.filter((line) => !line.startsWith('#')).map(nameOf));
  const changed = lines.flatMap((line) => {
    const name = nameOf(line);
    const value = name === null ? undefined : settings[name];
    const isComment = line.startsWith('#');
    if (name === null || value === undefined || (isComment && isSet.has(name))) return [line];
    if (value === null) return [isComment ? line : `#${name}=`];
    // A variable that stands twice counts as it stands last: what comes behind would undo this.
    if (!left.delete(name)) return [];
    return [`${name}=${written(value)}`];
  });
  const added = [...left].flatMap(([name, value]) => (value === null ? [] : [`${name}=${written(value)}`]));
  if (added.length === 0) return changed.join('\n');
  return `${changed.join('\n').replace(/\n*$/, '\n')}${added.join('\n')}\n`;
}
