/**
 * Section 1: the timeline. It has three parts, each with its own scale, separated by a zigzag. All its times are also in
 * tables.
 */
import { lastReading } from '../../../domain/evidence/verdict.ts';
import type { StoredEvent } from '../../../domain/request/events.ts';
import { lowerFirst, upperFirst } from '../../../domain/strings.ts';
import { levelCode } from '../../../text/evidence.ts';
import { shortDuration } from '../../../text/instants.ts';
import { proofWords } from '../../../text/steps.ts';
import { actorOf, clockOf, dayOf, type Html, html, none, type ReportFacts, section, whenOf, whoIn } from './parts.ts';
import { lineNames } from './step-stories.ts';
import { drawRun, rowHeight, runOf } from './time-line-run.ts';

const width = 680;
const axis = 30;

const ms = (from: string, to: string): number => Date.parse(to) - Date.parse(from);

/** Verbs of the decisions in the first part. */
const decides: ReadonlyMap<string, string> = new Map([
  ['submitted', 'submits'],
  ['approved', 'approves'],
  ['rejected', 'rejects'],
  ['cancelled', 'cancels'],
  ['expired', 'expires'],
  ['request-changed', 'edits it'],
  ['plan-changed', 'asks again'],
]);

interface Mark {
  readonly event: StoredEvent;
  readonly x: number;
  readonly verb: string;
}

/** Returns the positions of the decisions: first, last, and those between. */
function positionsOf(events: readonly StoredEvent[], to: number): readonly Mark[] {
  const marks = events.flatMap((event) => {
    const verb = decides.get(event.body.type);
    return verb === undefined ? [] : [{ event, verb }];
  });
  const [first, last] = [marks[0]?.event.time ?? '', marks.at(-1)?.event.time ?? ''];
  const span = Math.max(1, ms(first, last));
  return marks.map(({ event, verb }) => ({ event, verb, x: 5 + ((to - 5) * ms(first, event.time)) / span }));
}

const nameOf = (facts: ReportFacts, { event, verb }: Pick<Mark, 'event' | 'verb'>): string => {
  const actor = actorOf(event, whoIn(facts));
  return `${actor.length > 22 ? `${actor.slice(0, 8)}…` : actor} ${verb}`;
};

const letter = 4.9;

/** Returns whether the names of requester and last decider fit on one line of this length. */
function fitsBeside(facts: ReportFacts, to: number): boolean {
  const marks = positionsOf(facts.events, to);
  const names = [marks[0], marks.at(-1)].map((mark) => (mark === undefined ? '' : nameOf(facts, mark)));
  return names.join('').length * letter < to - 6;
}

function drawDecisions(facts: ReportFacts, to: number, cut: boolean): Html {
  const { events, request } = facts;
  const marks = positionsOf(events, to);
  const [first, last] = [marks[0], marks.at(-1)];
  if (first === undefined || last === undefined) return none;
  const day = dayOf(request.submittedAt);
  const low = fitsBeside(facts, to) ? 47 : 71;
  const zigzag = cut ? `H${to + 10}l2.500-4 3.500 8 2.500-4h7.500` : `H${to + 6}`;
  const dots = marks.map(
    ({ x }, index) =>
      html`<circle class="${index === 0 ? 'open' : 'done'}" cx="${x.toFixed(1)}" cy="${axis}" r="${index === 0 ? '4' : '4.6'}"/>`,
  );
  return html`<text class="t" x="0" y="10">${request.approvals.length > 0 ? 'Submitted and approved' : 'Submitted and decided'}</text><text class="s" x="${to + 4}" y="10" text-anchor="end">${shortDuration(ms(first.event.time, last.event.time))}</text>
<path class="axis" d="M4 ${axis}${zigzag}"/>${dots}
<text x="0" y="47">${nameOf(facts, first)}</text><text class="s" x="0" y="58">${whenOf(first.event.time, day)}</text>
${last === first ? none : html`<text x="${to + 5}" y="${low}" text-anchor="end">${nameOf(facts, last)}</text><text class="s" x="${to + 5}" y="${low + 11}" text-anchor="end">${whenOf(last.event.time, day)}</text>`}\n`;
}

