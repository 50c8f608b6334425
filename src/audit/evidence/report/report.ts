/** The report for people: one HTML page without scripts or external resources, printed on two pages. */
import { shortDigest } from '../../../domain/digest.ts';
import { lastReading, verdictOf } from '../../../domain/evidence/verdict.ts';
import { highestProof } from '../../../domain/proof.ts';
import { lowerFirst } from '../../../domain/strings.ts';
import { levelCode, verdictWords } from '../../../text/evidence.ts';
import { proofWords } from '../../../text/steps.ts';
import { countOf } from '../../../text/words.ts';
import { changedSection } from './changed.ts';
import { decidedSection } from './decided.ts';
import { checkpointOf, controlsSection, limitsSection, logSection, reviewSection } from './log-sections.ts';
import { clockOf, dayOf, Html, html, none, type ReportFacts, strongIn, topFact, whoIn } from './parts.ts';
import { notProvedSection, provedSection, undoSection, unverifiedWords } from './proved.ts';
import { happenedSection } from './time-line.ts';

const page = `
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
`;

const tables = `
table { width: 100%; border-collapse: collapse; }
caption { text-align: left; font-size: 7.8pt; color: var(--soft); padding: 0 0 1mm; }
th, td { text-align: left; vertical-align: top; padding: .7mm 2.2mm .7mm 0; border-top: .5pt solid var(--rule); font-size: 8.1pt; line-height: 1.3; overflow-wrap: anywhere; }
td:last-child, th:last-child { padding-right: 0; }
thead th { font-size: 7.4pt; font-weight: 700; color: var(--soft); border-top: 0; border-bottom: .9pt solid var(--ink); padding-bottom: .5mm; vertical-align: bottom; }
tbody tr:first-child > * { border-top: 0; }
tbody { border-bottom: .5pt solid var(--rule); }
tr { break-inside: avoid; }
td .id, th .id { font-size: 6.7pt; font-weight: 400; overflow-wrap: normal; white-space: nowrap; }
th .what { font-weight: 400; color: var(--soft); }
.now { margin-top: 1.4mm; font-size: 8.1pt; }
.full { font-size: 7.6pt; color: var(--soft); margin-top: .9mm; }
.full .id { font-size: 6.5pt; color: var(--ink); }
.second { display: block; color: var(--soft); font-size: 7.5pt; font-weight: 400; }
.num { font-variant-numeric: tabular-nums; white-space: nowrap; }
.says { font-weight: 700; white-space: nowrap; }
.said { display: block; border-left: 1.4pt solid var(--rule); padding-left: 1.6mm; margin-top: .4mm; }
`;

const drawing = `
figure svg { display: block; width: 100%; height: auto; }
figcaption { font-size: 7.8pt; color: var(--soft); margin-top: .6mm; }
svg text { font: 9.6px Arial, "Liberation Sans", Helvetica, sans-serif; fill: var(--ink); }
svg .halo { paint-order: stroke; stroke: #fff; stroke-width: 3.5px; stroke-linejoin: round; }
svg .t { font-weight: 700; font-size: 10.2px; fill: var(--deep); }
svg .s { fill: var(--soft); font-size: 8.9px; }
svg .b { font-weight: 700; }
svg .axis { stroke: var(--ink); stroke-width: 1; fill: none; }
svg .faint { stroke: var(--rule); stroke-width: .8; }
svg .done { fill: var(--ink); }
svg .try { fill: #fff; stroke: var(--ink); stroke-width: 1; stroke-dasharray: 2.5 2; }
svg .open { fill: #fff; stroke: var(--ink); stroke-width: 1.4; }
`;

