/** The report for people: one HTML page that loads nothing, runs nothing, and prints to two pages. */
import { shortDigest } from '../../../domain/digest.ts';
import { lastReading, verdictOf } from '../../../domain/evidence/verdict.ts';
import { highestProof } from '../../../domain/proof.ts';
import { countOf } from '../../../text/count.ts';
import { levelCode, verdictWords } from '../../../text/evidence.ts';
import { proofWords } from '../../../text/steps.ts';
import { changedSection } from './changed.ts';
import { decidedSection } from './decided.ts';
import { clockOf, dayOf, Html, html, lowerFirst, none, type ReportFacts, strongIn, whoIn } from './parts.ts';
import { notProvedSection, provedSection, undoSection } from './proved.ts';
import { checkpointOf, controlsSection, limitsSection, recordSection, reviewSection } from './record.ts';
import { styleOf } from './style.ts';
import { happenedSection } from './time-line.ts';

/** Which report it is: raised with every change of what the same events make. */
export const madeBy = '<meta name="generator" content="cmk-bot evidence report 2">';

/** What the page says that it was made of; null: it doesn't. */
export const madeOfIn = (page: string): string | null =>
  /<meta name="made-of" content="([^"]*)">/.exec(page)?.[1] ?? null;

const fact = (name: string, strong: string, more: string): Html =>
  html`<div><dt>${name}</dt><dd><b>${strong}</b>${more}</dd></div>\n`;

function decisionFact({ request }: ReportFacts): Html {
  const { approvalsRequired } = request.policy;
  const count = `${request.approvals.length} of ${approvalsRequired} approvals`;
  if (request.state === 'rejected' || request.state === 'cancelled')
    return fact('Decision', request.state, `after ${count}`);
  if (request.state === 'expired') return fact('Decision', 'none in time', `after ${count}`);
  return fact(
    'Decision',
    count,
    `by ${approvalsRequired > 1 ? 'other people' : 'another person'} than the one who asked`,
  );
}

function planFact({ request }: ReportFacts): Html {
  const more =
    request.state === 'succeeded'
      ? 'approved, looked at again, and carried out: the same'
      : request.checked > 0
        ? 'approved, and looked at again'
        : 'what was asked for; not carried out';
  return fact('Plan, by digest', shortDigest(request.digest), more);
}

function proofFact({ request }: ReportFacts): Html {
  const level = request.state === 'succeeded' ? highestProof(request.proofs) : null;
  if (level === null) return fact('Proof of use', 'none', 'the agent was not put under a key by this request');
  const more =
    level === 'use-seen'
      ? 'the vault’s log shows the agent using it'
      : 'that the agent uses it was not looked for, or not seen';
  return fact('Proof of use', `${levelCode(level)}, ${lowerFirst(proofWords[level].name)}`, more);
}

function recordFact(facts: ReportFacts): Html {
  const { events, witness } = facts;
  const { size } = checkpointOf(facts);
  const more =
    witness === null
      ? `in a log of ${size}; no witness has signed it`
      : `in a log of ${size}, by a witness on ${dayOf(witness.at)}, ${clockOf(witness.at)}`;
  return fact(
    'Record',
    `${countOf(events.length, 'event', 'events')}, ${witness === null ? 'signed' : 'witnessed'}`,
    more,
  );
}

const nowWords = (facts: ReportFacts): string => {
  const verdict = verdictOf(facts.request, facts.events, facts.later);
  if (verdict.is !== 'under-key')
    return 'Read from Azure once more when this was made: what it showed is in section 3.';
  if (verdict.now === 'same') return 'Read from Azure once more when this was made: the same key, the same version.';
  if (verdict.replacedBy !== null)
    return 'Read from Azure once more when this was made: the key of the later request, which others approved.';
  return verdict.now === 'unread'
    ? 'Azure could not be read again when this was made.'
    : 'Read from Azure once more when this was made: it is no longer so, and no request in this log says why.';
};

function head(facts: ReportFacts): Html {
  const { request, events } = facts;
  const taken = lastReading(events);
  const { mark, sentence } = verdictWords(request, verdictOf(request, events, facts.later), whoIn(facts));
  const made =
    taken === null
      ? none
      : html`made ${dayOf(taken.at)} ${new Date(taken.at).getUTCFullYear()}, ${clockOf(taken.at)} UTC · `;
  return html`<header>
<div class="head"><h1>Evidence of one change: request ${request.id}</h1><p>${made}all times UTC</p></div>
<p class="verdict"><span class="mark" aria-hidden="true">${mark}</span>${strongIn(sentence)}</p>
<p class="but">${nowWords(facts)} What this does <b>not</b> prove is in section 5, what cannot be undone in section 6. Names were looked up for this report; the record itself holds object ids only.</p>
<dl class="facts">
${decisionFact(facts)}${planFact(facts)}${proofFact(facts)}${recordFact(facts)}</dl>
</header>\n`;
}

/** The foot of each page: nothing in it that could end a string of the style. */
const footOf = (facts: ReportFacts): string =>
  `cmk-bot evidence ${facts.request.id} · plan ${shortDigest(facts.request.digest)} · log size ${checkpointOf(facts).size}`.replaceAll(
    /[^\w .·-]/g,
    '',
  );

/** The same facts make the same bytes: whoever verifies makes it anew. */
export function reportOf(facts: ReportFacts): string {
  const { id, resourceName } = facts.request;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
${new Html(madeBy)}
<meta name="made-of" content="${facts.madeOf}">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Evidence ${id}: ${resourceName}</title>
<style>${new Html(styleOf(footOf(facts)))}</style>
</head>
<body>
<main>
${head(facts)}${happenedSection(facts)}
${decidedSection(facts)}
${changedSection(facts)}
<div class="${facts.request.touched ? 'break' : 'on'}">
${provedSection(facts)}
<div class="two">
${notProvedSection(facts)}
${undoSection(facts)}
</div>
${recordSection(facts)}
${controlsSection()}
${limitsSection(facts)}
${reviewSection()}
</div>
</main>
</body>
</html>
`.text;
}
