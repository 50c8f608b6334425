/** An Adaptive Card drawn in letters, as a person reads it: no JSON, no ids, nothing that the client does not show. */
import { isObject, type JsonObject, plain } from '../teams/local-teams.ts';

const objects = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : []);
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Text of a card as the client shows it: without stars and backslashes, days and times in UTC. */
export const shownText = (markdown: string): string =>
  plain(markdown)
    .replace(/<at>(.*?)<\/at>/g, '@$1')
    .replace(/\\(?=[^\p{L}\s])/gu, '');

/** Cells beside each other. A cell is padded where a later one in some row has more than its first line. */
function grid(rows: readonly (readonly string[][])[]): string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, at) =>
    Math.max(0, ...rows.flatMap((row) => (row[at] ?? []).map((line) => line.length))),
  );
  const isPadded = widths.map(
    (_, at) => rows.length > 1 || rows.some((row) => row.slice(at + 1).some((cell) => cell.length > 1)),
  );
  return rows.flatMap((row) => {
    const height = Math.max(0, ...row.map((cell) => cell.length));
    return Array.from({ length: height }, (_, line) =>
      row
        .map((cell, at) => (cell[line] ?? '').padEnd(isPadded[at] ? (widths[at] ?? 0) : 0))
        .filter((part, at) => part !== '' || isPadded[at])
        .join('  ')
        .trimEnd(),
    );
  });
}

function inputLines(input: JsonObject): string[] {
  const value = input.value === undefined || input.value === '' ? undefined : String(input.value);
  if (input.type === 'Input.Toggle') {
    const tick = `${value === String(input.valueOn ?? 'true') ? '☑' : '☐'} ${shownText(textOf(input.title))}`;
    return [textOf(input.label), tick].filter((line) => line !== '');
  }
  const chosen = objects(input.choices).find((choice) => choice.value === value);
  // Those of a list that is open are all to be seen.
  if (input.style === 'expanded') {
    const all = objects(input.choices).map((one) => `  (${one === chosen ? '●' : ' '}) ${textOf(one.title)}`);
    return [textOf(input.label), ...all];
  }
  const placeholder = textOf(input.placeholder);
  const shown = chosen === undefined ? (value ?? (placeholder === '' ? '' : `${placeholder} …`)) : textOf(chosen.title);
  return [`${textOf(input.label)} [ ${shown}${input.type === 'Input.ChoiceSet' ? ' ▾' : ''} ]`];
}

const buttons = (actions: unknown): string[] => {
  const titles = objects(actions).map((action) => `( ${textOf(action.title)} )`);
  return titles.length === 0 ? [] : [titles.join('  ')];
};

/** What a button opens below itself. */
function panel({ type, title, card }: JsonObject): string[] {
  if (type !== 'Action.ShowCard' || !isObject(card)) return [];
  return ['', `┆ folded, opened by ( ${textOf(title)} )`, ...drawCard(card).map((line) => `┆ ${line}`.trimEnd())];
}

function unfoldedBy(node: unknown, id: string): string | undefined {
  if (Array.isArray(node)) return node.map((item) => unfoldedBy(item, id)).find((title) => title !== undefined);
  if (!isObject(node)) return undefined;
  const targets = Array.isArray(node.targetElements) ? node.targetElements : [];
  if (targets.some((target) => target === id || (isObject(target) && target.elementId === id)))
    return textOf(node.title);
  return Object.values(node)
    .map((inner) => unfoldedBy(inner, id))
    .find((title) => title !== undefined);
}

function folded(element: JsonObject, card: JsonObject): string[] {
  const by = unfoldedBy(card, textOf(element.id));
  // What nothing unfolds is never seen.
  if (by === undefined) return [];
  return [
    `┆ folded, opened by ( ${by.replace('Show or hide: ', '')} )`,
    ...draw({ ...element, isVisible: true }, card).map((line) => `┆ ${line}`.trimEnd()),
  ];
}