const rest = `
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

/** Version of the report. Increase it with each change of the output for the same events. */
export const madeBy = '<meta name="generator" content="cmk-bot evidence report 6">';

/** Returns the source files named in the page; null: none. */
export const madeOfIn = (page: string): string | null =>
  /<meta name="made-of" content="([^"]*)">/.exec(page)?.[1] ?? null;

function decisionFact({ request }: ReportFacts): Html {
  const { approvalsRequired } = request.policy;
  const count = `${request.approvals.length} of ${approvalsRequired} approvals`;
  if (request.state === 'rejected' || request.state === 'cancelled')
    return topFact('Decision', request.state, `after ${count}`);
  if (request.state === 'expired') return topFact('Decision', 'none in time', `after ${count}`);
  return topFact(
    'Decision',
    count,
    `by ${approvalsRequired > 1 ? 'accounts' : 'an account'} other than the requester’s`,
  );
}

function planFact({ request }: ReportFacts): Html {
  const more =
    request.state === 'succeeded'
      ? 'approved, checked again, and carried out unchanged'
      : request.progress.some(({ run }) => run > 0)
        ? 'approved, and checked again'
        : 'requested, not carried out';
  return topFact('Plan, by digest', shortDigest(request.digest), more);
}

function proofFact(facts: ReportFacts): Html {
  const { request } = facts;
  const level = request.state === 'succeeded' ? highestProof(request.proofs) : null;
  if (level === null) return topFact('Verification level', 'none', unverifiedWords(facts));
  const more =
    level === 'use-seen'
      ? 'the vault’s log shows that the agent used the key'
      : 'use by the agent wasn’t checked, or wasn’t observed';
  return topFact('Verification level', `${levelCode(level)}, ${lowerFirst(proofWords[level].name)}`, more);
}

function logFact(facts: ReportFacts): Html {
  const { events, witness } = facts;
  const { size } = checkpointOf(facts);
  const more =
    witness === null
      ? `in a log of ${size}; no witness has signed it`
      : `in a log of ${size}, witnessed on ${dayOf(witness.at)}, ${clockOf(witness.at)}`;
  return topFact(
    'Audit log',
    `${countOf(events.length, 'event', 'events')}, ${witness === null ? 'signed' : 'witnessed'}`,
    more,
  );
}

function nowWords({ request, events, later }: ReportFacts): string {
  const seen = lastReading(events)?.reading.resource.seen ?? 'not';
  if (seen === 'not') return 'Azure couldn’t be read again for this report.';
  const again = 'Azure was read again for this report:';
  if (seen === 'absent') return `${again} the agent no longer exists.`;
  const verdict = verdictOf(request, events, later);
  if (verdict.is !== 'under-key') return `${again} section 3 has the result.`;
  if (verdict.now === 'same') return `${again} same key, same version.`;
  return verdict.replacedBy === null
    ? `${again} the key has changed, and no request in this pack explains it.`
    : `${again} it has the key of a later request, which was approved too.`;
}

function head(facts: ReportFacts): Html {
  const { request, events } = facts;
  const lastRead = lastReading(events);
  const { mark, sentence } = verdictWords(request, verdictOf(request, events, facts.later), whoIn(facts));
  const made =
    lastRead === null
      ? none
      : html`created ${dayOf(lastRead.at)} ${new Date(lastRead.at).getUTCFullYear()}, ${clockOf(lastRead.at)} UTC · `;
  return html`<header>
<div class="head"><h1>Evidence for one change: request ${request.id}</h1><p>${made}all times UTC</p></div>
<p class="verdict"><span class="mark" aria-hidden="true">${mark}</span>${strongIn(sentence)}</p>
<p class="but">${nowWords(facts)} Section 5 lists what <b>isn’t</b> verified, section 6 what can’t be undone. Names were looked up for this report; the audit log has only object ids.</p>
<dl class="facts">
${decisionFact(facts)}${planFact(facts)}${proofFact(facts)}${logFact(facts)}</dl>
</header>\n`;
}

/** Returns the footer of each page. It can't contain anything that ends a CSS string. */
const footOf = (facts: ReportFacts): string =>
  `cmk-bot evidence ${facts.request.id} · plan ${shortDigest(facts.request.digest)} · log size ${checkpointOf(facts).size}`.replaceAll(
    /[^\w .·-]/g,
    '',
  );

type Heading = Readonly<Record<'madeBy' | 'madeOf' | 'title' | 'foot', string>>;

/** `foot`: text at the bottom of each page; only letters, digits, spaces and dots. */
export const reportPage = ({ madeBy, madeOf, title, foot }: Heading, content: Html): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
${new Html(madeBy)}
<meta name="made-of" content="${madeOf}">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${new Html(`${page}${tables}${drawing}${rest}${paper(foot)}`)}</style>
</head>
<body>
<main>
${content}</main>
</body>
</html>
`.text;

/** Returns the report. Deterministic, so that a verifier can reproduce it. */
export function reportOf(facts: ReportFacts): string {
  const { id, resourceName, touched } = facts.request;
  const content = html`${head(facts)}${happenedSection(facts)}
${decidedSection(facts)}
${changedSection(facts)}
<div class="${touched ? 'break' : 'on'}">
${provedSection(facts)}
<div class="two">
${notProvedSection(facts)}
${undoSection(facts)}
</div>
${logSection(facts)}
${controlsSection()}
${limitsSection(facts)}
${reviewSection(10)}
</div>
`;
  const { madeOf } = facts;
  return reportPage({ madeBy, madeOf, title: `Evidence ${id}: ${resourceName}`, foot: footOf(facts) }, content);
}
