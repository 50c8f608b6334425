import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';

/** RFC 8785. Throws if the value has no JSON form. */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('a value without a JSON form cannot be made canonical');
  return text;
}

/** Returns whether the keys of every object are in UTF-16 code unit order. */
function isInOrder(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every(isInOrder);
  let before: string | null = null;
  for (const [key, inner] of Object.entries(value)) {
    if ((before !== null && key <= before) || !isInOrder(inner)) return false;
    before = key;
  }
  return true;
}

/**
 * Returns whether the text is canonical for certain, without canonicalizing again. JSON.stringify writes numbers and strings
 * as RFC 8785 requires, and keys in the order in which they were parsed. Lone surrogates are escaped and have no canonical
 * form.
 */
function isSurelyCanonical(value: unknown, text: string): boolean {
  try {
    return JSON.stringify(value) === text && !text.includes('\\ud') && isInOrder(value);
  } catch {
    return false;
  }
}

/** Parses RFC 8785 canonical JSON. Returns undefined for any other text. */
export function parseCanonical(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    // A failed quick check proves nothing: integer-like keys are parsed in another order.
    return isSurelyCanonical(value, text) || canonicalJson(value) === text ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Over the text in UTF-8, as 64 lower-case hexadecimal digits. */
export const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');
