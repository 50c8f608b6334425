/** Compares the fields a template reads with the fields its data type has. */
import { Expression } from 'adaptive-expressions';
import { z } from 'zod';

type Scope = { readonly schema: z.ZodObject; readonly path: string };

const parts = /\$\{([^}]*)\}/g;
const referencesIn = (text: string): readonly string[] =>
  [...text.matchAll(parts)].flatMap(([, source]) => Expression.parse(source ?? '').references());

const join = (path: string, field: string): string => (path === '' ? field : `${path}.${field}`);

/** All fields of a data type, those of its arrays' items too: `sections.rows.name`. */
export function fieldsOf(schema: z.ZodObject, path = ''): readonly string[] {
  return Object.entries(schema.shape).flatMap(([name, field]) => {
    const here = join(path, name);
    const item = field instanceof z.ZodArray ? field.element : field;
    return item instanceof z.ZodObject ? [here, ...fieldsOf(item, here)] : [here];
  });
}

/** Fields a template reads, found from where it reads them; `unknown` are the ones the data type does not have. */
export function fieldsRead(template: unknown, root: z.ZodObject): { used: Set<string>; unknown: string[] } {
  const used = new Set<string>();
  const unknown: string[] = [];

  const look = (reference: string, scope: Scope): { schema: unknown; path: string } | undefined => {
    const from = reference.startsWith('$root.') ? { schema: root, path: '' } : scope;
    const name = reference.replace(/^\$root\./, '');
    const path = join(from.path, name);
    const schema: unknown = from.schema.shape[name];
    if (schema === undefined) {
      unknown.push(path);
      return undefined;
    }
    used.add(path);
    return { schema, path };
  };

  const readText = (text: string, scope: Scope): void => {
    for (const reference of referencesIn(text)) {
      const found = look(reference, scope);
      const item = found?.schema instanceof z.ZodArray ? found.schema.element : undefined;
      // An array put into the card as it is: all of its items' fields are on the card.
      if (found !== undefined && item instanceof z.ZodObject && text === `\${${reference}}`)
        for (const field of fieldsOf(item, found.path)) used.add(field);
    }
  };

  const itemScope = (source: unknown, scope: Scope): Scope => {
    const [reference = ''] = referencesIn(String(source));
    const found = look(reference, scope);
    if (found?.schema instanceof z.ZodArray && found.schema.element instanceof z.ZodObject)
      return { schema: found.schema.element, path: found.path };
    unknown.push(`${String(source)} is not a list of objects`);
    return scope;
  };

  const walk = (node: unknown, scope: Scope): void => {
    if (typeof node === 'string') readText(node, scope);
    else if (Array.isArray(node)) for (const child of node) walk(child, scope);
    else if (typeof node === 'object' && node !== null) {
      const { $data, ...rest } = node as Record<string, unknown>;
      const inner = $data === undefined ? scope : itemScope($data, scope);
      for (const child of Object.values(rest)) walk(child, inner);
    }
  };
  walk(template, { schema: root, path: '' });
  return { used, unknown };
}

/** One line per disagreement, naming the field; empty when template and type agree. */
export function disagreements(template: unknown, schema: z.ZodObject): readonly string[] {
  const { used, unknown } = fieldsRead(template, schema);
  return [
    ...unknown.map((field) => `the template reads ${field}, the data type has no such field`),
    ...fieldsOf(schema)
      .filter((field) => !used.has(field))
      .map((field) => `the data type has ${field}, the template never reads it`),
  ];
}
