/** Looks at a rendered card: everything with a type, what must not be empty, what can be clicked. */
export type Element = Readonly<Record<string, unknown>> & { readonly type: string };

const isElement = (node: unknown): node is Element =>
  typeof node === 'object' && node !== null && 'type' in node && typeof node.type === 'string';

/** Every element and action of a card, the card itself first. */
export function elementsOf(node: unknown): readonly Element[] {
  if (typeof node !== 'object' || node === null) return [];
  const children = Object.values(node).flatMap(elementsOf);
  return isElement(node) ? [node, ...children] : children;
}

const lists: Readonly<Record<string, string>> = {
  Container: 'items',
  Column: 'items',
  ColumnSet: 'columns',
  FactSet: 'facts',
  ActionSet: 'actions',
  Table: 'rows',
  TableRow: 'cells',
  TableCell: 'items',
  'Input.ChoiceSet': 'choices',
};

/** Elements that would show as a gap: containers without content, texts without a letter. */
export const emptyOnes = (card: unknown): readonly string[] =>
  elementsOf(card)
    .filter((element) => {
      const list = lists[element.type];
      if (list !== undefined) return !Array.isArray(element[list]) || element[list].length === 0;
      return element.type === 'TextBlock' && String(element.text).trim() === '';
    })
    .map((element) => JSON.stringify(element).slice(0, 120));

/** What people can read without unfolding or typing anything. */
export const textsOf = (card: unknown): readonly string[] =>
  elementsOf(card).flatMap((element) =>
    element.type === 'TextBlock' || element.type === 'Badge' ? [String(element.text)] : [],
  );

export const executesOf = (card: unknown): readonly Element[] =>
  elementsOf(card).filter((element) => element.type === 'Action.Execute');

export const inputsOf = (card: unknown): readonly Element[] =>
  elementsOf(card).filter((element) => element.type.startsWith('Input.'));
