/** The badge of every card about a request: its state and most important count. */
import type { Request } from '../../../domain/request/request.ts';
import { startsAt } from '../../../domain/request/start-window.ts';
import type { Color } from '../data/row.ts';

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
export function stateLineOf(request: Request, paused = false): StateLine {
  const done = request.progress.filter((step) => step.state === 'done').length;
  const all = request.progress.length;
  const completed = `${done} of ${all} steps completed`;
  const { approvalsRequired } = request.policy;
  switch (request.state) {
    case 'awaiting-approval':
      return { text: `Waiting for approval: ${request.approvals.length} of ${approvalsRequired}`, ...badge.person };
    case 'approved':
      if (paused) return { text: 'Approved, the bot is paused', ...badge.paused };
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
    case 'failed':
      return { text: `Failed: ${completed}`, ...badge.ended };
    case 'rejected':
      return { text: 'Rejected', ...badge.ended };
    case 'cancelled':
      return { text: 'Canceled', ...badge.ended };
    case 'expired':
      return { text: 'Expired', ...badge.ended };
  }
}
