import canonicalize from 'canonicalize';

/** RFC 8785 canonical JSON of a value that JSON can hold. Throws on any other. */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('a value without a JSON form cannot be made canonical');
  return text;
}
