/** Shared parts of the report: HTML escaping, times, names, sections and tables. */
import type { Replacement } from '../../../domain/evidence/verdict.ts';
import type { StoredEvent } from '../../../domain/request/events.ts';
import type { Request } from '../../../domain/request/request.ts';
import { escapeHtml, revealInvisible } from '../../../domain/strings.ts';
import type { Sentence, Who } from '../../../text/evidence.ts';

export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Part = string | number | Html | readonly Html[];

/** Replaces direction overrides and invisible characters with a visible sign. */
const visible = (text: string): string =>
  revealInvisible(text).replaceAll(/(?!\n)[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\uFFFD');

function piece(part: Part): string {
  if (part instanceof Html) return part.text;
  return typeof part === 'object' ? part.map(({ text }) => text).join('') : escapeHtml(visible(String(part)));
}

export const html = (texts: TemplateStringsArray, ...parts: readonly Part[]): Html =>
  new Html(texts.map((text, index) => (index === 0 ? text : `${piece(parts[index - 1] ?? '')}${text}`)).join(''));

export const none = html``;

export interface ReportFacts {
  readonly request: Request;
  /** Oldest first. */
  readonly events: readonly StoredEvent[];
  /** A person's name; null: not found, or omitted. */
  readonly names: (id: string) => string | null;
  /** The signed checkpoint. */
  readonly note: string;
  /** The witness that cosigned it, by the keys in the pack, and when (ISO 8601). */
  readonly witness: { readonly name: string; readonly at: string } | null;
  /** The later request that replaced the key, by its events in the pack; null: none. */
  readonly later: Replacement | null;
  /** A vault key cosigned it, by the keys in the pack. */
  readonly vault: boolean;
  /** The pack includes people's texts. */
  readonly texts: boolean;
  /** Source files and their SHA-256. If one changed, the report differs because of it. */
  readonly madeOf: string;
  /** The pack includes the whole policy. */
  readonly rules: boolean;
}

/** Keeps day and month together with a no-break space. */
const keepDatesTogether = (text: string): string => text.replaceAll(/(?<=\d) (?=[A-Z][a-z]+ \d{4})/g, '\u00A0');

export const strongIn = (sentence: Sentence): readonly Html[] =>
  sentence.map((piece) =>
    typeof piece === 'string' ? html`${keepDatesTogether(piece)}` : html`<b>${piece.strong}</b>`,
  );

export const id = (text: string): Html => html`<span class="id">${text}</span>`;
export const short = (text: string): string => text.slice(0, 8);

/** `24 November` and `23:55:28`, in UTC. */
export const dayOf = (time: string): string => {
  const at = new Date(time);
  return `${at.getUTCDate()} ${at.toLocaleString('en-GB', { month: 'long', timeZone: 'UTC' })}`;
};
export const clockOf = (time: string): string => new Date(time).toISOString().slice(11, 19);

/** Returns the time of day, with the date if it's another day. */
export const whenOf = (time: string, day: string): string =>
  dayOf(time) === day ? clockOf(time) : `${dayOf(time)}, ${clockOf(time)}`;

/** Returns a person's name, or their id without one. Operators have the name that they gave. */
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

/** Returns a section with its number. Sections and their numbers never change. */
export const section = (number: number, title: string, content: Html): Html =>
  html`<section aria-labelledby="h${number}">
<h2 id="h${number}"><span class="n">${number}</span>${title}</h2>
${content}
</section>`;

/** Title, and width in millimeters; missing: the remaining width. */
export type Column = readonly [title: string, width?: number];

export const htmlTable = (number: number, caption: string, columns: readonly Column[], rows: readonly Html[]): Html =>
  html`<div class="wide" role="region" aria-labelledby="h${number}" tabindex="0"><table>
<caption>${caption}</caption>
<thead><tr>${columns.map(([title, width]) =>
    width === undefined
      ? html`<th scope="col">${title}</th>`
      : html`<th scope="col" style="width:${width}mm">${title}</th>`,
  )}</tr></thead>
<tbody>
${rows}</tbody></table></div>`;

export const bullet = (mark: string, content: Html): Html => html`<li data-m="${mark}">${content}</li>\n`;

/** One of the facts at the top. */
export const topFact = (name: string, strong: string, more: string): Html =>
  html`<div><dt>${name}</dt><dd><b>${strong}</b>${more}</dd></div>\n`;
