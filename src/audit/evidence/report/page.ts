/** One HTML page without scripts or external resources: escaping, sections, tables and style. */
import { escapeHtml, revealInvisible } from '../../../domain/strings.ts';

export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Part = string | number | Html | readonly Html[];

const visible = (text: string): string =>
  revealInvisible(text).replaceAll(/(?!\n)[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\uFFFD');

function piece(part: Part): string {
  if (part instanceof Html) return part.text;
  return typeof part === 'object' ? part.map(({ text }) => text).join('') : escapeHtml(visible(String(part)));
}

export const html = (texts: TemplateStringsArray, ...parts: readonly Part[]): Html =>
  new Html(texts.map((text, index) => (index === 0 ? text : `${piece(parts[index - 1] ?? '')}${text}`)).join(''));

export const none = html``;

export const id = (text: string): Html => html`<span class="id">${text}</span>`;

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

export const topFact = (name: string, strong: string, more: string): Html =>
  html`<div><dt>${name}</dt><dd><b>${strong}</b>${more}</dd></div>\n`;

const style = `
:root { --ink: #131b24; --soft: #434d58; --rule: #b9c1c9; --pale: #eff2f5; --deep: #10375c; }
* { box-sizing: border-box; }
html { background: #dfe3e7; color: var(--ink); font: 8.6pt/1.36 Arial, "Liberation Sans", Helvetica, sans-serif; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
body { margin: 0; }
main { width: 210mm; margin: 8mm auto; background: #fff; padding: 12mm 13mm; box-shadow: 0 1px 6px #0003; }
h1, h2, p, ul, dl, dd, table, figure, pre { margin: 0; }
h1 { font-size: 8.6pt; font-weight: 700; letter-spacing: .02em; }
h2 { font-size: 10.6pt; line-height: 1.2; margin: 4mm 0 1.1mm; color: var(--deep); break-after: avoid; }
h2 .n { display: inline-block; min-width: 5mm; padding-right: 1mm; font-weight: 400; }
code, pre, .id { font-family: "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: .84em; font-variant-ligatures: none; overflow-wrap: anywhere; }
.nb { white-space: nowrap; }
.head { display: flex; justify-content: space-between; gap: 8mm; border-bottom: 1.6pt solid var(--ink); padding-bottom: 1.2mm; }
.head p { color: var(--soft); text-align: right; }
.verdict { font-size: 14.2pt; line-height: 1.3; margin: 4mm 0 2mm; text-wrap: pretty; overflow-wrap: anywhere; }
.verdict .mark { font-weight: 700; padding-right: 1.2mm; }
.but { max-width: 178mm; }
.facts { display: grid; grid-template-columns: repeat(4, 1fr); margin-top: 3mm; border: .6pt solid var(--rule); }
.facts div { padding: 1.4mm 2.4mm 1.6mm; border-left: .6pt solid var(--rule); }
.facts div:first-child { border-left: 0; }
.facts dt { font-size: 7.4pt; color: var(--soft); }
.facts dd b { display: block; font-size: 11pt; line-height: 1.25; }
.facts dd { font-size: 7.8pt; line-height: 1.3; }
table { width: 100%; border-collapse: collapse; }
caption { text-align: left; font-size: 7.8pt; color: var(--soft); padding: 0 0 1mm; }
th, td { text-align: left; vertical-align: top; padding: .7mm 2.2mm .7mm 0; border-top: .5pt solid var(--rule); font-size: 8.1pt; line-height: 1.3; overflow-wrap: anywhere; }
td:last-child, th:last-child { padding-right: 0; }
thead th { font-size: 7.4pt; font-weight: 700; overflow-wrap: normal; color: var(--soft); border-top: 0; border-bottom: .9pt solid var(--ink); padding-bottom: .5mm; vertical-align: bottom; }
tbody tr:first-child > * { border-top: 0; }
tbody { border-bottom: .5pt solid var(--rule); }
tr { break-inside: avoid; }
td .id, th .id { font-size: 6.7pt; font-weight: 400; overflow-wrap: normal; white-space: nowrap; }
th .what { font-weight: 400; color: var(--soft); }
.full { font-size: 7.6pt; color: var(--soft); margin-top: .9mm; }
.full .id { font-size: 6.5pt; color: var(--ink); }
.second { display: block; color: var(--soft); font-size: 7.5pt; font-weight: 400; }
.num { font-variant-numeric: tabular-nums; white-space: nowrap; }
figcaption { font-size: 7.8pt; color: var(--soft); margin-top: .6mm; }
.two { display: grid; grid-template-columns: 1fr 1fr; gap: 0 7mm; }
ul { list-style: none; padding: 0; }
li { padding-left: 4mm; position: relative; margin-bottom: .7mm; font-size: 8.1pt; line-height: 1.3; break-inside: avoid; }
li::before { content: attr(data-m); position: absolute; left: 0; font-weight: 700; }
pre { border: .6pt solid var(--rule); background: var(--pale); padding: 1.3mm 2mm; font-size: 6.35pt; line-height: 1.42; white-space: pre-wrap; overflow-wrap: anywhere; }
pre .out { color: var(--soft); }
.proofs { gap: 4mm; margin-top: 1.2mm; }
.proofs figure { display: flex; flex-direction: column; break-inside: avoid; }
.proofs figcaption { margin: 0 0 .6mm; }
.proofs pre { flex: 1; }
.review { break-inside: avoid; }
.sign { display: grid; grid-template-columns: 1.35fr 1fr .8fr; gap: 6mm; margin-top: 1mm; }
.sign span { border-top: .7pt solid var(--ink); font-size: 7.4pt; color: var(--soft); padding-top: .5mm; margin-top: 7mm; }
@media screen and (max-width: 210mm) { main { width: auto; margin: 0; padding: 5mm; } .two, .facts, .sign { grid-template-columns: 1fr; } .facts div { border-left: 0; } .wide { overflow-x: auto; } .wide > * { min-width: 172mm; } }
@media screen { .break { border-top: .6pt dashed var(--rule); margin-top: 8mm; padding-top: 2mm; } }
@media print { html { background: #fff; } main { width: auto; margin: 0; padding: 0 .3mm; box-shadow: none; } .break { break-before: page; } .break > section:first-child h2, .break > h2:first-child { margin-top: 0; } }
`;

/**
 * No page size, so that the printer's paper applies. US Letter is 18 mm shorter than A4, and needs closer spacing for two
 * pages.
 */
const paper = (foot: string): string => `
@media print { main { zoom: .96; } }
@media print and (max-height: 285mm) { main { zoom: .9; } }
@page { margin: 10mm 13mm 12mm;
  @bottom-left { content: "${foot}"; font: 7pt Arial, "Liberation Sans", sans-serif; color: #434d58; }
  @bottom-right { content: "Page " counter(page) " of " counter(pages); font: 7pt Arial, "Liberation Sans", sans-serif; color: #434d58; } }
`;

/** `foot`: text at the bottom of each page; only letters, digits, spaces and dots. */
export const reportPage = ({ title, foot }: { readonly title: string; readonly foot: string }, content: Html): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${new Html(`${style}${paper(foot)}`)}</style>
</head>
<body>
<main>
${content}</main>
</body>
</html>
`.text;