/** Draws the last part: the proofs, and the read at the creation of the evidence. */
function drawProved(facts: ReportFacts, from: number, day: string): Html {
  const { events, request } = facts;
  if (request.state !== 'succeeded') return none;
  const succeeded = events.find(({ body }) => body.type === 'succeeded');
  const last = lastReading(events);
  if (succeeded === undefined || last === null) return none;
  const proved =
    succeeded.body.type === 'succeeded' ? succeeded.body.data.proofs.filter(({ outcome }) => outcome === 'proved') : [];
  const judged = events.find(({ body }) => body.type === 'use-judged');
  const used =
    judged?.body.type === 'use-judged' && judged.body.data.answer.outcome === 'used' ? judged.body.data.answer : null;
  const end = width - 6;
  const levels = [...proved].reverse().map(({ level }, index) => {
    const y = 88 + index * 22;
    return html`<circle class="done" cx="${from}" cy="${y}" r="4.6"/><text x="${from + 10}" y="${y + 3.5}"><tspan class="b">${levelCode(level)}</tspan> ${lowerFirst(proofWords[level].name)}</text>\n`;
  });
  const bottom = 88 + Math.max(0, proved.length - 1) * 22;
  const seen =
    used === null || judged === undefined
      ? none
      : html`<text class="b" x="${end + 4}" y="63" text-anchor="end">L3 use observed ${whenOf(judged.time, day)}</text><text class="s" x="${end + 4}" y="74" text-anchor="end">used ${whenOf(used.at, day)}, says the vault’s log</text>`;
  return html`<text class="t" x="${from}" y="10">Verified</text><text class="s" x="${width - 2}" y="10" text-anchor="end">${shortDuration(ms(succeeded.time, last.at))}</text>
<path class="axis" d="M${from - 24} ${axis}h7l2.500-4 3.500 8 2.500-4h8.500H${end}M${from} ${axis}V${bottom}M${end} 27v6"/>
<text class="s" x="${from}" y="23">${whenOf(succeeded.time, day)}</text><text class="s" x="${width - 2}" y="23" text-anchor="end">${whenOf(last.at, day)}</text>
<circle class="open" cx="${end}" cy="${axis}" r="4"/><text x="${width - 2}" y="47" text-anchor="end">read again</text>${seen}
${levels}`;
}

/** Returns the description for people who can't see the drawing. */
function descriptionOf(facts: ReportFacts): string {
  const { request, events } = facts;
  const who = whoIn(facts);
  const decisions = events.flatMap((event) => {
    const verb = decides.get(event.body.type);
    return verb === undefined ? [] : [`${actorOf(event, who)} ${verb} at ${clockOf(event.time)}.`];
  });
  const steps = request.progress.flatMap(({ name, endedAt, state }) =>
    endedAt === null ? [] : [`${upperFirst(lineNames[name])}: ${state} at ${clockOf(endedAt)}.`],
  );
  return [...decisions, ...steps, 'The same facts are in sections 2, 3 and 4.'].join(' ');
}

export function happenedSection(facts: ReportFacts): Html {
  const { request } = facts;
  const run = runOf(facts);
  const rows = run?.stories.length ?? 0;
  const isProved = request.state === 'succeeded';
  const top = fitsBeside(facts, 160) ? 66 : 91;
  const height = run === null ? 66 : Math.max(top + rows * rowHeight + 2, isProved ? 140 : 0);
  const runWidth = isProved ? 262 : 476;
  const day = run === null ? dayOf(request.submittedAt) : dayOf(run.from);
  const runs = request.runs > 1 ? ` The last of ${request.runs} runs is drawn; section 3 counts the tries of all.` : '';
  const caption =
    run === null
      ? 'Section 2 has every time, too.'
      : `Each part has its own scale. Filled: done. Dashed: refused by Azure, then tried again.${runs}`;
  return section(
    1,
    'What happened',
    html`<figure>
<div class="wide" role="region" aria-labelledby="h1" tabindex="0"><svg viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="tl-t tl-d">
<title id="tl-t">Time line of request ${request.id}, ${dayOf(request.submittedAt)}, UTC</title>
<desc id="tl-d">${descriptionOf(facts)}</desc>
${drawDecisions(facts, run === null ? 660 : 160, run !== null)}${run === null ? none : drawRun(run, { left: 198, width: runWidth, top })}${run === null ? none : drawProved(facts, 484, day)}</svg></div>
<figcaption>${caption}</figcaption>
</figure>`,
  );
}