/** A row that opens what is folded below it. */
const isDisclosure = ({ type, selectAction }: JsonObject): boolean =>
  type === 'ColumnSet' && isObject(selectAction) && selectAction.type === 'Action.ToggleVisibility';

function draw(element: JsonObject, card: JsonObject): string[] {
  if (element.type === 'Column' && element.isVisible === false) return [];
  if (element.isVisible === false) return folded(element, card);
  if (isDisclosure(element)) return [`▸ ${drawAll(objects(element.columns)[0]?.items, card).join(' ')}`];
  switch (element.type) {
    case 'TextBlock':
      return shownText(textOf(element.text))
        .split('\n')
        .filter((line) => line !== '');
    case 'CodeBlock':
      return [textOf(element.codeSnippet)];
    case 'Badge':
      return [`[ ${shownText(textOf(element.text))} ]`];
    case 'Icon':
      return /^Chevron/.test(textOf(element.name)) || !isObject(element.fallback) ? [] : draw(element.fallback, card);
    case 'FactSet':
      return grid(
        objects(element.facts).map((fact) => [[shownText(textOf(fact.title))], [shownText(textOf(fact.value))]]),
      );
    case 'ColumnSet':
      return grid([
        objects(element.columns)
          .filter(({ isVisible }) => isVisible !== false)
          .map(({ items }) => drawAll(items, card))
          // The word of a row that can be selected, which is drawn as the button that it is.
          .map((lines, at) => (element.selectAction === undefined || at < 2 ? lines : [`( ${lines.join(' ')} )`])),
      ]);
    case 'Table':
      return grid(objects(element.rows).map((row) => objects(row.cells).map((cell) => drawAll(cell.items, card))));
    case 'ProgressBar':
      return ['▰'.repeat(Number(element.value)) + '▱'.repeat(Number(element.max) - Number(element.value))];
    case 'ActionSet':
      return [...buttons(element.actions), ...objects(element.actions).flatMap(panel)];
    default:
      return textOf(element.type).startsWith('Input.') ? inputLines(element) : drawAll(element.items, card);
  }
}

/** Elements under each other, with an empty line where the card leaves room. */
function drawAll(elements: unknown, card: JsonObject): string[] {
  const lines: string[] = [];
  for (const element of objects(elements)) {
    const own = draw(element, card);
    const isClose = ['None', 'Small'].includes(textOf(element.spacing)) && element.separator !== true;
    if (own.length > 0 && lines.length > 0 && !isClose) lines.push('');
    lines.push(...own);
  }
  return lines;
}

/**
 * The card, a line an element: buttons as `( Title )`, inputs as `Label [ what stands in them ]`, ticks as `☐`. What is folded away
 * stands behind `┆` under the name of the button that opens it.
 */
export const drawCard = (card: JsonObject): string[] => [...drawAll(card.body, card), ...buttons(card.actions)];

/** The button with this title, wherever it stands on the card; undefined when nobody can see one. */
export function buttonTitled(node: unknown, title: string): JsonObject | undefined {
  if (Array.isArray(node)) return node.map((item) => buttonTitled(item, title)).find((found) => found !== undefined);
  if (!isObject(node)) return undefined;
  if (node.type === 'Action.Execute' && node.title === title) return node;
  const { refresh: _refresh, data: _data, ...rest } = node;
  return Object.values(rest)
    .map((inner) => buttonTitled(inner, title))
    .find((found) => found !== undefined);
}

/** The input with this id, and what a person calls it. */
export function inputNamed(node: unknown, id: string): { readonly called: string; readonly input: JsonObject } | null {
  if (Array.isArray(node)) return node.map((item) => inputNamed(item, id)).find((found) => found !== null) ?? null;
  if (!isObject(node)) return null;
  if (node.id === id && textOf(node.type).startsWith('Input.'))
    return { called: shownText(textOf(node.type === 'Input.Toggle' ? node.title : node.label)), input: node };
  return (
    Object.values(node)
      .map((inner) => inputNamed(inner, id))
      .find((found) => found !== null) ?? null
  );
}
