import type { Roles } from '../../../authorization/role-checks.ts';
import { grey, numberedRow } from '../data/row.ts';
import { label, plain } from '../plain-text.ts';
import { type AdaptiveCard, renderCard } from '../render-card.ts';
import { roleText } from './help-view.ts';

/** `roles`: of the only person in the conversation; null if there are several. */
export function welcomeCard(roles: Roles | null): AdaptiveCard {
  return renderCard('welcome', {
    fallbackText: label('CMK bot puts healthcare agents under keys of your own. Type /cmk-help to begin.'),
    rows: [
      numberedRow(1, plain('Ask'), [grey(plain('Four short pages. Nothing is changed yet.'))]),
      numberedRow(2, plain('Approve'), [grey(plain('Somebody else decides, and sees what is now and what would be.'))]),
      numberedRow(3, plain('Watch'), [grey(plain('One card shows every step, what Azure said, and the proof.'))]),
    ],
    role:
      roles === null
        ? plain('Requesters ask, approvers decide, readers look. Help says what you may do.')
        : roleText({ mayAsk: roles.asks, mayApprove: roles.approves }),
    mayAsk: roles === null || roles.asks,
  });
}
