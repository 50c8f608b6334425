/**
 * A card's template, read once into a function of its data. Templates are in Microsoft's Adaptive Cards templating language
 * (learn.microsoft.com/adaptive-cards/templating/language), so that its designer opens them; of it, what the cards use. What comes
 * out is what Microsoft's library makes of it, letter by letter: a test compares the two. Where that leaves a field it does not
 * know in the card as text, or drops what a `$when` cannot tell, this throws.
 */
import { type Expression, readExpression, type Scope } from './expression.ts';

/** Makes the card anew each time. Throws where the data has not what the template reads. */
export type Fill = (root: Scope['root']) => unknown;

const marked = /\$\{([^}]*)\}/;
const alone = /^\$\{([^}]*)\}$/;

/** Alone it keeps its kind: a number stays one. Between other words it becomes text. */
function readText(text: string): Expression {
  const [, source] = alone.exec(text) ?? [];
  if (source !== undefined) return readExpression(source);
  if (!text.includes('${')) return () => text;
  const parts = text.split(marked).map((part, index) => (index % 2 === 0 ? () => part : readExpression(part)));
  return (scope) => parts.map((part) => String(part(scope))).join('');
}

/** What was dropped is left out, and what was repeated stands there itself. */
function readList(items: readonly unknown[]): Expression {
  const all = items.map(readNode);
  return (scope) => all.flatMap((item) => item(scope) ?? []);
}

function readFields(node: object): Expression {
  const fields = Object.entries(node).map(([name, value]) => [name, readNode(value)] as const);
  return (scope) => {
    const made: Record<string, unknown> = {};
    for (const [name, value] of fields) made[name] = value(scope);
    return made;
  };
}

const isFields = (value: unknown): value is Scope['data'] =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function scopesOf(items: unknown, { root }: Scope): readonly Scope[] {
  if (!Array.isArray(items) || !items.every(isFields)) throw new Error('$data is no list of objects');
  return items.map((data) => ({ data, root }));
}

/** Null: dropped. As often as `$data` has items; where that is once, it is no list. */
function readObject({ $data, $when, ...node }: Readonly<Record<string, unknown>>): Expression {
  const fields = readFields(node);
  const when = $when === undefined ? () => true : readText(String($when));
  const each = (scope: Scope): unknown[] => (when(scope) === true ? [fields(scope)] : []);
  const oneOrMany = (made: readonly unknown[]): unknown => (made.length > 1 ? made : (made[0] ?? null));
  if ($data === undefined) return (scope) => oneOrMany(each(scope));
  const items = readText(String($data));
  return (scope) => oneOrMany(scopesOf(items(scope), scope).flatMap(each));
}

function readNode(node: unknown): Expression {
  if (typeof node === 'string') return readText(node);
  if (Array.isArray(node)) return readList(node);
  return isFields(node) ? readObject(node) : () => node;
}

/** Throws where the template is not understood. */
export function readTemplate(template: unknown): Fill {
  const card = readNode(template);
  return (root) => card({ data: root, root });
}
