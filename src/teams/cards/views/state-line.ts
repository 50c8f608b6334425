/** The badge of every card about a request: its state and most important count. */

import { PersonId } from '../../../domain/ids.ts';
import { stepsOf } from '../../../domain/plan.ts';
import { isInLastStep } from '../../../domain/request/decide-stop.ts';
import type { Request } from '../../../domain/request/request.ts';
import { startsAt } from '../../../domain/request/start-window.ts';
import { joinList } from '../../../domain/strings.ts';
import { operationOf } from '../../../operations/registry.ts';
import { stoppedOf } from '../../../text/attention.ts';
import { resourceTitle } from '../../../text/places.ts';
import { completedTitles, stepWords } from '../../../text/steps.ts';
import type { Names } from '../../../text/words.ts';
import { bold, type CardText, dateAndTime, joinText, label, md, nothing, plain, time } from '../plain-text.ts';
import type { Color } from '../row.ts';
import { type CardContext, maySettle, type Paused, type TimeLimits } from './reader.ts';

export interface StateLine {
  readonly text: string;
  readonly color: Color;
  /** A name in Teams' icon catalog. */
  readonly icon: string;
}

export const badge = {
  person: { color: 'Accent', icon: 'Clock' },
  bot: { color: 'Accent', icon: 'ArrowSync' },
  paused: { color: 'Default', icon: 'Circle' },
  actNow: { color: 'Attention', icon: 'ErrorCircle' },
  done: { color: 'Good', icon: 'CheckmarkCircle' },
  ended: { color: 'Default', icon: 'SubtractCircle' },
  check: { color: 'Warning', icon: 'Warning' },
} as const satisfies Record<string, Omit<StateLine, 'text'>>;

/** Several approvals are counted. */
function checkingWords({ runs, approvals: { length } }: Request): string {
  if (runs > 1) return `Checking before run ${runs}${length > 1 ? ` (${length} approvals)` : ''}`;
  return `Approved${length > 1 ? ` by ${length}` : ''}, checking`;
}

/** The state in one short line. `paused`: the bot changes nothing in Azure for now. */
export function stateLineOf(request: Request, paused: CardContext['paused'] = false): StateLine {
  const done = request.progress.filter((step) => step.state === 'done').length;
  const all = request.progress.length;
  const completed = `${done} of ${all} steps completed`;
  const { approvalsRequired } = request.policy;
  switch (request.state) {
    case 'awaiting-approval':
      return { text: `Waiting for approval: ${request.approvals.length} of ${approvalsRequired}`, ...badge.person };
    case 'approved':
      if (paused) return { text: pausedTexts[paused].approved, ...badge.paused };
      if (startsAt(request) !== null) return { text: 'Approved, starts later', ...badge.person };
      return { text: checkingWords(request), ...badge.bot };
    case 'running':
      if (paused) return { text: `Paused: ${completed}`, ...badge.paused };
      return request.stop === null
        ? { text: `Running: step ${Math.min(done + 1, all)} of ${all}`, ...badge.bot }
        : { text: `Stopping: ${completed}`, ...badge.bot };
    case 'needs-attention':
      return { text: 'Needs attention', ...badge.actNow };
    case 'succeeded':
      return { text: 'Succeeded', ...badge.done };
    case 'failed': {
      const total = all + request.earlier.length;
      return { text: `Failed: ${completedTitles(request).length} of ${total} steps completed`, ...badge.ended };
    }
    case 'rejected':
      return { text: 'Rejected', ...badge.ended };
    case 'cancelled':
      return { text: 'Canceled', ...badge.ended };
    case 'expired':
      return { text: 'Expired', ...badge.ended };
  }
}

const longCheckMs = 20_000;

/** For a run whose pre-run check is still running. Its attempts aren't stored, so only the elapsed time is known. */
function checkWords(request: Request, { now, retry }: TimeLimits): CardText {
  const run = request.runs > 1 ? `Run ${request.runs}` : 'The run';
  const first = `${run} hasn’t started. The bot checks everything in Azure again and then starts the changes.`;
  const since = Math.max(Date.parse(request.changedAt), Date.parse(request.notBefore ?? request.changedAt));
  if (now.getTime() - since < longCheckMs) return plain(first);
  return plain(
    `${run} hasn’t started, and nothing changes until it does. The check in Azure is taking longer than usual: Azure might not be answering. The bot makes up to ${retry.waitAttempts} attempts. You don’t need to do anything.`,
    500,
  );
}

