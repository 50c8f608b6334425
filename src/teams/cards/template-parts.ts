/**
 * Templates share parts: `{ "$part": "row", "$data": "${steps}" }` stands for `cards/parts/row.json`. Each property
 * beside `$part` replaces `#{its name}` in the part. A property that the part doesn't name is set on its element, or
 * on each of its elements if it is a list. Parts can contain parts.
 */

import { readFileSync } from 'node:fs';

export const cardFolder = new URL('../../../cards/', import.meta.url);

const read = (path: string): string => readFileSync(new URL(path, cardFolder), 'utf8');

const inQuotes = (text: string): string => JSON.stringify(text).slice(1, -1);

function partNamed(path: readonly string[], given: Readonly<Record<string, unknown>>): unknown {
  const name = path.at(-1) ?? '';
  if (path.indexOf(name) < path.length - 1) throw new Error(`card part ${path.join(' in ')}: it contains itself`);
  const rest = { ...given };
  const text = read(`parts/${name}.json`).replace(/"#{(\w+)}"|#{(\w+)}/g, (_, whole: string, inner: string) => {
    const value = given[whole ?? inner];
    if (value === undefined) throw new Error(`card part ${path.join(' in ')}: ${whole ?? inner} is missing`);
    delete rest[whole ?? inner];
    return whole === undefined ? inQuotes(String(value)) : JSON.stringify(value);
  });
  const part = withParts(JSON.parse(text), path);
  return Array.isArray(part) ? part.map((one) => ({ ...one, ...rest })) : Object.assign({}, part, rest);
}

/** Puts the parts in place. `path`: the parts around, outermost first. */
export function withParts(node: unknown, path: readonly string[] = []): unknown {
  if (Array.isArray(node)) return node.flatMap((one) => withParts(one, path));
  if (typeof node !== 'object' || node === null) return node;
  const { $part, ...given } = Object.fromEntries(
    Object.entries(node).map(([name, one]) => [name, withParts(one, path)]),
  );
  return $part === undefined ? given : partNamed([...path, String($part)], given);
}

/** Returns a template without references to parts, as the Adaptive Cards designer takes it. */
export const templateOf = (name: string): unknown => withParts(JSON.parse(read(`${name}.json`)));
