/** The names that a template reads, and the names that a view gives. */
import { Expression } from 'adaptive-expressions';

type Data = Readonly<Record<string, unknown>>;

interface Read {
  /** `rows.button` */
  readonly name: string;
  readonly given: boolean;
}

const referencesIn = (text: string): readonly string[] =>
  [...text.matchAll(/\$\{([^}]*)\}/g)].flatMap(([, source]) => Expression.parse(source ?? '').references());

/** The names in data, those of items too. */
export function namesGiven(data: unknown, path = ''): readonly string[] {
  if (Array.isArray(data)) return data.flatMap((item) => namesGiven(item, path));
  if (typeof data !== 'object' || data === null) return [];
  return Object.entries(data).flatMap(([name, value]) => [path + name, ...namesGiven(value, `${path}${name}.`)]);
}

/** The names that a template reads from data, whatever its conditions say. */
export function namesRead(template: unknown, root: Data): readonly Read[] {
  const look = (node: unknown, data: Data, path: string): readonly Read[] => {
    if (typeof node === 'string')
      return referencesIn(node).flatMap((reference) => {
        const name = reference.replace(/^\$root\./, '');
        const [from, at] = name === reference ? [data, path + name] : [root, name];
        // What is put into the card as it is, is read as a whole.
        const inner = node === `\${${reference}}` ? namesGiven(from[name], `${at}.`) : [];
        return [{ name: at, given: Object.hasOwn(from, name) }, ...inner.map((one) => ({ name: one, given: true }))];
      });
    if (Array.isArray(node)) return node.flatMap((one) => look(one, data, path));
    if (typeof node !== 'object' || node === null) return [];
    const { $data, ...rest } = node as Data;
    if ($data === undefined) return Object.values(rest).flatMap((one) => look(one, data, path));
    const [list = ''] = referencesIn(String($data));
    const items = Array.isArray(data[list]) ? data[list] : null;
    return [
      { name: path + list, given: items !== null },
      ...(items ?? []).flatMap((item: Data) => look(Object.values(rest), item, `${path}${list}.`)),
    ];
  };
  return look(template, root, '');
}
