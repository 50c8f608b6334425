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
import { lineNames, type ReportedAttempt, type StepStory, stepStories } from './step-stories.ts';

const rowHeight = 19;
const narrowest = 4;
/** Widths of a letter in a label, and in a name. */
const [letter, nameLetter] = [4.4, 4.9];

interface DrawnRun {
  readonly number: number;
  readonly from: string;
  readonly to: string;
  readonly stories: readonly StepStory[];
}

/** Returns the last run with an attempt; null: none. */
export function runOf({ request, events }: ReportFacts): DrawnRun | null {
  const ofPlan = stepStories(request, events).slice(request.earlier.length);
  const stories = ofPlan.map((story) => ({ ...story, tries: story.tries.filter(({ run }) => run === request.runs) }));
  const tries = stories.flatMap((story) => story.tries);
  const [first] = tries;
  if (first === undefined) return null;
  const checked = events.findLast(({ body }) => body.type === 'run-checked' && body.data.run === first.run);
  const ends = tries.map(({ to, from }) => to ?? from).sort();
  return { number: first.run, from: checked?.time ?? first.from, to: ends.at(-1) ?? first.from, stories };
}

const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21_600, 86_400];

/** Returns the seconds with marks on the scale, at most four. */
function ticksOf(seconds: number): readonly number[] {
  const every = steps.find((one) => seconds / one <= 4.5) ?? seconds;
  return Array.from({ length: Math.max(0, Math.ceil(seconds / every) - 1) }, (_, index) => (index + 1) * every);
}

interface Scale {
  readonly x: (time: string) => number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
}

function barOf({ x, right }: Scale, { from, to, isDone }: ReportedAttempt, y: number) {
  const begin = Math.min(x(from), right - narrowest);
  const end = Math.max(begin + narrowest, to === null ? right : x(to));
  const shape = html`<rect class="${isDone ? 'done' : 'try'}" x="${begin.toFixed(1)}" y="${y}" width="${(end - begin).toFixed(1)}" height="9"/>`;
  return { bar: shape, begin, end };
}

function labelsOf({ step, tries, done }: StepStory): readonly string[] {
  const refused = tries.filter(({ code }) => code !== null);
  const [first] = refused;
  if (first !== undefined) {
    const times = refused.length === 1 ? 'refused once' : `refused ${refused.length} times`;
    return [`${times}: ${(first.code ?? '').slice(0, 28)}`, times];
  }
  if (step.reversibility === 'irreversible' && done !== null) return ['▲ can’t be undone', '▲'];
  if (done === null) return [tries.length === 0 ? 'not started' : 'not done'];
  if (step.name === 'verify') return ['read back'];
  return tries.at(-1)?.already === true ? ['already so'] : [];
}

/** Draws the first label that fits after the last bar, or before the first. */
function labelBeside(scale: Scale, labels: readonly string[], begin: number, end: number, y: number): Html {
  for (const label of labels) {
    const room = label.length * letter + 8;
    const behind = end + room <= scale.right;
    if (!behind && begin - room < scale.left) continue;
    const at = behind ? end + 6 : begin - 6;
    const kind = label.startsWith('▲') ? 'b' : 's';
    return html`<text class="${kind} halo" x="${at.toFixed(1)}" y="${y}"${behind ? none : html` text-anchor="end"`}>${label}</text>`;
  }
  return none;
}

function rowOf(scale: Scale, story: StepStory, number: number): Html {
  const y = scale.top + (number - 1) * rowHeight;
  const bars = story.tries.map((one) => barOf(scale, one, y + 4));
  const end = Math.max(scale.left, ...bars.map((bar) => bar.end));
  const begin = Math.min(...bars.map((bar) => bar.begin), scale.right);
  const label = labelBeside(scale, labelsOf(story), begin, end, y + 12);
  return html`<text x="${scale.left - 6}" y="${y + 12}" text-anchor="end">${number} ${lineNames[story.step.name]}</text>${bars.map(({ bar }) => bar)}${label}\n`;
}

/** Draws the run. Positions are in units of the drawing; `top` is that of the first row. */
function drawRun(
  run: DrawnRun,
  { left, width, top }: { readonly left: number; readonly width: number; readonly top: number },
): Html {
  const right = left + width;
  const length = Math.max(1, Date.parse(run.to) - Date.parse(run.from));
  const x = (time: string): number => left + (width * (Date.parse(time) - Date.parse(run.from))) / length;
  const scale = { x, left, right, top };
  const bottom = top + run.stories.length * rowHeight;
  const ticks = ticksOf(length / 1000).map((seconds) => ({ seconds, at: left + (width * seconds * 1000) / length }));
  const shown = ticks.filter(({ at }) => at > left + 46 && at < right - 46);
  const lines = run.stories
    .slice(1)
    .map((_, index) => `M${left - 110} ${top + (index + 1) * rowHeight - 1.5}H${right}`);
  return html`<text class="t" x="${left}" y="10">Run ${run.number}, in Azure</text><text class="s" x="${right}" y="10" text-anchor="end">${shortDuration(length)}</text>
<path class="axis" d="M${left} 30H${right}M${left} 27v6M${right} 27v6${ticks.map(({ at }) => `M${at.toFixed(1)} 28v4`).join('')}"/>
<text class="s" x="${left}" y="23">${clockOf(run.from)}</text>${shown.map(({ seconds, at }) => html`<text class="s" x="${at.toFixed(1)}" y="23" text-anchor="middle">+${shortDuration(seconds * 1000)}</text>`)}<text class="s" x="${right}" y="23" text-anchor="end">${clockOf(run.to)}</text>
<path class="faint" d="${lines.join('')}${ticks.map(({ at }) => `M${at.toFixed(1)} 36V${bottom}`).join('')}"/>
${run.stories.map((story, index) => rowOf(scale, story, index + 1))}`;
}

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

/** Returns whether the names of requester and last decider fit on one line of this length. */
function fitsBeside(facts: ReportFacts, to: number): boolean {
  const marks = positionsOf(facts.events, to);
  const names = [marks[0], marks.at(-1)].map((mark) => (mark === undefined ? '' : nameOf(facts, mark)));
  return names.join('').length * nameLetter < to - 6;
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
