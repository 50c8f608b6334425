/** The first line of every card about a request: glyph, state, the count that matters. */
import type { Request } from '../../../domain/request/request.ts';
import { startsAt } from '../../../domain/request/start-window.ts';
import type { Color } from '../data/row.ts';

export interface StateLine {
  readonly text: string;
  readonly color: Color;
}

/** The state in one short line. `paused`: nothing is changed in Azure, which is known to whoever draws a card. */
export function stateLineOf(request: Request, paused = false): StateLine {
  const done = request.progress.filter((step) => step.state === 'done').length;
  const all = request.progress.length;
  const { approvalsRequired } = request.policy;
  switch (request.state) {
    case 'awaiting-approval':
      return { text: `○ Waiting for approval, ${request.approvals.length} of ${approvalsRequired}`, color: 'Default' };
    case 'approved':
      if (!paused && startsAt(request) !== null) return { text: '● Approved, starts later', color: 'Accent' };
      return paused
        ? { text: '○ Approved, the bot is paused', color: 'Default' }
        : {
            text: `● ${request.runs > 1 ? `Checking before run ${request.runs}` : 'Approved, checking before the run'}`,
            color: 'Accent',
          };
    case 'running':
      if (paused) return { text: `○ Paused, ${done} of ${all} steps done`, color: 'Default' };
      return request.stop === null
        ? { text: `● Running, ${done} of ${all} steps done`, color: 'Accent' }
        : { text: `● Stopping, ${done} of ${all} steps done`, color: 'Accent' };
    case 'needs-attention':
      return { text: '▲ Needs attention', color: 'Attention' };
    case 'succeeded':
      return { text: '✓ Succeeded', color: 'Good' };
    case 'failed':
      return { text: `✕ Failed, ${done} of ${all} steps done`, color: 'Attention' };
    case 'rejected':
      return { text: '✕ Rejected', color: 'Attention' };
    case 'cancelled':
      return { text: '○ Cancelled', color: 'Default' };
    case 'expired':
      return { text: '○ Expired', color: 'Default' };
  }
}