/** What happens after an approval. */
export function startWords(
  request: Request,
  { paused, timeLimits }: Pick<CardContext, 'paused' | 'timeLimits'>,
): CardText {
  const starts = startsAt(request);
  if (paused) return plain(pausedTexts[paused].before);
  if (starts === null || Date.parse(starts) <= timeLimits.now.getTime()) return checkWords(request, timeLimits);
  return md`At ${dateAndTime(new Date(starts))}, the bot checks everything again and then starts the changes.`;
}

/** For an approved request, and for one whose run began. */
export const pausedTexts = {
  'by-operator': {
    approved: 'Approved, the bot is paused',
    before: 'The bot is paused: no changes start until an operator ends the pause.',
    during:
      'The bot is paused: it changes nothing more in Azure until an operator ends the pause. Then the run continues automatically.',
  },
  'until-published': {
    approved: 'Approved, not published yet',
    before:
      'The bot can’t publish the last decision in the audit log. No changes start before. Operators are notified.',
    during:
      'The bot can’t publish the last decision in the audit log. It changes nothing more in Azure before. Operators are notified.',
  },
} as const satisfies Record<Paused, Record<'approved' | 'before' | 'during', string>>;

/** For an ended request with an earlier run: then the card must not say that nothing changed. */
export const earlierRun = (request: Request): CardText =>
  md`An earlier run started changes in Azure. To see them, type /cmk-history ${plain(request.id)}.`;

export function requestHeaderOf(
  request: Request,
  { userIds, paused }: CardContext,
  line: StateLine = stateLineOf(request, paused),
) {
  const { words } = operationOf(request.plan.spec);
  return {
    requestId: request.id as string,
    revision: request.asking,
    userIds: [...userIds],
    fallbackText: label(`${request.resourceName}: ${words.asksFor}, ${line.text} (${request.id})`),
    stateLine: plain(line.text),
    stateColor: line.color,
    stateIcon: line.icon,
    resource: plain(
      `${request.state === 'succeeded' ? words.succeeded : words.action} for ${resourceTitle(request.plan)}`,
    ),
  };
}

/** Completed or running steps that can't be undone, first those of earlier plans. */
function lasting({ earlier, plan, progress }: Request): readonly string[] {
  const begun = progress.filter(({ state }) => state === 'done' || state === 'running');
  const current = stepsOf(plan, 'irreversible').filter((step) => begun.some(({ name }) => name === step.name));
  const before = earlier.map(({ step }) => step).filter(({ reversibility }) => reversibility === 'irreversible');
  return [...before, ...current].map(({ name, effects }) => stepWords(name, effects).title.toLowerCase());
}

/** Returns the effect of *Stop after this step*; empty if it isn't offered. */
export function stopOffer(request: Request, context: CardContext): CardText {
  if (request.state !== 'running' || request.stop !== null || !maySettle(context) || isInLastStep(request))
    return nothing;
  const isBusy = request.progress.some(({ state }) => state === 'running');
  const first = `${isBusy ? 'The attempt under way finishes. ' : ''}No further attempt or step starts.`;
  const stays = lasting(request);
  const irreversible = stays.length === 0 ? nothing : plain(`Can’t be undone: ${joinList(stays)}.`);
  const words = [plain(first), plain('Completed changes stay in Azure.'), irreversible];
  return joinText(words, ' ');
}

/** Returns who stopped the run, and what happens until it stops; empty without a stop. */
export function stoppingNote({ stop }: Request, names: Names): CardText {
  if (stop === null) return nothing;
  const who = stop.operator === null ? names(stop.by) : `Operator ${stop.operator}`;
  return md`${bold(who)} requested a stop at ${time(new Date(stop.at))}. The attempt under way finishes. No further attempt or step starts.`;
}

export function peopleOfStop(request: Request): readonly PersonId[] {
  const failure = 'failure' in request ? request.failure : null;
  const ids = [request.stop?.by, stoppedOf(failure)?.by];
  return ids.flatMap((id) => PersonId.safeParse(id).data ?? []);
}
