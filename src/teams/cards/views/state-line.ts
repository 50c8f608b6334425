/** The first line of every card about a request: glyph, state, the count that matters. */
import type { Request } from '../../../domain/request/request.ts';
import { startsAt } from '../../../domain/request/start-window.ts';
import type { Color } from '../data/row.ts';

export interface Line {
  readonly text: string;
  readonly color: Color;
}

/** `1:12`, `0:06`, `2:03:07`. Empty where an end is missing. */
export function duration(from: string | null, to: string | null): string {
  if (from === null || to === null) return '';
  const seconds = Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 1000));
  const two = (value: number): string => String(value).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  const rest = two(seconds % 60);
  return minutes < 60 ? `${minutes}:${rest}` : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${rest}`;
}

/** The state in one short line. `paused`: nothing is changed in Azure, which is known to whoever draws a card. */
export function stateLineOf(request: Request, paused = false): Line {
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
        : { text: '● Approved, about to start', color: 'Accent' };
    case 'running':
      if (paused) return { text: `○ Paused, ${done} of ${all} steps done`, color: 'Default' };
      return request.stop === null
        ? { text: `● Running, ${done} of ${all} steps done`, color: 'Accent' }
        : { text: `● Stopping after this step, ${done} of ${all} steps done`, color: 'Accent' };
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
