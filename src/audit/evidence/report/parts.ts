/** What all parts of the report say in one form. */
import type { Replacement } from '../../../domain/evidence/replacement.ts';
import type { StoredEvent } from '../../../domain/request/events.ts';
import type { Request } from '../../../domain/request/request.ts';
import { showBlanks } from '../../../domain/unseen.ts';
import type { Sentence, Who } from '../../../text/evidence.ts';

export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Part = string | number | Html | readonly Html[];

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** What turns direction, and what nobody sees, is shown as something that is not a letter. */
const seen = (text: string): string => showBlanks(text).replaceAll(/(?!\n)[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\uFFFD');

const escaped = (text: string): string => seen(text).replaceAll(/[&<>"']/g, (mark) => entities[mark] ?? '');

function piece(part: Part): string {
  if (part instanceof Html) return part.text;
  return typeof part === 'object' ? part.map(({ text }) => text).join('') : escaped(String(part));
}

export const html = (texts: TemplateStringsArray, ...parts: readonly Part[]): Html =>
  new Html(texts.map((text, index) => (index === 0 ? text : `${piece(parts[index - 1] ?? '')}${text}`)).join(''));

export const none = html``;

export interface ReportFacts {
  readonly request: Request;
  /** Oldest first. */
  readonly events: readonly StoredEvent[];
  /** A person's name as it was looked up; null: it was not, or is left out. */
  readonly names: (id: string) => string | null;
  /** The checkpoint as it was signed. */
  readonly note: string;
  /** Who signed it beside the log, by the keys in the pack, and when (ISO 8601). */
  readonly witness: { readonly name: string; readonly at: string } | null;
  /** The request that replaced the key since, by its events in the pack; null: there are none. */
  readonly later: Replacement | null;
  /** A key in a vault signed it as well, by the keys in the pack. */
  readonly vault: boolean;
  /** What people wrote is in the pack. */
  readonly texts: boolean;
  /** Files that it is made of and their SHA-256: where they changed, it is not the report that did. */
  readonly madeOf: string;
  /** The whole policy is in the pack. */
  readonly rules: boolean;
}

/** A day does not stand alone at the end of a line. */
const together = (text: string): string => text.replaceAll(/(?<=\d) (?=[A-Z][a-z]+ \d{4})/g, '\u00A0');

export const strongIn = (sentence: Sentence): readonly Html[] =>
  sentence.map((piece) => (typeof piece === 'string' ? html`${together(piece)}` : html`<b>${piece.strong}</b>`));

export const upperFirst = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
export const lowerFirst = (text: string): string => `${text.charAt(0).toLowerCase()}${text.slice(1)}`;

export const id = (text: string): Html => html`<span class="id">${text}</span>`;
export const short = (text: string): string => text.slice(0, 8);

/** `24 November` and `23:55:28`, in UTC. */
export const dayOf = (time: string): string => {
  const at = new Date(time);
  return `${at.getUTCDate()} ${at.toLocaleString('en-GB', { month: 'long', timeZone: 'UTC' })}`;
};
export const clockOf = (time: string): string => new Date(time).toISOString().slice(11, 19);

/** The clock; with the day where it is another than the one that the reader has in mind. */
export const whenOf = (time: string, day: string): string =>
  dayOf(time) === day ? clockOf(time) : `${dayOf(time)}, ${clockOf(time)}`;

/** A person by name, or by their id where no name is known; an operator by the name they gave. */
export const whoIn =
  ({ names }: Pick<ReportFacts, 'names'>): Who =>
  (person) =>
    person === null ? 'an operator' : (names(person) ?? person);

export function actorOf({ body: { actor, submittedBy } }: StoredEvent, who: Who): string {
  if (actor.kind === 'bot') return 'cmk-bot';
  return actor.kind === 'operator' ? `Operator ${submittedBy ?? actor.id ?? ''}`.trim() : who(actor.id);
}

/** `5, 7`, `9–12` */
export function numbersOf(numbers: readonly number[]): string {
  const sorted = [...numbers].sort((a, b) => a - b);
  const ranges: [number, number][] = [];
  for (const number of sorted) {
    const last = ranges.at(-1);
    if (last !== undefined && number === last[1] + 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges
    .map(([from, to]) => (from === to ? `${from}` : to === from + 1 ? `${from}, ${to}` : `${from}–${to}`))
    .join(', ');
}

/** A section with its number; sections and their numbers never change. */
export const section = (number: number, title: string, content: Html): Html =>
  html`<section aria-labelledby="h${number}">
<h2 id="h${number}"><span class="n">${number}</span>${title}</h2>
${content}
</section>`;

interface Column {
  readonly title: string;
  /** In millimetres; without it what is left. */
  readonly width?: number;
}

export const htmlTable = (of: number, caption: string, columns: readonly Column[], rows: readonly Html[]): Html =>
  html`<div class="wide" role="region" aria-labelledby="h${of}" tabindex="0"><table>
<caption>${caption}</caption>
<thead><tr>${columns.map(({ title, width }) =>
    width === undefined
      ? html`<th scope="col">${title}</th>`
      : html`<th scope="col" style="width:${width}mm">${title}</th>`,
  )}</tr></thead>
<tbody>
${rows}</tbody></table></div>`;

export const bullet = (mark: string, content: Html): Html => html`<li data-m="${mark}">${content}</li>\n`;
