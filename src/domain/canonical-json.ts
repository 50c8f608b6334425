import canonicalize from 'canonicalize';

/** RFC 8785 canonical JSON of a value that JSON can hold. Throws on any other. */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('a value without a JSON form cannot be made canonical');
  return text;
}

/** Keys in the order of their UTF-16 code units, however deep. */
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
 * JSON.stringify writes numbers and strings as RFC 8785 has them, and keys in the order in which they were read: where that is
 * the canonical order, what it writes is the canonical form. Halves of surrogate pairs have none, and it escapes them.
 */
function isSurelyCanonical(value: unknown, text: string): boolean {
  try {
    return JSON.stringify(value) === text && !text.includes('\\ud') && isInOrder(value);
  } catch {
    return false;
  }
}

/** The value of a text that is RFC 8785 canonical JSON; undefined for any other text. */
export function parseCanonical(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    // What is not surely so may be so: numbers for keys are read in another order.
    return isSurelyCanonical(value, text) || canonicalJson(value) === text ? value : undefined;
  } catch {
    return undefined;
  }
}
