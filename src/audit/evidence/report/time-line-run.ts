/** The run in the timeline: one row per step, one bar per attempt. */
import { shortDuration } from '../../../text/instants.ts';
import { clockOf, type Html, html, none, type ReportFacts } from './parts.ts';
import { lineNames, type ReportedAttempt, type StepStory, stepStories } from './step-stories.ts';

export const rowHeight = 19;
const narrowest = 4;
/** Width of a letter in a label. */
const letter = 4.4;

interface DrawnRun {
  readonly number: number;
  readonly from: string;
  readonly to: string;
  readonly stories: readonly StepStory[];
}

/** Returns the last run with an attempt; null: none. */
export function runOf({ request, events }: ReportFacts): DrawnRun | null {
  const ofPlan = stepStories(request, events).slice(request.earlier.length);
  const stories = ofPlan.map((story) => ({ ...story, tries: lastRun(story.tries, request.runs) }));
  const tries = stories.flatMap((story) => story.tries);
  const [first] = tries;
  if (first === undefined) return null;
  const checked = events.findLast(({ body }) => body.type === 'run-checked' && body.data.run === first.run);
  const ends = tries.map(({ to, from }) => to ?? from).sort();
  return { number: first.run, from: checked?.time ?? first.from, to: ends.at(-1) ?? first.from, stories };
}

const lastRun = (tries: readonly ReportedAttempt[], run: number): readonly ReportedAttempt[] =>
  tries.filter((one) => one.run === run);

const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21_600, 86_400];

/** Returns the seconds with marks on the scale, at most four. */
function ticksOf(seconds: number): readonly number[] {
  const every = steps.find((one) => seconds / one <= 4.5) ?? seconds;
  return Array.from({ length: Math.max(0, Math.ceil(seconds / every) - 1) }, (_, index) => (index + 1) * every);
}

const tickWords = (seconds: number): string => `+${shortDuration(seconds * 1000)}`;

interface Scale {
  readonly x: (time: string) => number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
}

const barOf = (
  { x, right }: Scale,
  { from, to, isDone }: ReportedAttempt,
  y: number,
): { readonly bar: Html; readonly end: number; readonly begin: number } => {
  const begin = Math.min(x(from), right - narrowest);
  const end = Math.max(begin + narrowest, to === null ? right : x(to));
  const shape = html`<rect class="${isDone ? 'done' : 'try'}" x="${begin.toFixed(1)}" y="${y}" width="${(end - begin).toFixed(1)}" height="9"/>`;
  return { bar: shape, begin, end };
};

/** Returns possible labels next to the bars, longest first. */
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
export function drawRun(
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
<text class="s" x="${left}" y="23">${clockOf(run.from)}</text>${shown.map(({ seconds, at }) => html`<text class="s" x="${at.toFixed(1)}" y="23" text-anchor="middle">${tickWords(seconds)}</text>`)}<text class="s" x="${right}" y="23" text-anchor="end">${clockOf(run.to)}</text>
<path class="faint" d="${lines.join('')}${ticks.map(({ at }) => `M${at.toFixed(1)} 36V${bottom}`).join('')}"/>
${run.stories.map((story, index) => rowOf(scale, story, index + 1))}`;
}
